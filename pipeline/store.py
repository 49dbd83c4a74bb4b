"""What is kept of conversations: recordings, what each stage made of them, analyses, scores."""

from datetime import datetime
from typing import Any, Final, Literal, Self, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import Select, select, update

from models.conversation import Recording, Value
from models.labels import Kind
from pipeline.settings import Settings
from pipeline.sql import Database, NotStoredError, columns, now, table
from pipeline.tables import AnalysisRow, DigestRow, RecordingRow, ScoreRow, StageResultRow
from scoring.digest import DIGEST_VERSION, Digest

__all__ = ["STAGES", "AnalysisRecord", "Made", "NotStoredError", "ScoreRecord", "Stage", "Store"]

Stage = Literal["transcribe", "attribute", "tag", "score"]
STAGES: Final[tuple[Stage, ...]] = ("transcribe", "attribute", "tag", "score")
Status = Literal["queued", "running", "done", "failed"]

M = TypeVar("M", bound=BaseModel)


class AnalysisRecord(Value):
    """One recording under one set of options.

    Attributes:
        id: Made when it was asked for.
        recording_sha256: The recording.
        options: As canonical JSON.
        status: How far it got.
        stage: What is being done, None before and after.
        error_title: Why it failed, None where it did not.
        error_message: What was found and what to do about it.
        created_at: When it was first asked for, in UTC.
        finished_at: When it last ended, well or badly.
        score_key: Key of its result of the stage "score", None before the end.
        progress: Share of all its time that is over, 0 to 1; None unless it is running.
        seconds_left: How long it will still take; None unless it is running.
    """

    id: UUID
    recording_sha256: str
    options: str
    status: Status
    stage: Stage | None
    error_title: str | None
    error_message: str | None
    created_at: datetime
    finished_at: datetime | None
    score_key: str | None
    progress: float | None
    seconds_left: float | None


class ScoreRecord(Value):
    """The figures of one score; `low` and `high` bound its 90 % interval."""

    analysis_id: UUID
    score_key: str
    recording_sha256: str
    kind: Kind
    coach: str | None
    overall: float | None
    low: float | None
    high: float | None
    verdict: str
    rubric_name: str
    rubric_version: str
    tagger_name: str
    tagger_version: str


class Made(Value):
    """A stored result without its payload: its key, its input's key and what made it."""

    stage: Stage
    key: str
    input_key: str | None
    made_by: str


