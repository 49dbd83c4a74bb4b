"""Deleting meetings and people, with everything that was ever made of them.

What was made of a meeting's recording goes as `releasing.py` says. Tables refer to a
recording, an analysis, a meeting or a person and go with it by a foreign key; a test holds
every table to that.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, select

from models.errors import UnavailableError
from pipeline.meetings.releasing import release
from pipeline.service_tables import MeetingRow
from pipeline.sql import NotStoredError
from pipeline.storage.storage import StorageError
from pipeline.uploads.resuming import discard

if TYPE_CHECKING:
    from pipeline.service import Service


class FileLeftError(UnavailableError):
    """All of a meeting is deleted but its file, because what keeps that does not answer."""

    title = "The file is not deleted yet"

    def __init__(self) -> None:
        super().__init__(
            "Everything else is deleted. The storage of files does not answer at the moment; a "
            "worker tries again each day, and `coachscore purge` at once."
        )


def delete_meeting(service: "Service", meeting_id: UUID, by: str) -> None:
    """Delete a meeting, and everything that was made of it alone.

    Args:
        service: Where it is stored.
        meeting_id: The meeting; that the caller may delete it was checked.
        by: Who deletes it, as in the audit log.

    Raises:
        NotStoredError: There is no such meeting.
        FileLeftError: All but its file is deleted.
    """
    meeting = service.meetings.get(meeting_id)
    with service.database.write() as connection:
        connection.execute(delete(MeetingRow).where(MeetingRow.id == meeting_id))
        release(connection, meeting.sha256)
    service.database.forget()
    service.audit.note(by, "delete", f"meeting:{meeting_id}")
    # Last: a file without a meeting is found and removed later, the other way round is not.
    try:
        service.files.remove(meeting.path)
    except StorageError as error:
        raise FileLeftError from error


def delete_person(service: "Service", person_id: UUID, by: str) -> int:
    """Delete a person with all their meetings and keys; returns how many meetings there were.

    Those who reported to them report to whoever is above.

    Args:
        service: Where it is stored.
        person_id: The person.
        by: Who deletes them, as in the audit log.

    Raises:
        NotStoredError: There is no such person.
        PeopleError: No admin would be left.
        FileLeftError: All is deleted but the files of some meetings.
    """
    service.people.disable(person_id, disabled=True)  # Nothing new may come meanwhile.
    service.credentials.lock_out(person_id)
    for upload in service.partial_uploads.unfinished(person_id):
        discard(service, upload)
    deleted, left = 0, None
    while True:
        for meeting_id in _meetings(service, person_id):
            try:
                delete_meeting(service, meeting_id, by)
            except NotStoredError:  # The purge, or its owner, was quicker.
                continue
            except FileLeftError as error:
                left = error
            deleted += 1
        if service.people.remove(person_id):
            break  # Else an upload that was just finishing has added another one.
    service.database.forget()
    service.audit.note(by, "delete", f"person:{person_id}")
    if left is not None:
        raise left
    return deleted


def _meetings(service: "Service", person_id: UUID) -> list[UUID]:
    asked = select(MeetingRow.id).where(MeetingRow.owner_id == person_id)
    return [row.id for row in service.database.all(asked)]
