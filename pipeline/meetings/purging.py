"""Removes what is not to be kept any longer; a worker does so once a day."""

import logging
from contextlib import closing
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import select

from models.conversation import Value
from pipeline.hearing import remove_left_sound
from pipeline.meetings.deletion import FileLeftError, delete_meeting
from pipeline.meetings.releasing import delete_recording
from pipeline.service_tables import MeetingRow
from pipeline.settings import Settings
from pipeline.sql import NotStoredError, now
from pipeline.tables import RecordingRow
from pipeline.upload_tables import PartialUploadRow
from pipeline.uploads.resuming import drop_part, slot_of

if TYPE_CHECKING:
    from pipeline.service import Service

RETENTION: Final = "retention"  # Who deletes, in the audit log.
_DAY: Final = timedelta(days=1)
_log = logging.getLogger(__name__)


class Purged(Value):
    """How much was removed.

    Attributes:
        meetings: Meetings that are older than they may be.
        recordings: Recordings older than that which no meeting has, with what was made of them.
        files: Unfinished uploads, and files that a process left behind when it died.
    """

    meetings: int
    recordings: int
    files: int


def purge(service: "Service") -> Purged:
    """Remove what is too old, and what was left behind.

    Raises:
        StorageError: A file is still where it was; the next purge tries again.
    """
    meetings = recordings = 0
    if service.settings.retention_days is not None:
        oldest = now() - timedelta(days=service.settings.retention_days)
        old = select(MeetingRow.id).where(MeetingRow.created_at < oldest)
        for row in service.database.all(old):
            meetings += _deleted(service, row.id)
        lone = RecordingRow.sha256.not_in(select(MeetingRow.sha256))
        alone = select(RecordingRow.sha256).where(lone, RecordingRow.created_at < oldest)
        for row in service.database.all(alone):
            delete_recording(service.database, row.sha256)
            recordings += 1
    expired = service.partial_uploads.remove_expired()
    for one in expired:
        drop_part(service, one)
    service.database.forget()  # What could not leave the disk while others read.
    files = len(expired) + remove_left_sound(service.settings) + _remove_left_behind(service)
    return Purged(meetings=meetings, recordings=recordings, files=files)


def purge_daily(settings: Settings, ended: Event) -> None:
    """Purge now and every day from now on, until `ended` is set."""
    from pipeline.service import Service

    with closing(Service.open(settings)) as service:
        while True:
            try:
                done = purge(service)
            except Exception:  # Analyses must not wait for that; the next day may be better.
                _log.exception("nothing could be purged")
            else:
                _log.info("purged", extra=done.model_dump())
            if ended.wait(_DAY.total_seconds()):
                return


def _deleted(service: "Service", meeting_id: UUID) -> int:
    try:
        delete_meeting(service, meeting_id, RETENTION)
    except NotStoredError:  # Another worker, or its owner, was quicker.
        return 0
    except FileLeftError:  # It is among what was left behind.
        pass
    return 1


def _remove_left_behind(service: "Service") -> int:
    """Remove files of uploads that no table knows of; returns how many there were."""
    # What is younger is not looked at, for it may be arriving just now.
    before = now() - _DAY
    known = {row.path for row in service.database.all(select(MeetingRow.path))}
    for row in service.database.all(select(PartialUploadRow.id)):
        slot = slot_of(service.settings, row.id)
        known |= {str(slot), service.files.location(slot)}
    found = list(service.files.left_behind(known, before))
    for location in found:
        service.files.remove(location)
    return len(found)
