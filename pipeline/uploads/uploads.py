"""Receiving files: a stream goes to a folder of its own, is looked at, and becomes a meeting.

However the bytes arrive, they go through three steps: `new_slot` gives a place to write to,
`inspect` says what was written, or why it cannot be used, and `register` makes the meeting.
`receive` does the first two for a stream. Memory stays the same however large a file is,
and no name that a user gave ever becomes a path.
"""

import hashlib
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, AwareDatetime, Field

from models.conversation import Value
from models.errors import CoachscoreError
from models.labels import Kind
from pipeline.audio.formats import looks_like_audio
from pipeline.captions.reader import read_transcript
from pipeline.jobs import AnalysisOptions, Workplace, begin
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.releasing import delete_recording
from pipeline.settings import Settings
from pipeline.sql import NotStoredError, now
from pipeline.storage.folder import drop, new_slot
from pipeline.storage.storage import StorageError
from pipeline.totals import Totals
from scoring.wording import KINDS

if TYPE_CHECKING:
    from pipeline.service import Service

_log = logging.getLogger(__name__)
_CHUNK: Final = 1 << 20
_MOST_TEXT: Final = 8 << 20  # An hour's transcript has about 0.1 MiB; longer ones take minutes.


class UploadError(CoachscoreError):
    """A file that is not taken."""

    title = "This file cannot be used"


class UploadTooLargeError(UploadError):
    """A file above the cap."""

    title = "This file is too large"


class Received(Value):
    """A file that arrived and can be used.

    Attributes:
        path: Where it is, in a folder of its own.
        name: As its sender calls it.
        size: In bytes.
        sha256: Content hash.
        medium: Whether it holds sound or text.
    """

    path: Path
    name: str
    size: int
    sha256: str
    medium: Literal["audio", "transcript"]


_YEARS: Final = range(1970, 9999)  # Beyond, no time zone could be taken off.


def _in_utc(held_at: datetime) -> datetime:
    if held_at.year not in _YEARS:
        raise UploadError("Choose the day on which it took place.")
    return held_at.astimezone(UTC)


class MeetingDetails(Value):
    """What the owner says about a meeting.

    Attributes:
        owner_id: The person who coaches in it.
        coachee: With whom it was.
        held_at: When it took place, with a time zone; kept in UTC.
        consent_by: Who confirmed that everybody in it agreed, as in the audit log.
        consent_at: When they confirmed it, None where that is now.
        title: What it is called; made of the kind and the coachee if empty.
        kind: Kind of meeting, None to tell it from the text.

    Raises:
        UploadError: It took place in a year that cannot be.
    """

    owner_id: UUID
    coachee: str = Field(min_length=1, max_length=200)
    held_at: Annotated[AwareDatetime, AfterValidator(_in_utc)]
    consent_by: str
    consent_at: datetime | None = None
    title: str = Field(default="", max_length=200)
    kind: Kind | None = None


def receive(stream: BinaryIO, name: str, settings: Settings) -> Received:
    """Write a stream to a slot and look at it; what cannot be used is removed again.

    Raises:
        UploadError: It is empty or too large.
        CoachscoreError: What a parser found wrong with it.
    """
    slot = new_slot(settings)
    try:
        _write(stream, slot, settings, name)
        return inspect(slot, name)
    except BaseException:
        drop(slot)
        raise


def inspect(slot: Path, name: str) -> Received:
    """Find out what a file is, by its content: sound by its header, a transcript by reading it.

    Raises:
        UploadError: It is empty.
        CoachscoreError: What a parser found wrong with it, and what it accepts.
    """
    name = clean_file_name(name)
    with slot.open("rb") as file:
        start = file.read(64)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    if not size:
        raise UploadError(f"{name} is empty.")
    audio = looks_like_audio(start)
    if audio:
        from pipeline.audio.media import probe

        probe(slot, name)
    elif size > _MOST_TEXT:
        raise UploadError(
            f"{name} is no recording, and larger than the {_MOST_TEXT >> 20} MB that an uploaded "
            "transcript may have."
        )
    else:
        read_transcript(slot.read_bytes(), name)
    medium: Literal["audio", "transcript"] = "audio" if audio else "transcript"
    return Received(path=slot, name=name, size=size, sha256=sha256, medium=medium)


