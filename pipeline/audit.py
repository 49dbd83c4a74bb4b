"""The log of who saw and changed what."""

from datetime import datetime
from typing import Literal
from uuid import uuid4

from sqlalchemy import select

from models.conversation import Value
from pipeline.service_tables import AuditRow
from pipeline.sql import Database, columns, now

Action = Literal[
    "see",
    "create",
    "change",
    "contest",
    "withdraw",
    "delete",
    "sign in",
    "fail to sign in",
    "sign out",
]


class AuditEntry(Value):
    """One line of the log.

    Attributes:
        at: When, in UTC.
        actor: Who: a kind and an id, such as "person:…", "token:…" or "nobody".
        action: What was done.
        object: To what: a kind and an id, such as "meeting:…".
    """

    at: datetime
    actor: str
    action: str
    object: str


class Audit:
    """The log; nothing is ever changed in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, actor: str, action: Action, thing: str) -> None:
        """Add a line."""
        values = {"at": now(), "actor": actor, "action": action, "object": thing}
        self._database.run(self._database.insert(AuditRow).values(id=uuid4(), **values))

    def entries(self, limit: int = 200) -> list[AuditEntry]:
        """The newest lines, newest first."""
        asked = select(*columns(AuditRow, AuditEntry)).order_by(AuditRow.at.desc(), AuditRow.id)
        rows = self._database.all(asked.limit(limit))
        return [AuditEntry.model_validate(row._asdict()) for row in rows]
