"""The secret of an installation, and the keys that people and programs hold.

A key is 256 random bits. The database holds its HMAC under the secret, so that a copy of the
database opens nothing, and a row put into it by somebody else is no key either.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from models.errors import CoachscoreError
from pipeline.database import make_folder
from pipeline.settings import Settings

Purpose = Literal["session", "link", "token", "attempt"]

_FILE: Final = "secret"
_LEAST: Final = 32
_PLACEHOLDERS: Final = ("changeme", "change-me", "change_me", "placeholder", "example", "secret")


class SecretError(CoachscoreError):
    """The secret is no secret."""

    title = "The secret cannot be used"


def load_secret(settings: Settings) -> bytes:
    """The configured secret, or the one kept at home, which is made where it lacks.

    Raises:
        SecretError: It is short, a placeholder, or open to other users of the machine.
    """
    if settings.secret is not None:
        given = settings.secret.get_secret_value()
        _check(given)
        return given.encode()
    make_folder(settings.home)
    path = settings.home / _FILE
    try:
        # Made and closed to others in one step, and by one of several processes only.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        made = secrets.token_urlsafe(48)
        file.write(made)
    return made.encode()


def new_key() -> str:
    """A key to hand out once."""
    return secrets.token_urlsafe(32)


def key_hash(secret: bytes, purpose: Purpose, key: str) -> str:
    """What is stored of a key; a key of one purpose is none for another."""
    return hmac.new(secret, f"{purpose}:{key}".encode(), hashlib.sha256).hexdigest()


def webhook_secret(secret: bytes, webhook_id: UUID) -> str:
    """The key that a webhook's messages are signed with, in the form of Standard Webhooks.

    It is worked out whenever it is needed, so that no copy of the database holds it.
    """
    key = hmac.new(secret, f"webhook:{webhook_id}".encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(key).decode('ascii')}"


def _kept(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise SecretError(f"{path} can be read by other users. Say: chmod 600 {path}")
    kept = path.read_text(encoding="ascii").strip()
    if len(kept) < _LEAST:
        raise SecretError(f"{path} is too short. Remove it, and a new one is made at the start.")
    return kept.encode()


def _check(given: str) -> None:
    advice = "COACHSCORE_SECRET takes what `openssl rand -base64 48` prints; unset, one is made."
    if len(given) < _LEAST:
        raise SecretError(f"It has {len(given)} characters and needs {_LEAST}. {advice}")
    plain = given.lower()
    if len(set(given)) < 10 or any(word in plain for word in _PLACEHOLDERS):
        raise SecretError(f"It looks like a placeholder. {advice}")
