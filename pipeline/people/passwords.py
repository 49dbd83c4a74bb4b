"""Passwords, hashed with Argon2."""

from functools import cache
from typing import Final

from pwdlib import PasswordHash

from models.errors import CoachscoreError

LEAST: Final = 12
_MOST: Final = 1000


class PasswordError(CoachscoreError):
    """A password that cannot be taken."""

    title = "This password cannot be used"


def hash_password(password: str) -> str:
    """The hash to keep of a new password.

    Raises:
        PasswordError: It is too short, or longer than any password.
    """
    if not LEAST <= len(password) <= _MOST or len(set(password)) < 5:
        raise PasswordError(f"Take at least {LEAST} characters, and not all the same.")
    return _hasher().hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one; it takes as long where there is none to compare with."""
    right = _hasher().verify(password[:_MOST], password_hash or _nobodys())
    return right and password_hash is not None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return _hasher().hash("no password of anybody")
