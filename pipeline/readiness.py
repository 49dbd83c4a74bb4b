"""Whether this installation can do its work: what it lacks, in words for whoever runs it.

No message names an address, a password or a path: anybody may ask.
"""

import tempfile
import time
from collections.abc import Sequence
from threading import Lock
from typing import Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from models import artefacts
from models.conversation import Value
from models.errors import CoachscoreError
from pipeline import database
from pipeline.queue.workers import ALIVE, Workers
from pipeline.service import Service
from pipeline.storage.storage import StorageError

# However many ask, and anybody may: a look writes a file and may wait for a bucket.
_KEPT_SECONDS: Final = 2.0


class Lack(Value):
    """Something that is missing, and what to do about it."""

    part: Literal["database", "storage", "worker", "models"]
    message: str


class Readiness:
    """What an installation lacks, looked at again after some seconds at the earliest."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._looked = float("-inf")
        self._found: Sequence[Lack] = ()

    def lacking(self) -> Sequence[Lack]:
        """Everything that is missing; nothing where all is well."""
        with self._lock:
            if time.monotonic() - self._looked >= _KEPT_SECONDS:
                parts = (_database(self._service), _storage(self._service), _models(self._service))
                self._found = [one for one in parts if one is not None]
                self._looked = time.monotonic()
            return self._found


def _database(service: Service) -> Lack | None:
    """The database, and what only the database knows: whether a worker is there."""
    try:
        revision = service.database.revision()
        if revision != database.HEAD:
            said = f"Its tables are at {revision}; this version needs {database.HEAD}."
            return Lack(part="database", message=said)
        if Workers(service.database).alive():
            return None
    except SQLAlchemyError:
        return Lack(part="database", message="It does not answer.")
    seconds = int(ALIVE.total_seconds())
    said = f"None was heard of in {seconds} seconds. Start one: coachscore worker."
    return Lack(part="worker", message=said)


def _storage(service: Service) -> Lack | None:
    """The folder where files arrive, and the bucket, if they are kept in one."""
    folder = service.settings.upload_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
        service.files.check()
    except OSError as error:
        return Lack(part="storage", message=f"Uploads cannot be written: {error.strerror}.")
    except StorageError:
        return Lack(part="storage", message="Where files are kept does not answer.")
    return None


def _models(service: Service) -> Lack | None:
    try:
        artefacts.manifest()
    except (CoachscoreError, ValueError):
        return Lack(part="models", message="There is no manifest. Run: coachscore train.")
    names = [n for n in artefacts.FILES.values() if not (artefacts.FOLDER / n).is_file()]
    if service.settings.mask_customers and not artefacts.MASKING.is_file():
        said = f"{artefacts.MASKING.name} missing. docs/masking.md has the command."
        return Lack(part="models", message=said)
    if not names:
        return None
    return Lack(part="models", message=f"{', '.join(names)} missing. Run: coachscore train.")
