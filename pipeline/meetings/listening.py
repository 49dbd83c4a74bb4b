"""The sound of a meeting, to be heard beside its transcript."""

from typing import Final

from pipeline.meetings.meetings import Meeting
from pipeline.service import Service
from pipeline.sql import NotStoredError
from pipeline.storage.storage import FileGoneError

# By the first bytes, as the containers that `pipeline.audio.formats` accepts begin.
_TYPES: Final = (
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"RIFF", "audio/wav"),
    (b"RF64", "audio/wav"),
)


def media_type_of(service: Service, meeting: Meeting) -> str:
    """What the first bytes of a meeting's recording say it is.

    Raises:
        NotStoredError: It was uploaded as a transcript, or the file is gone.
    """
    none = NotStoredError("This meeting has no recording that could be heard.")
    if service.store.recording(meeting.sha256).medium != "audio":
        raise none
    try:
        start = b"".join(service.files.read(meeting.path, 0, 12))
    except FileGoneError:
        raise none from None
    return _media_type(start)


def _media_type(start: bytes) -> str:
    if start[4:8] == b"ftyp" or start[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "audio/mp4"
    return next((kind for begins, kind in _TYPES if start.startswith(begins)), "audio/mpeg")
