"""Slows down whoever tries passwords, however many processes answer them."""

from datetime import timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import delete, func, select

from models.errors import CoachscoreError
from pipeline.secret import key_hash
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
        with self._database.write() as connection:
            connection.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at < since))
            for key, limit in zip(keys, LIMITS, strict=True):
                mine = select(func.count()).where(SignInAttemptRow.key == key)
                if connection.execute(mine).scalar_one() >= limit:
                    minutes = int(WINDOW.total_seconds() // 60)
                    raise ThrottledError(f"Wait {minutes} minutes, then try again.")
            rows = [{"id": uuid4(), "key": key, "at": now()} for key in keys]
            connection.execute(self._database.insert(SignInAttemptRow), rows)

    def succeeded(self, email: str, address: str) -> None:
        """Forget the failures of somebody who knew the password after all."""
        own, _, person = self._keys(email, address)
        mine = SignInAttemptRow.key.in_((own, person))
        self._database.run(delete(SignInAttemptRow).where(mine))

    def _keys(self, email: str, address: str) -> tuple[str, str, str]:
        email = email.strip().lower()
        parts = (f"{address} {email}", address, email)
        own, place, person = (key_hash(self._secret, "attempt", part) for part in parts)
        return own, place, person