class Store:
    """The database, with one small method for each question and each change."""

    def __init__(self, database: Database) -> None:
        """Use an open database; `open` opens one of its own."""
        self._database = database

    @property
    def database(self) -> Database:
        """The database, for what else is kept in it."""
        return self._database

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the configured database, make its tables where they lack.

        Raises:
            DatabaseError: It cannot be reached, or was made by a newer version.
        """
        return cls(Database.open(settings))

    def close(self) -> None:
        """Give every connection back."""
        self._database.close()

    def put_recording(self, recording: Recording) -> None:
        """Keep a recording; of one that was there before, the new path and name count."""
        values = recording.model_dump()
        with self._database.write() as connection:
            statement = self._database.insert(RecordingRow).values(created_at=now(), **values)
            moved = {"name": recording.name, "path": recording.path}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["sha256"], set_=moved)
            )

    def recording(self, sha256: str) -> Recording:
        """A recording by its content hash.

        Raises:
            NotStoredError: There is none.
        """
        row = self._database.first(
            select(*columns(RecordingRow, Recording)).where(RecordingRow.sha256 == sha256)
        )
        if row is None:
            raise NotStoredError(f"No recording has the content hash {sha256}.")
        return Recording.model_validate(row._asdict())

    def known(self, sha256: str) -> Recording | None:
        """A recording that was found before and on which no analysis has failed."""
        failed = select(AnalysisRow.id).where(
            AnalysisRow.recording_sha256 == sha256, AnalysisRow.status == "failed"
        )
        found = select(RecordingRow.sha256).where(RecordingRow.sha256 == sha256, ~failed.exists())
        return None if self._database.first(found) is None else self.recording(sha256)

    def put_result(self, sha256: str, made: Made, value: BaseModel) -> None:
        """Keep what a stage gave; of two that bring the same key, the first one stays."""
        statement = self._database.insert(StageResultRow).values(
            recording_sha256=sha256,
            **made.model_dump(),
            payload=value.model_dump_json(),
            created_at=now(),
        )
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_nothing())

    def made(self, sha256: str, stage: Stage, key: str) -> Made | None:
        """What is known of a stored result without reading it, None where there is none."""
        row = self._database.first(
            _of_result(select(*columns(StageResultRow, Made)), sha256, stage, key)
        )
        return None if row is None else Made.model_validate(row._asdict())

    def result(self, sha256: str, stage: Stage, key: str, kind: type[M]) -> M:
        """What a stage gave.

        Raises:
            NotStoredError: It is not stored.
        """
        row = self._database.first(_of_result(select(StageResultRow.payload), sha256, stage, key))
        if row is None:
            raise NotStoredError(f"Stage “{stage}” has no result {key} for recording {sha256}.")
        return kind.model_validate_json(row.payload)

    def lineage(self, sha256: str, score_key: str) -> dict[Stage, Made]:
        """The results that led to a score, from the first stage to the last.

        Raises:
            NotStoredError: One of them is not stored.
        """
        found: dict[Stage, Made] = {}
        key: str | None = score_key
        for stage in reversed(STAGES):
            made = None if key is None else self.made(sha256, stage, key)
            if made is None:
                raise NotStoredError(f"Stage “{stage}” has no result {key} for {sha256}.")
            found[stage], key = made, made.input_key
        return {stage: found[stage] for stage in STAGES}

    def queue_analysis(self, sha256: str, options: str) -> UUID:
        """The analysis of a recording under some options, queued where it is a new one."""
        statement = self._database.insert(AnalysisRow).values(
            id=uuid4(),
            recording_sha256=sha256,
            options=options,
            status="queued",
            created_at=now(),
        )
        mine = (AnalysisRow.recording_sha256 == sha256) & (AnalysisRow.options == options)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_nothing())
            found: UUID = connection.execute(select(AnalysisRow.id).where(mine)).scalar_one()
        return found

    def start_stage(self, analysis_id: UUID, stage: Stage) -> None:
        """Say that an analysis is running, and where it is."""
        self._update(
            analysis_id,
            status="running",
            stage=stage,
            error_title=None,
            error_message=None,
            finished_at=None,
        )

    def tell_progress(self, analysis_id: UUID, progress: float, seconds_left: float) -> None:
        """Say how far a running analysis is."""
        self._update(analysis_id, progress=progress, seconds_left=seconds_left)

    def fail_analysis(self, analysis_id: UUID, title: str, message: str) -> None:
        """Say that an analysis ended with an error; its `stage` stays where it happened."""
        self._update(
            analysis_id,
            status="failed",
            error_title=title,
            error_message=message,
            finished_at=now(),
            progress=None,
            seconds_left=None,
        )

    def finish_analysis(self, score: ScoreRecord) -> None:
        """Keep the figures of a score and say that its analysis is done, both or neither."""
        statement = self._database.insert(ScoreRow).values(created_at=now(), **score.model_dump())
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_nothing())
            connection.execute(
                update(AnalysisRow)
                .where(AnalysisRow.id == score.analysis_id)
                .values(
                    status="done",
                    stage=None,
                    error_title=None,
                    error_message=None,
                    score_key=score.score_key,
                    finished_at=now(),
                    progress=None,
                    seconds_left=None,
                )
            )

    def put_digest(self, analysis_id: UUID, score_key: str, digest: Digest) -> None:
        """Keep the digest of a score, in place of an older version's."""
        values = {"version": DIGEST_VERSION, **digest.amounts.model_dump()}
        values["details"] = digest.details.model_dump_json()
        place = {"analysis_id": analysis_id, "score_key": score_key}
        statement = self._database.insert(DigestRow).values(**place, **values)
        self._database.run(statement.on_conflict_do_update(index_elements=list(place), set_=values))

    def undigested(self) -> AnalysisRecord | None:
        """A finished analysis whose score has no digest of this version, None where all have."""
        mine = (DigestRow.analysis_id == AnalysisRow.id) & (
            DigestRow.score_key == AnalysisRow.score_key
        )
        there = select(DigestRow.version).where(mine, DigestRow.version == DIGEST_VERSION)
        lacking = select(table(AnalysisRow)).where(AnalysisRow.status == "done", ~there.exists())
        row = self._database.first(lacking.limit(1))
        return None if row is None else AnalysisRecord.model_validate(row._asdict())

    def analysis(self, analysis_id: UUID) -> AnalysisRecord:
        """An analysis by its id.

        Raises:
            NotStoredError: There is none.
        """
        row = self._database.first(select(table(AnalysisRow)).where(AnalysisRow.id == analysis_id))
        if row is None:
            raise NotStoredError(f"No analysis has the id {analysis_id}.")
        return AnalysisRecord.model_validate(row._asdict())

    def scores(self, sha256: str) -> list[ScoreRecord]:
        """Every score a recording was ever given, oldest first."""
        found = select(*columns(ScoreRow, ScoreRecord)).where(ScoreRow.recording_sha256 == sha256)
        rows = self._database.all(found.order_by(ScoreRow.created_at))
        return [ScoreRecord.model_validate(row._asdict()) for row in rows]

    def _update(self, analysis_id: UUID, **values: Any) -> None:
        mine = AnalysisRow.id == analysis_id
        self._database.run(update(AnalysisRow).where(mine).values(**values))


def _of_result(statement: Select[Any], sha256: str, stage: Stage, key: str) -> Select[Any]:
    return statement.where(
        StageResultRow.recording_sha256 == sha256,
        StageResultRow.stage == stage,
        StageResultRow.key == key,
    )
