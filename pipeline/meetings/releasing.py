"""What was made of a recording goes when no meeting shows it any more.

One recording, and so one analysis, may be shown by the meetings of two owners who uploaded
the same file. What was made of it goes with the last of them; before, the one that goes
takes its own copy of the file, what its owner contested, and what only that led to.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from pipeline.service_tables import ContestRow, MeetingRow
from pipeline.sql import Database
from pipeline.tables import AnalysisRow, RecordingRow, ScoreRow, StageResultRow


def delete_recording(database: Database, sha256: str) -> None:
    """Delete what was made of a recording that no meeting has; its file is the user's own."""
    with database.write() as connection:
        release(connection, sha256)
    database.forget()


def release(connection: Connection, sha256: str) -> None:
    """Delete a recording, or of one that other meetings have, what none of them shows.

    Args:
        connection: Of the transaction in which a meeting of it was deleted.
        sha256: The recording.
    """
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
