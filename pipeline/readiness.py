"""Whether this installation can do its work: what it lacks, in words for whoever runs it.

No message names an address, a password or a path: anybody may ask.
"""

import tempfile
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from models import artefacts
from models.conversation import Value
from models.errors import CoachscoreError
from pipeline import database
from pipeline.queue.workers import ALIVE, Workers
from pipeline.service import Service
from pipeline.storage.storage import StorageError


class Lack(Value):
    """Something that is missing, and what to do about it."""

    part: Literal["database", "storage", "worker", "models"]
    message: str


def lacking(service: Service) -> list[Lack]:
    """Everything that is missing; nothing where all is well."""
    found = [_database(service), _storage(service), _models()]
    return [one for one in found if one is not None]


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


def _models() -> Lack | None:
    try:
        artefacts.manifest()
    except (CoachscoreError, ValueError):
        return Lack(part="models", message="There is no manifest. Run: coachscore train.")
    names = [n for n in artefacts.FILES.values() if not (artefacts.FOLDER / n).is_file()]
    if not names:
        return None
    return Lack(part="models", message=f"{', '.join(names)} missing. Run: coachscore train.")
