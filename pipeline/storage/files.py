"""The files of meetings, wherever each of them is: the one way to all of them."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from pipeline.settings import Settings
from pipeline.sql import Database
from pipeline.storage.bucket import SCHEME, Bucket
from pipeline.storage.folder import Folder
from pipeline.storage.storage import Storage, StorageError


class Files:
    """A `Storage` of what is in a bucket and of what is in the folder.

    New files go where the settings say. Those that were kept before somebody named a
    bucket stay in the folder, and are read and removed there.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        """Find the storages.

        Raises:
            SettingsError: A bucket cannot be used by these settings.
        """
        self._folder = Folder(settings.upload_dir)
        self._bucket = Bucket(settings, database) if settings.s3_bucket else None
        self._new: Storage = self._bucket or self._folder

    def location(self, slot: Path) -> str:
        """Where `keep` puts the file in a slot."""
        return self._new.location(slot)

    def keep(self, slot: Path) -> str:
        """Take the file in a slot, and return its location."""
        return self._new.keep(slot)

    def read(self, location: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, or to the end, in pieces."""
        return self._of(location).read(location, start, stop)

    def fetched(self, location: str) -> AbstractContextManager[Path]:
        """The file on this machine's disk, for as long as the block lasts."""
        return self._of(location).fetched(location)

    def remove(self, location: str) -> None:
        """Remove a file."""
        self._of(location).remove(location)

    def left_behind(self, known: Collection[str], before: datetime) -> Iterator[str]:
        """Locations of files from before a moment that are not among the known ones."""
        yield from self._folder.left_behind(known, before)
        if self._bucket is not None:
            yield from self._bucket.left_behind(known, before)

    def check(self) -> None:
        """Find out within seconds whether new files could be kept."""
        self._new.check()

    def _of(self, location: str) -> Storage:
        if not location.startswith(SCHEME):
            return self._folder
        if self._bucket is None:
            raise StorageError("This file is in a bucket, and COACHSCORE_S3_BUCKET names none.")
        return self._bucket
