"""Slows down whoever tries passwords, however many processes answer them."""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import delete, func, select

from models.errors import CoachscoreError
from pipeline.people.secret import key_hash
from pipeline.service_tables import SignInAttemptRow
from pipeline.sql import Database, now

WINDOW: Final = timedelta(minutes=15)
# Failures in a window: by one address for one person, by one address, and for one person.
# The last is far above the first, so that nobody is locked out by somebody else's few tries.
LIMITS: Final = (5, 30, 50)


class ThrottledError(CoachscoreError):
    """Too many attempts to sign in."""

    title = "Too many attempts"


class Throttle:
    """Attempts to sign in that have not succeeded."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database, self._secret = database, secret

    def enter(self, email: str, address: str) -> None:
        """Count an attempt before it is made, so that many at once gain nothing.

        Args:
            email: Whom somebody wants to sign in as.
            address: Where they are.

        Raises:
            ThrottledError: There were too many.
        """
        keys, since = self._keys(email, address), now() - WINDOW
        rows = [{"id": uuid4(), "key": key, "at": now()} for key in keys]
        mine = SignInAttemptRow.id.in_([row["id"] for row in rows])
        with self._database.write() as connection:
            connection.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at < since))
            connection.execute(self._database.insert(SignInAttemptRow), rows)
        # In a second transaction, which sees what others who came at the same time put down.
        if any(self._count(key) > most for key, most in zip(keys, LIMITS, strict=True)):
            self._database.run(delete(SignInAttemptRow).where(mine))
            minutes = int(WINDOW.total_seconds() // 60)
            raise ThrottledError(f"Wait {minutes} minutes, then try again.")

    def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of somebody who knew the password after all."""
        own, _, person = self._keys(email, address)
        mine = SignInAttemptRow.key.in_((own, person))
        self._database.run(delete(SignInAttemptRow).where(mine))

    def _count(self, key: str) -> int:
        asked = select(func.count().label("tries")).where(SignInAttemptRow.key == key)
        row = self._database.first(asked)
        return 0 if row is None else int(row.tries)

    def _keys(self, email: str, address: str) -> tuple[str, str, str]:
        email = email.strip().lower()
        parts = (f"{address} {email}", address, email)
        own, place, person = (key_hash(self._secret, "attempt", part) for part in parts)
        return own, place, person