def register(service: "Service", received: Received, details: MeetingDetails) -> Meeting:
    """Make a meeting of a file and queue its analysis.

    The same file again for the same owner is the same meeting: the new copy is removed, and
    an analysis that had failed is tried again.

    Raises:
        NotStoredError: It or its owner was deleted meanwhile, and nothing of it is left.
        StorageError: It could not be kept. It is still in its slot, to try again or to drop.
    """
    made: Meeting | None = None
    known = service.meetings.same_file(details.owner_id, received.sha256)
    try:
        if known is None:
            made = _meeting(service, received, details)
            known = service.meetings.add(made)
            if known.path != made.path:
                _give_way(service, known, made)
        if service.store.analysis(known.analysis_id).status != "done":
            service.work.ask(known.analysis_id)
    except NotStoredError:
        _undo(service, received, made)
        raise
    if known.path != str(received.path):
        drop(received.path)
    if made is not None and known.id == made.id:  # Last, for nothing may depend on a figure.
        Totals(service.database).add("upload", received.medium, received.size)
        told = {"meeting": known.id, "analysis": known.analysis_id, "bytes": received.size}
        _log.info("uploaded", extra=told)
    return known


def _give_way(service: "Service", known: Meeting, made: Meeting) -> None:
    """Drop what was made of a file where another request with it was quicker."""
    # The recording names the copy that came last, which is about to go.
    stays = {"name": known.file_name, "path": known.path}
    recording = service.store.recording(known.sha256).model_copy(update=stays)
    service.store.put_recording(recording)
    with suppress(StorageError):  # The purge finds it.
        service.files.remove(made.path)


def _undo(service: "Service", received: Received, made: Meeting | None) -> None:
    """Remove what is left of a file whose owner or meeting was deleted just then."""
    drop(received.path)
    if made is not None:
        delete_recording(
            service.database, made.sha256
        )  # Or only what no other meeting with it shows.
        with suppress(StorageError):  # The purge finds it.
            service.files.remove(made.path)


def clean_file_name(name: str) -> str:
    """A file's name for people to read: without folders and controls, never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[-200:] or "file"


def _write(stream: BinaryIO, slot: Path, settings: Settings, name: str) -> None:
    left = settings.max_upload_mb * 1_000_000
    with slot.open("xb") as file:
        while chunk := stream.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                most = settings.max_upload_mb
                raise UploadTooLargeError(f"{clean_file_name(name)} has more than {most} MB.")
            file.write(chunk)


def _meeting(service: "Service", received: Received, details: MeetingDetails) -> Meeting:
    place = Workplace(service.settings, service.store)
    known = received.medium == "audio" and service.voices.get(details.owner_id) is not None
    coachee = " ".join(details.coachee.split())
    options = AnalysisOptions(
        kind=details.kind,
        voice_of=details.owner_id if known else None,
        manager=service.people.get(details.owner_id).name,
        invited=(coachee,) if coachee else (),
    )
    location = service.files.keep(received.path)
    analysis_id = begin(place, received.path, options, received.name, location)
    moment = now()
    return Meeting(
        id=uuid4(),
        owner_id=details.owner_id,
        title=" ".join(details.title.split()) or _title(details.kind, coachee),
        coachee=coachee,
        kind=details.kind,
        held_at=details.held_at,
        consent_by=details.consent_by,
        consent_at=details.consent_at or moment,
        file_name=received.name,
        file_size=received.size,
        sha256=received.sha256,
        path=location,
        analysis_id=analysis_id,
        created_at=moment,
        visible_to_vp_at=moment + timedelta(hours=service.settings.vp_delay_hours),
    )


def _title(kind: Kind | None, coachee: str) -> str:
    return f"{'Meeting' if kind is None else KINDS[kind]} with {coachee}"
