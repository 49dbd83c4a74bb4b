"""What keeps the files of meetings, whether that is a folder or a bucket.

A storage gives each file a location: a text that only the storage itself takes apart.
Callers go through `pipeline.storage.files.Files`, which knows every storage.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from models.errors import CoachscoreError, UnavailableError

CHUNK: Final = 1 << 18  # Bytes that are read at once.


class StorageError(UnavailableError):
    """What keeps the files does not answer, or does not let us in."""

    title = "The storage of files does not answer"


class FileGoneError(CoachscoreError):
    """A file that is not where it was kept."""

    title = "The file is gone"


class Storage(Protocol):
    """Keeps files. What it cannot do for want of a server is a `StorageError`."""

    def location(self, slot: Path) -> str:
        """Where `keep` puts the file in a slot; the same for a slot each time."""
        ...

    def keep(self, slot: Path) -> str:
        """Take the file in a slot, and return its location; the slot is left as it is."""
        ...

    def read(self, location: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, or to the end, in pieces.

        Raises:
            FileGoneError: It is not there; this is known before the first piece.
        """
        ...

    def fetched(self, location: str) -> AbstractContextManager[Path]:
        """The file on this machine's disk, for as long as the block lasts.

        Raises:
            FileGoneError: It is not there.
        """
        ...

    def remove(self, location: str) -> None:
        """Remove a file; one that is gone is no error."""
        ...

    def left_behind(self, known: Collection[str], before: datetime) -> Iterable[str]:
        """Locations of files from before a moment that are not among the known ones."""
        ...

    def check(self) -> None:
        """Find out within seconds whether it answers."""
        ...
