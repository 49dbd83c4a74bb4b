"""Which account at an OpenID provider belongs to whom.

A person is found by address once, when they first sign in that way (`admission.py`). From
then on the provider's own name for them counts, its issuer and subject, and no address: one
that the provider gives to somebody else later opens nothing.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from pipeline.service_tables import IdentityRow
from pipeline.sql import Database, now


class Identities:
    """Which account at which provider belongs to whom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def person(self, issuer: str, subject: str) -> UUID | None:
        """Whose account it is, None where it is nobody's."""
        mine = (IdentityRow.issuer == issuer) & (IdentityRow.subject == subject)
        row = self._database.first(select(IdentityRow.person_id).where(mine))
        return None if row is None else row.person_id

    def link(self, person_id: UUID, issuer: str, subject: str) -> bool:
        """Keep whose account it is, unless it, or their account there, is another already."""
        values = {"issuer": issuer, "subject": subject, "person_id": person_id}
        statement = self._database.insert(IdentityRow).values(linked_at=now(), **values)
        self._database.run(statement.on_conflict_do_nothing())
        return self.person(issuer, subject) == person_id

    def linked_at(self, person_id: UUID) -> datetime | None:
        """Since when a person has signed in like this, None where they have not."""
        asked = select(IdentityRow.linked_at).where(IdentityRow.person_id == person_id)
        row = self._database.first(asked.order_by(IdentityRow.linked_at))
        return None if row is None else row.linked_at

    def unlink(self, person_id: UUID) -> bool:
        """Forget a person's accounts; the next one with their address is theirs."""
        mine = IdentityRow.person_id == person_id
        return self._database.run(delete(IdentityRow).where(mine)) > 0
