"""What lets somebody in: sessions of browsers, links that work once, and service tokens.

Each is handed out as a key once; only its hash is stored (`pipeline.people.secret`).
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from models.conversation import Value
from pipeline.people.secret import Purpose, key_hash, new_key
from pipeline.service_tables import LinkRow, PersonRow, SessionRow, TokenRow
from pipeline.sql import Database, NotStoredError, columns, now

Scope = Literal[
    "read:meetings",
    "write:meetings",
    "delete:meetings",
    "read:scores",
    "read:people",
    "read:metrics",
    "write:rubrics",
    "write:webhooks",
]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


class Link(Value):
    """A link that has not been used; without a person it makes the first admin."""

    person_id: UUID | None
    expires_at: datetime


class Token(Value):
    """A service token without its key."""

    id: UUID
    name: str
    scopes: frozenset[Scope]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def valid(self, at: datetime) -> bool:
        """Whether it opens anything at that moment."""
        return self.revoked_at is None and at < self.expires_at


class Credentials:
    """Keys that were handed out."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database, self._secret = database, secret

    def start_session(self, person_id: UUID, hours: float) -> str:
        """Sign a person in; returns the key for the cookie."""
        key = new_key()
        values = {"hash": self._hash("session", key), "person_id": person_id}
        moments = {"created_at": now(), "expires_at": now() + timedelta(hours=hours)}
        with self._database.write() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.expires_at <= now()))
            connection.execute(self._database.insert(SessionRow).values(**values, **moments))
        return key

    def session_person(self, key: str) -> UUID | None:
        """Who is signed in with a key, None where nobody is or may be any longer."""
        row = self._database.first(
            select(SessionRow.person_id)
            .join(PersonRow, PersonRow.id == SessionRow.person_id)
            .where(
                SessionRow.hash == self._hash("session", key),
                SessionRow.expires_at > now(),
                ~PersonRow.disabled,
            )
        )
        return None if row is None else row.person_id

    def end_session(self, key: str) -> None:
        """Sign out one browser."""
        mine = SessionRow.hash == self._hash("session", key)
        self._database.run(delete(SessionRow).where(mine))

    def lock_out(self, person_id: UUID) -> None:
        """End every session and every link of a person."""
        with self._database.write() as connection:
            for row in (SessionRow, LinkRow):
                connection.execute(delete(row).where(row.person_id == person_id))

    def make_link(self, person_id: UUID | None, hours: float) -> str:
        """A key that sets a password once; an earlier one for the same person ends."""
        key = new_key()
        values = {"hash": self._hash("link", key), "person_id": person_id}
        moments = {"created_at": now(), "expires_at": now() + timedelta(hours=hours)}
        same = LinkRow.person_id.is_(None) if person_id is None else LinkRow.person_id == person_id
        with self._database.write() as connection:
            connection.execute(delete(LinkRow).where(same | (LinkRow.expires_at <= now())))
            connection.execute(self._database.insert(LinkRow).values(**values, **moments))
        return key

    def link(self, key: str) -> Link:
        """A link that still works.

        Raises:
            NotStoredError: It was used, has expired, or never was one.
        """
        mine = (LinkRow.hash == self._hash("link", key)) & (LinkRow.expires_at > now())
        row = self._database.first(select(*columns(LinkRow, Link)).where(mine))
        if row is None:
            raise NotStoredError(_USED)
        return Link.model_validate(row._asdict())

    def use_link(self, key: str) -> Link:
        """Take a link out of use; of two who try at once, one succeeds.

        Raises:
            NotStoredError: It was used, has expired, or never was one.
        """
        found = self.link(key)
        mine = LinkRow.hash == self._hash("link", key)
        if self._database.run(delete(LinkRow).where(mine)) != 1:
            raise NotStoredError(_USED)
        return found

    def make_token(
        self, name: str, scopes: frozenset[Scope], created_by: UUID, days: int
    ) -> tuple[UUID, str]:
        """A token for a program: its id, and its key, which is not kept."""
        key, token_id = f"cs_{new_key()}", uuid4()
        statement = self._database.insert(TokenRow).values(
            id=token_id,
            hash=self._hash("token", key),
            name=name,
            scopes=" ".join(sorted(scopes)),
            created_by=created_by,
            created_at=now(),
            expires_at=now() + timedelta(days=days),
        )
        self._database.run(statement)
        return token_id, key

    def token(self, key: str) -> Token | None:
        """The token with a key, None where there is none that is valid."""
        mine = TokenRow.hash == self._hash("token", key)
        row = self._database.first(select(*columns(TokenRow, Token)).where(mine))
        found = None if row is None else _token(row)
        return found if found is not None and found.valid(now()) else None

    def tokens(self) -> list[Token]:
        """Every token there ever was, newest first."""
        asked = select(*columns(TokenRow, Token)).order_by(TokenRow.created_at.desc())
        return [_token(row) for row in self._database.all(asked)]

    def revoke_token(self, token_id: UUID) -> None:
        """End a token.

        Raises:
            NotStoredError: There is none that has not been ended.
        """
        mine = (TokenRow.id == token_id) & TokenRow.revoked_at.is_(None)
        if self._database.run(update(TokenRow).where(mine).values(revoked_at=now())) != 1:
            raise NotStoredError("No such token.")

    def _hash(self, purpose: Purpose, key: str) -> str:
        return key_hash(self._secret, purpose, key)


_USED: Final = "This link was used before or has expired. Ask an admin for a new one."


def _token(row: Any) -> Token:
    return Token.model_validate(row._asdict() | {"scopes": frozenset(row.scopes.split())})
