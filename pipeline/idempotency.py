"""Answers that are given again: a request that is sent twice under one key counts once.

After the draft of the IETF's HTTP working group on the Idempotency-Key header. Only what
succeeded is kept, for a day, so that what failed can be sent again under the same key.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update

from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.api_tables import IdempotencyRow
from pipeline.sql import Database, columns, now

KEPT: Final = timedelta(days=1)
# A process that died on a request never says so; after that long it may be sent again.
_LONGEST: Final = timedelta(minutes=10)


class KeyUsedError(CoachscoreError):
    """One key for two different requests."""

    title = "This Idempotency-Key was used for another request"


class KeyInUseError(CoachscoreError):
    """The same request twice at once."""

    title = "The first request with this Idempotency-Key is not finished"


class Answer(Value):
    """What a request was answered; `body` is JSON."""

    status: int
    body: str


class Idempotency:
    """Requests by caller and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enter(self, caller: str, key: str, fingerprint: str) -> Answer | None:
        """Begin a request; `leave` or `forget` must follow where None is returned.

        Args:
            caller: As in the audit log.
            key: As the caller chose it.
            fingerprint: SHA-256 in hex of everything that the request says.

        Returns:
            What the same request was answered before, None the first time.

        Raises:
            KeyUsedError: The key belongs to a request that said something else.
            KeyInUseError: The same request is being answered at this moment.
        """
        begun = {"fingerprint": fingerprint, "created_at": now()}
        statement = self._database.insert(IdempotencyRow).values(caller=caller, key=key, **begun)
        stuck = IdempotencyRow.status.is_(None) & (IdempotencyRow.created_at < now() - _LONGEST)
        old = IdempotencyRow.created_at < now() - KEPT
        self._database.run(delete(IdempotencyRow).where(old | stuck))
        with self._database.write() as connection:
            added = statement.on_conflict_do_nothing().returning(IdempotencyRow.key)
            if connection.execute(added).first() is not None:
                return None
        mine = (IdempotencyRow.caller == caller) & (IdempotencyRow.key == key)
        asked = select(IdempotencyRow.fingerprint, *columns(IdempotencyRow, Answer)).where(mine)
        row = self._database.first(asked)
        if row is not None and row.fingerprint != fingerprint:
            raise KeyUsedError("Choose a new key for each request; a UUID is a good one.")
        if row is None or row.status is None:
            raise KeyInUseError("Wait a moment, then send it again under the same key.")
        return Answer(status=row.status, body=row.body)

    def leave(self, caller: str, key: str, answer: Answer, meeting_id: UUID | None = None) -> None:
        """Keep what a request was answered, for as long as the meeting it is about."""
        mine = (IdempotencyRow.caller == caller) & (IdempotencyRow.key == key)
        kept = {**answer.model_dump(), "meeting_id": meeting_id}
        self._database.run(update(IdempotencyRow).where(mine).values(**kept))

    def forget(self, caller: str, key: str) -> None:
        """Let a request that failed be sent again."""
        mine = (IdempotencyRow.caller == caller) & (IdempotencyRow.key == key)
        self._database.run(delete(IdempotencyRow).where(mine))
