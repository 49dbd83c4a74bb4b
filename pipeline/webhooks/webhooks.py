"""Webhooks: where events are sent, and each delivery with what became of it.

An event of a meeting is sent when those above its owner may see the meeting, not before,
as a webhook belongs to the organisation. It holds ids and figures, and no word of anybody.
Payloads go with their meeting when that is deleted.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, select, update

from models.conversation import Value
from pipeline.api_tables import DeliveryRow, WebhookRow
from pipeline.meetings.paging import Cursor, Page, after, page_of
from pipeline.people.secret import webhook_secret
from pipeline.sql import Database, NotStoredError, columns, now

Event = Literal["meeting.scored", "score.contested"]
State = Literal["waiting", "delivered", "failed"]

# Seconds before each further attempt, as Standard Webhooks proposes: a bit more than a day.
RETRIES: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
# One who takes a delivery has so long to send it before another one may.
_LEASE: Final = timedelta(minutes=2)


class Webhook(Value):
    """Where events are sent.

    Attributes:
        id: Made when it was added.
        url: Address.
        events: Which ones.
        created_by: Who added it, as in the audit log.
        created_at: When.
        disabled_at: When its receiver said that it is gone (410), None otherwise.
    """

    id: UUID
    url: str
    events: tuple[Event, ...]
    created_by: str
    created_at: datetime
    disabled_at: datetime | None


class Delivery(Value):
    """One event for one webhook.

    Attributes:
        id: Sent along as `webhook-id`, the same at every attempt.
        webhook_id: Where it goes.
        meeting_id: What it is about.
        event: What happened.
        payload: JSON, as it is sent.
        created_at: When it happened.
        due_at: When it is tried next, None where nothing more is tried.
        attempts: How often it was tried.
        tried_at: When it was last tried.
        status_code: Last answer of the receiver.
        error: Why the last attempt failed.
        delivered_at: When it arrived.
    """

    id: UUID
    webhook_id: UUID
    meeting_id: UUID
    event: Event
    payload: str
    created_at: datetime
    due_at: datetime | None
    attempts: int
    tried_at: datetime | None
    status_code: int | None
    error: str | None
    delivered_at: datetime | None

    @property
    def message_id(self) -> str:
        """`webhook-id`, the same at every attempt."""
        return f"msg_{self.id.hex}"

    @property
    def state(self) -> State:
        """What became of it."""
        if self.delivered_at is not None:
            return "delivered"
        return "failed" if self.due_at is None else "waiting"


class Webhooks:
    """Every webhook and delivery."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database, self._secret = database, secret

    def add(self, url: str, events: tuple[Event, ...], created_by: str) -> tuple[Webhook, str]:
        """Add a webhook; returns it with its signing secret, which is to be shown once."""
        made = Webhook(
            id=uuid4(),
            url=url,
            events=events,
            created_by=created_by,
            created_at=now(),
            disabled_at=None,
        )
        values = made.model_dump() | {"events": " ".join(events)}
        self._database.run(self._database.insert(WebhookRow).values(**values))
        return made, self.secret(made.id)

    def secret(self, webhook_id: UUID) -> str:
        """The signing secret, worked out from the installation's and stored nowhere."""
        return webhook_secret(self._secret, webhook_id)

    def all(self) -> list[Webhook]:
        """Every webhook, oldest first."""
        asked = select(*columns(WebhookRow, Webhook)).order_by(WebhookRow.created_at, WebhookRow.id)
        return [_webhook(row) for row in self._database.all(asked)]

    def get(self, webhook_id: UUID) -> Webhook:
        """A webhook by id.

        Raises:
            NotStoredError: There is none.
        """
        asked = select(*columns(WebhookRow, Webhook)).where(WebhookRow.id == webhook_id)
        row = self._database.first(asked)
        if row is None:
            raise NotStoredError("No such webhook.")
        return _webhook(row)

    def remove(self, webhook_id: UUID) -> None:
        """Remove a webhook and what was to be sent there.

        Raises:
            NotStoredError: There is none.
        """
        if self._database.run(delete(WebhookRow).where(WebhookRow.id == webhook_id)) != 1:
            raise NotStoredError("No such webhook.")

    def disable(self, webhook_id: UUID) -> None:
        """Send nothing more there; what waits is given up."""
        waiting = (DeliveryRow.webhook_id == webhook_id) & DeliveryRow.due_at.is_not(None)
        with self._database.write() as connection:
            mine = WebhookRow.id == webhook_id
            connection.execute(update(WebhookRow).where(mine).values(disabled_at=now()))
            connection.execute(update(DeliveryRow).where(waiting).values(due_at=None))

    def announce(
        self, event: Event, meeting_id: UUID, visible_at: datetime, data: dict[str, Any]
    ) -> None:
        """Have an event sent to every webhook that asks for it.

        Args:
            event: What happened.
            meeting_id: The meeting.
            visible_at: From when those above its owner see it.
            data: Plain values: ids and figures.
        """
        moment = now()
        payload = json.dumps({"type": event, "timestamp": moment.isoformat(), "data": data})
        rows = [
            {
                "id": uuid4(),
                "webhook_id": webhook.id,
                "meeting_id": meeting_id,
                "event": event,
                "payload": payload,
                "created_at": moment,
                "due_at": max(moment, visible_at),
                "attempts": 0,
            }
            for webhook in self.all()
            if event in webhook.events and webhook.disabled_at is None
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(self._database.insert(DeliveryRow), rows)

    def hasten(self, meeting_id: UUID) -> None:
        """Send now what waits for the moment from which those above see a meeting."""
        waiting = (DeliveryRow.meeting_id == meeting_id) & (DeliveryRow.due_at > now())
        untried = waiting & DeliveryRow.tried_at.is_(None)
        self._database.run(update(DeliveryRow).where(untried).values(due_at=now()))

    def deliveries(self, webhook_id: UUID, cursor: Cursor | None, limit: int) -> Page[Delivery]:
        """A page of what was or is to be sent there, newest first."""
        later = after(cursor, DeliveryRow.created_at, DeliveryRow.id, newest_first=True)
        asked = select(*columns(DeliveryRow, Delivery)).where(_of(webhook_id), later)
        asked = asked.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id).limit(limit + 1)
        found = [Delivery.model_validate(row._asdict()) for row in self._database.all(asked)]
        return page_of(found, limit, lambda one: Cursor(at=one.created_at, id=one.id))

    def redeliver(self, webhook_id: UUID, delivery_id: UUID) -> Delivery:
        """Have something sent again, with all its retries.

        Raises:
            NotStoredError: There is no such delivery. One that waits for its meeting to be visible
                goes on waiting.
        """
        mine = _of(webhook_id) & (DeliveryRow.id == delivery_id)
        # What was never tried waits for its time, and that is not to be gone round.
        again = {"due_at": now(), "attempts": 0, "delivered_at": None, "error": None}
        tried = mine & DeliveryRow.tried_at.is_not(None)
        self._database.run(update(DeliveryRow).where(tried).values(**again))
        row = self._database.first(select(*columns(DeliveryRow, Delivery)).where(mine))
        if row is None:
            raise NotStoredError("No such delivery.")
        return Delivery.model_validate(row._asdict())

    def take(self) -> Delivery | None:
        """Take the delivery that is due the longest, None where there is none."""
        due = (DeliveryRow.due_at.is_not(None)) & (DeliveryRow.due_at <= now())
        first = select(*columns(DeliveryRow, Delivery)).where(due)
        first = first.order_by(DeliveryRow.due_at, DeliveryRow.id).limit(1)
        if self._database.first(first) is None:  # No lock is taken where nothing waits.
            return None
        with self._database.write() as connection:
            row = connection.execute(first.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            mine = DeliveryRow.id == row.id
            values = {"due_at": now() + _LEASE, "attempts": row.attempts + 1, "tried_at": now()}
            connection.execute(update(DeliveryRow).where(mine).values(**values))
            return Delivery.model_validate(row._asdict() | values)

    def arrived(self, delivery: Delivery, status_code: int) -> None:
        """Note that a delivery arrived."""
        self._note(delivery, due_at=None, delivered_at=now(), status_code=status_code, error=None)

    def missed(self, delivery: Delivery, status_code: int | None, error: str) -> None:
        """Note that an attempt failed, and when the next one is made, if any."""
        left = delivery.attempts <= len(RETRIES)
        wait = timedelta(seconds=RETRIES[delivery.attempts - 1]) if left else None
        due_at = None if wait is None else now() + wait
        self._note(delivery, due_at=due_at, status_code=status_code, error=error)

    def _note(self, delivery: Delivery, **values: Any) -> None:
        mine = DeliveryRow.id == delivery.id
        self._database.run(update(DeliveryRow).where(mine).values(**values))


def _of(webhook_id: UUID) -> ColumnElement[bool]:
    return DeliveryRow.webhook_id == webhook_id


def _webhook(row: Any) -> Webhook:
    return Webhook.model_validate(row._asdict() | {"events": tuple(row.events.split())})
