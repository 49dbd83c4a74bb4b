"""Deleting meetings and people, with everything that was ever made of them.

One recording, and so one analysis, may be shown by the meetings of two owners who uploaded
the same file. What was made of it goes with the last of them; before, the one that goes
takes its own copy of the file, what its owner contested, and what only that led to.

Tables refer to a recording, an analysis, a meeting or a person and go with it by a foreign
key; a test holds every table to that.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from models.errors import UnavailableError
from pipeline.service_tables import ContestRow, MeetingRow
from pipeline.sql import NotStoredError
from pipeline.storage.storage import StorageError
from pipeline.tables import AnalysisRow, RecordingRow, ScoreRow, StageResultRow
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
        _release(connection, meeting.sha256)
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


def delete_recording(service: "Service", sha256: str) -> None:
    """Delete what was made of a recording that no meeting has; its file is the user's own."""
    with service.database.write() as connection:
        _release(connection, sha256)
    service.database.forget()


def _meetings(service: "Service", person_id: UUID) -> list[UUID]:
    asked = select(MeetingRow.id).where(MeetingRow.owner_id == person_id)
    return [row.id for row in service.database.all(asked)]


def _release(connection: Connection, sha256: str) -> None:
    """Delete a recording, or of one that other meetings have, what none of them shows."""
    left = connection.execute(
        select(MeetingRow.file_name, MeetingRow.path).where(MeetingRow.sha256 == sha256)
    ).first()
    mine = RecordingRow.sha256 == sha256
    if left is None:
        connection.execute(delete(RecordingRow).where(mine))
        return
    moved = {"name": left.file_name, "path": left.path}
    connection.execute(update(RecordingRow).where(mine).values(**moved))
    shown = select(MeetingRow.analysis_id).where(MeetingRow.sha256 == sha256)
    kept = shown.union(
        select(ContestRow.original_id)
        .join(MeetingRow, MeetingRow.id == ContestRow.meeting_id)
        .where(MeetingRow.sha256 == sha256)
    )
    of_it = AnalysisRow.recording_sha256 == sha256
    connection.execute(delete(AnalysisRow).where(of_it, AnalysisRow.id.not_in(kept)))
    _drop_results(connection, sha256)


def _drop_results(connection: Connection, sha256: str) -> None:
    """Delete results of stages that led to no score that is left."""
    of_it = AnalysisRow.recording_sha256 == sha256
    unfinished = select(AnalysisRow.id).where(of_it, AnalysisRow.status != "done")
    if connection.execute(unfinished).first() is not None:
        return  # Some are for an analysis that is being made; they go with the last meeting.
    results = connection.execute(
        select(StageResultRow.stage, StageResultRow.key, StageResultRow.input_key).where(
            StageResultRow.recording_sha256 == sha256
        )
    ).all()
    scores = connection.execute(
        select(ScoreRow.score_key).where(ScoreRow.recording_sha256 == sha256)
    ).scalars()
    needed = _lineage({row.key: row.input_key for row in results}, list(scores))
    connection.execute(
        delete(StageResultRow).where(
            StageResultRow.recording_sha256 == sha256, StageResultRow.key.not_in(needed)
        )
    )


def _lineage(inputs: dict[str, str | None], keys: Sequence[str]) -> set[str]:
    """Some results with all those that led to them, given the input of each."""
    found: set[str] = set()
    for start in keys:
        key: str | None = start
        while key is not None and key not in found:
            found.add(key)
            key = inputs.get(key)
    return found
