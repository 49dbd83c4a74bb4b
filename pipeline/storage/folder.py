"""Files in a folder of this machine, each in a folder of its own with a name of ours.

Such a folder is a slot: what arrives is written to one, and stays there where files are
kept on this machine.
"""

import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

from pipeline.database import make_folder
from pipeline.settings import Settings
from pipeline.storage.storage import CHUNK, FileGoneError

_NAME: Final = "file"


def new_slot(settings: Settings) -> Path:
    """A path to write one file to, in a new folder of its own."""
    folder = settings.upload_dir / str(uuid4())
    make_folder(folder)
    return folder / _NAME


def drop(slot: Path) -> None:
    """Remove a file and its folder."""
    shutil.rmtree(slot.parent, ignore_errors=True)


class Folder:
    """The slots of a folder; a location is the path of a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def location(self, slot: Path) -> str:
        """The slot itself."""
        return str(slot)

    def keep(self, slot: Path) -> str:
        """Leave the file in its slot."""
        return str(slot)

    def read(self, location: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, or to the end, in pieces."""
        try:
            file = Path(location).open("rb")  # noqa: SIM115 - `_pieces` closes it.
        except OSError as error:
            raise FileGoneError("It was removed, or is on another machine's disk.") from error
        return _pieces(file, start, stop)

    def fetched(self, location: str) -> AbstractContextManager[Path]:
        """The file itself; whoever opens it says well what is wrong with it."""
        return nullcontext(Path(location))

    def remove(self, location: str) -> None:
        """Remove a file and its slot."""
        drop(Path(location))

    def left_behind(self, known: Collection[str], before: datetime) -> Iterator[str]:
        """Slots whose name is not that of a known one; one that is younger may be arriving."""
        # By name alone, so that nothing seems unknown where the folder has been moved.
        names = {Path(one).parent.name for one in known}
        for slot in self._folder.glob(f"*/{_NAME}"):
            with suppress(FileNotFoundError):  # Removed since it was listed.
                if slot.parent.name not in names and slot.stat().st_mtime < before.timestamp():
                    yield str(slot)

    def check(self) -> None:
        """A disk answers, or nothing does."""


def _pieces(file: BinaryIO, start: int, stop: int | None) -> Iterator[bytes]:
    with file:
        at = file.seek(start)
        while piece := file.read(CHUNK if stop is None else min(CHUNK, stop - at)):
            at += len(piece)
            yield piece
