"""Files in a bucket of Amazon S3, or of a server that speaks as it does.

A file's location is noted in the database before the first byte of it leaves, and until it
is removed. So whatever dies, the purge knows what may be in the bucket, without looking at
what others keep there.
"""

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select, update

from pipeline.settings import Settings
from pipeline.sql import Database, now
from pipeline.storage.clients import answering, client_of, transfers
from pipeline.storage.folder import drop, new_slot
from pipeline.storage.storage import CHUNK, StorageError
from pipeline.upload_tables import StoredFileRow

SCHEME: Final = "s3://"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Bucket:
    """A bucket; a location is `s3://`, its name, a slash, and a key."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Prepare for a bucket; nothing is sent yet.

        Raises:
            SettingsError: The library is not installed, or a key lacks its other half.
        """
        self._settings, self._database = settings, database
        self._client: Any = client_of(settings)
        self._name = str(settings.s3_bucket)

    def location(self, slot: Path) -> str:
        """Below the prefix, under the name of the slot's folder, which nobody can guess."""
        return f"{SCHEME}{self._name}/{self._settings.s3_prefix}{slot.parent.name}"

    def keep(self, slot: Path) -> str:
        """Send a file in parts, so that memory stays the same however large it is."""
        location = self.location(slot)
        name, key = _taken_apart(location)
        self._note(location)
        with answering(self._settings):
            self._client.upload_file(str(slot), name, key, Config=transfers())
            there = self._client.head_object(Bucket=name, Key=key)["ContentLength"]
        if there != slot.stat().st_size:
            raise StorageError(f"The bucket {name} kept {there} bytes of a file. Try again.")
        return location

    def read(self, location: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, or to the end, in pieces."""
        name, key = _taken_apart(location)
        last = "" if stop is None else str(stop - 1)
        with answering(self._settings):
            got = self._client.get_object(Bucket=name, Key=key, Range=f"bytes={start}-{last}")
        return self._pieces(got["Body"])

    def _pieces(self, body: Any) -> Iterator[bytes]:
        with closing(body), answering(self._settings):
            yield from body.iter_chunks(CHUNK)

    @contextmanager
    def fetched(self, location: str) -> Iterator[Path]:
        """A copy that only this user can read; the purge finds one that a dead process left."""
        name, key = _taken_apart(location)
        slot = new_slot(self._settings)
        try:
            slot.parent.chmod(0o700)
            with slot.open("xb") as file, answering(self._settings):
                self._client.download_fileobj(name, key, file, Config=transfers())
            yield slot
        finally:
            drop(slot)

    def remove(self, location: str) -> None:
        """Remove a file, and the parts of one that was never sent to its end."""
        name, key = _taken_apart(location)
        mine = StoredFileRow.location == location
        # Where the bucket is away, the next purge need not wait until the note is a day old.
        self._database.run(update(StoredFileRow).where(mine).values(created_at=_LONG_AGO))
        with answering(self._settings):
            begun = self._client.list_multipart_uploads(Bucket=name, Prefix=key)
            for one in begun.get("Uploads", ()):
                part = {"Key": one["Key"], "UploadId": one["UploadId"]}
                self._client.abort_multipart_upload(Bucket=name, **part)
            self._client.delete_object(Bucket=name, Key=key)
        self._database.run(delete(StoredFileRow).where(mine))

    def left_behind(self, known: Collection[str], before: datetime) -> Iterator[str]:
        """What was sent to the bucket before a moment and is not known any longer."""
        asked = select(StoredFileRow.location).where(StoredFileRow.created_at < before)
        for row in self._database.all(asked):
            if row.location not in known:
                yield row.location

    def check(self) -> None:
        """Ask for the bucket, once and without patience."""
        with answering(self._settings):
            client_of(self._settings, patient=False).head_bucket(Bucket=self._name)

    def _note(self, location: str) -> None:
        moment = now()
        noted = self._database.insert(StoredFileRow).values(location=location, created_at=moment)
        again = {"created_at": moment}
        self._database.run(noted.on_conflict_do_update(index_elements=["location"], set_=again))


def _taken_apart(location: str) -> tuple[str, str]:
    name, _, key = location.removeprefix(SCHEME).partition("/")
    return name, key
