"""Webhooks for programs: where events go, what was sent, and what became of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field, Json, JsonValue

from api.access import Served, administering
from api.routes.v1.parameters import After, Limit, page_in_memory
from models.conversation import Value
from pipeline.people.policy import Viewer
from pipeline.webhooks.sending import check_url
from pipeline.webhooks.webhooks import Delivery, Event, State, Webhook

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
Keeper = Annotated[Viewer, Depends(administering("write:webhooks"))]


class NewWebhook(Value):
    """A webhook to be added."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://example.com/hooks/coach", "events": ["meeting.scored"]}]
        }
    )

    url: str = Field(
        min_length=9, max_length=2000, pattern=r"^https?://[!-~]+$", description="An https address."
    )
    events: tuple[Event, ...] = Field(min_length=1, max_length=10)


class WebhookOutput(Value):
    """A webhook, without its secret."""

    id: UUID
    url: str
    events: tuple[Event, ...]
    created_at: datetime
    disabled_at: datetime | None = Field(description="When its receiver answered 410 (gone).")


class AddedWebhook(WebhookOutput):
    """A webhook that was just added."""

    secret: str = Field(description="Signs every message. It is shown this once.")


class WebhookList(Value):
    """Webhooks, oldest first."""

    items: tuple[WebhookOutput, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")


class DeliveryOutput(Value):
    """One event for one webhook, and what became of it."""

    id: UUID
    message_id: str = Field(description="`webhook-id`, the same at every attempt.")
    event: Event
    meeting_id: UUID
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime | None = Field(description="When it is tried next.")
    tried_at: datetime | None
    delivered_at: datetime | None
    status_code: int | None = Field(description="Last answer of the receiver.")
    error: str | None = Field(description="Why the last attempt failed.")
    payload: Json[JsonValue] = Field(description="As it is sent.")


class DeliveryList(Value):
    """Deliveries, newest first."""

    items: tuple[DeliveryOutput, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")


@router.get("")
def list_webhooks(viewer: Keeper, service: Served, cursor: After, limit: Limit = 50) -> WebhookList:
    """Every webhook of the organisation."""
    found, following = page_in_memory(
        service.webhooks.all(), lambda one: (one.created_at, one.id), cursor, limit
    )
    return WebhookList(items=tuple(_webhook(one) for one in found), next=following)


@router.post("", status_code=201)
def add_webhook(viewer: Keeper, service: Served, asked: NewWebhook) -> AddedWebhook:
    """Have events sent to an address; the answer holds the secret that signs them, once.

    Messages follow Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    An event is sent when those above the meeting's owner may see the meeting.
    """
    check_url(asked.url, private=service.settings.webhook_private)
    events = tuple(dict.fromkeys(asked.events))
    made, secret = service.webhooks.add(asked.url, events, viewer.actor)
    service.audit.note(viewer.actor, "create", f"webhook:{made.id}")
    return AddedWebhook(**_webhook(made).model_dump(), secret=secret)


@router.get("/{webhook_id}")
def get_webhook(viewer: Keeper, service: Served, webhook_id: UUID) -> WebhookOutput:
    """One webhook."""
    return _webhook(service.webhooks.get(webhook_id))


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(viewer: Keeper, service: Served, webhook_id: UUID) -> Response:
    """Send nothing more there, and forget what was sent."""
    service.webhooks.remove(webhook_id)
    service.audit.note(viewer.actor, "delete", f"webhook:{webhook_id}")
    return Response(status_code=204)


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    viewer: Keeper, service: Served, webhook_id: UUID, cursor: After, limit: Limit = 50
) -> DeliveryList:
    """What was or is to be sent there, and what became of it."""
    service.webhooks.get(webhook_id)
    found = service.webhooks.deliveries(webhook_id, cursor, limit)
    following = None if found.next is None else str(found.next)
    return DeliveryList(items=tuple(_delivery(one) for one in found.items), next=following)


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver", status_code=202)
def redeliver(
    viewer: Keeper, service: Served, webhook_id: UUID, delivery_id: UUID
) -> DeliveryOutput:
    """Send it again, with all its retries; what was never tried yet waits for its time."""
    found = service.webhooks.redeliver(webhook_id, delivery_id)
    service.audit.note(viewer.actor, "change", f"delivery:{delivery_id}")
    return _delivery(found)


def _webhook(webhook: Webhook) -> WebhookOutput:
    return WebhookOutput(**webhook.model_dump(exclude={"created_by"}))


def _delivery(one: Delivery) -> DeliveryOutput:
    shown = one.model_dump(exclude={"webhook_id"})
    return DeliveryOutput(**shown, message_id=one.message_id, state=one.state)
