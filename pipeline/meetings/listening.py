"""The sound of a meeting, to be heard beside its transcript."""

from pathlib import Path
from typing import Final

from models.conversation import Value
from pipeline.meetings.meetings import Meeting
from pipeline.service import Service
from pipeline.sql import NotStoredError

# By the first bytes, as the containers that `pipeline.audio.formats` accepts begin.
_TYPES: Final = (
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"RIFF", "audio/wav"),
    (b"RF64", "audio/wav"),
)


class Sound(Value):
    """A recording's file, and what its first bytes say it is."""

    path: Path
    media_type: str


def sound_of(service: Service, meeting: Meeting) -> Sound:
    """The recording of a meeting.

    Raises:
        NotStoredError: It was uploaded as a transcript, or the file is gone.
    """
    recording = service.store.recording(meeting.sha256)
    path = Path(meeting.path)
    if recording.medium != "audio" or not path.is_file():
        raise NotStoredError("This meeting has no recording that could be heard.")
    with path.open("rb") as file:
        start = file.read(12)
    return Sound(path=path, media_type=_media_type(start))


def _media_type(start: bytes) -> str:
    if start[4:8] == b"ftyp" or start[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "audio/mp4"
    return next((kind for begins, kind in _TYPES if start.startswith(begins)), "audio/mpeg")
