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
        self._enter(dict(zip(self._keys(email, address), LIMITS, strict=True)))

    def enter_unnamed(self, address: str) -> None:
        """Count an attempt of somebody whom another service is to name, before it is asked.

        Raises:
            ThrottledError: There were too many from there.
        """
        self._enter({self._unnamed(address): LIMITS[1]})

    def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of somebody who knew the password after all."""
        own, _, person = self._keys(email, address)
        self._forget(own, person)

    def unnamed_succeeded(self, address: str) -> None:
        """Forget the failures there of people whom another service was to name."""
        self._forget(self._unnamed(address))

    def _enter(self, limits: dict[str, int]) -> None:
        """Count an attempt under each key, of which so many are taken in a window."""
        since = now() - WINDOW
        rows = [{"id": uuid4(), "key": key, "at": now()} for key in limits]
        mine = SignInAttemptRow.id.in_([row["id"] for row in rows])
        with self._database.write() as connection:
            connection.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at < since))
            connection.execute(self._database.insert(SignInAttemptRow), rows)
        # In a second transaction, which sees what others who came at the same time put down.
        if any(self._count(key) > most for key, most in limits.items()):
            self._database.run(delete(SignInAttemptRow).where(mine))
            minutes = int(WINDOW.total_seconds() // 60)
            raise ThrottledError(f"Wait {minutes} minutes, then try again.")

    def _forget(self, *keys: str) -> None:
        self._database.run(delete(SignInAttemptRow).where(SignInAttemptRow.key.in_(keys)))

    def _count(self, key: str) -> int:
        asked = select(func.count().label("tries")).where(SignInAttemptRow.key == key)
        row = self._database.first(asked)
        return 0 if row is None else int(row.tries)

    def _keys(self, email: str, address: str) -> tuple[str, str, str]:
        email = email.strip().lower()
        parts = (f"{address} {email}", address, email)
        own, place, person = (key_hash(self._secret, "attempt", part) for part in parts)
        return own, place, person

    def _unnamed(self, address: str) -> str:
        # No address of a person begins with a blank: this is no key of theirs.
        return key_hash(self._secret, "attempt", f" {address}")
