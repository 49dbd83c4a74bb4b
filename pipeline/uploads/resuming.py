"""Uploads in parts: each part is added to its slot, and the whole becomes a meeting.

How much has arrived is the size of the file. Every piece is added under a lock, and only
where the file ends just where the piece begins. So a sender who comes back on a new
connection needs to wait for nobody: what the old one still brings is refused.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from models.errors import CoachscoreError
from pipeline.meetings.meetings import Meeting
from pipeline.settings import Settings
from pipeline.sql import now
from pipeline.storage.folder import drop, new_slot
from pipeline.uploads.partial_uploads import PartialUpload
from pipeline.uploads.uploads import (
    MeetingDetails,
    UploadError,
    UploadTooLargeError,
    clean_file_name,
    inspect,
    register,
)

if TYPE_CHECKING:
    from pipeline.service import Service

_MOST_UNFINISHED: Final = 100


class OffsetError(UploadError):
    """A part that does not begin where the last one ended."""

    title = "This part does not fit"


class UploadGoneError(UploadError):
    """An upload that waited too long."""

    title = "This upload is gone"


def start(
    service: "Service", details: MeetingDetails, name: str, size: int, modified: int = 0
) -> PartialUpload:
    """Make a slot for a file of which nothing has arrived yet.

    Args:
        service: Where it is kept.
        details: What its owner says about the meeting.
        name: The file's name as its owner knows it.
        size: How many bytes it has.
        modified: When it was last changed, in milliseconds since 1970; 0 if unknown.

    Raises:
        UploadTooLargeError: It is larger than the cap.
        UploadError: It is empty, or too many others wait to be finished.
    """
    name, most = clean_file_name(name), service.settings.max_upload_mb
    if size > most * 1_000_000:
        raise UploadTooLargeError(f"{name} has more than {most} MB.")
    if size <= 0:
        raise UploadError(f"{name} is empty.")
    if len(service.partial_uploads.unfinished(details.owner_id)) >= _MOST_UNFINISHED:
        raise UploadError(f"{_MOST_UNFINISHED} uploads are unfinished. Finish or discard some.")
    slot = new_slot(service.settings)
    slot.touch()
    made = PartialUpload(
        id=UUID(slot.parent.name),
        owner_id=details.owner_id,
        file_name=name,
        file_size=size,
        modified=modified,
        details=details.model_dump_json(),
        expires_at=now() + timedelta(hours=service.settings.upload_hours),
    )
    service.partial_uploads.add(made)
    return made


def find(service: "Service", owner_id: UUID, upload_id: UUID) -> PartialUpload:
    """An upload to go on with.

    Raises:
        NotStoredError: There is none, or it is somebody else's.
        UploadGoneError: Its time is over.
    """
    found = service.partial_uploads.get(owner_id, upload_id)
    if found.expires_at <= now():
        raise UploadGoneError("It waited too long for its next part. Upload the file again.")
    return found


def arrived(settings: Settings, upload: PartialUpload) -> int:
    """How many bytes of an upload there are.

    Raises:
        UploadGoneError: Its file was removed.
    """
    if upload.meeting_id is not None:
        return upload.file_size
    try:
        return slot_of(settings, upload.id).stat().st_size
    except OSError as error:
        raise UploadGoneError("Its file was removed. Upload it again.") from error


def append(settings: Settings, upload: PartialUpload, at: int, part: bytes) -> int:
    """Add a part that begins at a byte; returns where the next one begins.

    Raises:
        OffsetError: Another byte is the next one.
        UploadTooLargeError: There would be more than was announced; nothing is added.
        UploadGoneError: Its file was removed.
    """
    if upload.meeting_id is not None and (at != upload.file_size or part):
        raise OffsetError("It has arrived as a whole already.")
    if at + len(part) > upload.file_size:
        raise UploadTooLargeError(f"{upload.file_size} bytes were announced, and more came.")
    if upload.meeting_id is not None:
        return at
    try:
        file = slot_of(settings, upload.id).open("r+b", buffering=0)
    except OSError as error:
        raise UploadGoneError("Its file was removed. Upload it again.") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        there = file.seek(0, os.SEEK_END)
        if there != at:
            raise OffsetError(f"The next byte is {there}, and this part begins at {at}.")
        left = memoryview(part)
        while left:
            left = left[file.write(left) :]
    return at + len(part)


def unfinished(service: "Service", owner_id: UUID) -> list[tuple[PartialUpload, int]]:
    """What somebody can go on with, and how many bytes of each arrived."""
    waiting = service.partial_uploads.unfinished(owner_id)
    there = [one for one in waiting if one.expires_at > now()]
    # Those whose parts another machine has are not to be gone on with here.
    here = [one for one in there if slot_of(service.settings, one.id).exists()]
    return [(one, arrived(service.settings, one)) for one in here]


def extend(service: "Service", upload: PartialUpload) -> PartialUpload:
    """Let the time of an upload begin anew, because a part of it came."""
    until = now() + timedelta(hours=service.settings.upload_hours)
    service.partial_uploads.extend(upload.id, until)
    return upload.model_copy(update={"expires_at": until})


def finish(service: "Service", upload: PartialUpload) -> UUID:
    """Make a meeting of a file that arrived as a whole; what cannot be used is removed.

    Raises:
        StorageError: It cannot be kept at the moment. As with any error that is not about the
            file, it waits in its slot, and an empty last part tries again.
        CoachscoreError: What a parser found wrong with it, and what it accepts.
    """
    slot = slot_of(service.settings, upload.id)
    with _alone(slot):
        # Keeping a file takes a while; a sender who did not wait for it may be back.
        upload = service.partial_uploads.get(upload.owner_id, upload.id)
        if upload.meeting_id is not None:
            return upload.meeting_id
        details = MeetingDetails.model_validate_json(upload.details)
        try:
            received = inspect(slot, upload.file_name)
        except CoachscoreError:
            discard(service, upload)
            raise
        # Other errors are not the file's fault, and from here on it may be a meeting's.
        made: Meeting = register(service, received, details)
        service.partial_uploads.finish(upload.id, made.id)
    service.audit.note(details.consent_by, "create", f"meeting:{made.id}")
    return made.id


@contextmanager
def _alone(slot: Path) -> Iterator[None]:
    """Keep others from a slot, under the lock by which parts are added; it may be gone."""
    try:
        file = slot.open("rb")
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def discard(service: "Service", upload: PartialUpload) -> None:
    """Forget an upload, and remove what arrived of it unless that is a meeting's file."""
    service.partial_uploads.remove(upload.id)
    drop_part(service, upload)


def drop_part(service: "Service", upload: PartialUpload) -> None:
    """Remove what arrived of an upload unless that is a meeting's file.

    A process that dies just after it made the meeting has not noted that it did.
    """
    slot = slot_of(service.settings, upload.id)
    if upload.meeting_id is None and not service.meetings.has_file(str(slot)):
        drop(slot)


def slot_of(settings: Settings, upload_id: UUID) -> Path:
    """Where the parts of an upload are put together."""
    return settings.upload_dir / str(upload_id) / "file"
