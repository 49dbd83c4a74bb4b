"""The log of who saw and changed what."""

from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID, uuid4

from sqlalchemy import select

from models.conversation import Value
from pipeline.meetings.paging import Cursor, Page, after, page_of
from pipeline.service_tables import AuditRow
from pipeline.sql import Database, columns, now

Action = Literal[
    "see",
    "create",
    "change",
    "contest",
    "withdraw",
    "share",
    "delete",
    "sign in",
    "fail to sign in",
    "sign out",
]

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


class AuditEntry(Value):
    """One line of the log.

    Attributes:
        id: Made when it was added.
        at: When, in UTC.
        actor: Who: a kind and an id, such as "person:…", "token:…" or "nobody".
        action: What was done.
        object: To what: a kind and an id, such as "meeting:…".
    """

    id: UUID
    at: datetime
    actor: str
    action: str
    object: str


class AuditFilter(Value):
    """Which lines of the log are asked for; None leaves a question open.

    Attributes:
        actor: Who, as in the log.
        action: What was done.
        object: To what, as in the log.
    """

    actor: str | None = None
    action: Action | None = None
    object: str | None = None


class Audit:
    """The log; nothing is ever changed in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, actor: str, action: Action, thing: str) -> None:
        """Add a line."""
        values = {"at": now(), "actor": actor, "action": action, "object": thing}
        self._database.run(self._database.insert(AuditRow).values(id=uuid4(), **values))

    def page(self, wanted: AuditFilter, cursor: Cursor | None, limit: int) -> Page[AuditEntry]:
        """A page of the lines that are asked for, newest first."""
        given = wanted.model_dump(exclude_none=True)
        asked = select(*columns(AuditRow, AuditEntry)).where(
            *(getattr(AuditRow, name) == value for name, value in given.items()),
            after(cursor, AuditRow.at, AuditRow.id, newest_first=True),
        )
        rows = self._database.all(asked.order_by(AuditRow.at.desc(), AuditRow.id).limit(limit + 1))
        lines = [AuditEntry.model_validate(row._asdict()) for row in rows]
        return page_of(lines, limit, lambda line: Cursor(at=line.at, id=line.id))
