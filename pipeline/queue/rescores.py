"""Jobs that score finished meetings again, under the rubrics of today, in the queue.

New uploads go first. Nothing is recognised or tagged again, and a meeting shows its old
score until the new one is there.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, union, update

from models.conversation import Value
from models.labels import Kind
from pipeline.api_tables import RescoreRow
from pipeline.service_tables import ContestRow, MeetingRow, WorkRow
from pipeline.sql import Database, NotStoredError, columns, now
from pipeline.tables import AnalysisRow, ScoreRow


class Rescore(Value):
    """A job.

    Attributes:
        id: Made when it was asked for.
        created_by: Who asked, as in the audit log.
        created_at: When.
        total: Analyses to be scored again.
        left: How many are still in the queue.
        failed: How many could not be scored; each kept its score.
    """

    id: UUID
    created_by: str
    created_at: datetime
    total: int
    left: int
    failed: int


class Rescores:
    """Every job."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, kind: Kind | None, created_by: str) -> Rescore:
        """Ask for the finished meetings of a kind, or all, to be scored again."""
        job_id, moment = uuid4(), now()
        asked = {"asked_at": moment, "attempts": 0, "rescore_id": job_id}
        with self._database.write() as connection:
            found = [row.id for row in connection.execute(_finished(kind))]
            values = {"id": job_id, "created_by": created_by, "created_at": moment}
            connection.execute(
                self._database.insert(RescoreRow).values(**values, total=0, failed=0)
            )
            total = 0
            for analysis_id in found:  # One that is in the queue is scored anyway.
                row = self._database.insert(WorkRow).values(analysis_id=analysis_id, **asked)
                added = row.on_conflict_do_nothing().returning(WorkRow.analysis_id)
                total += connection.execute(added).first() is not None
            mine = RescoreRow.id == job_id
            connection.execute(update(RescoreRow).where(mine).values(total=total))
        return self.get(job_id)

    def get(self, job_id: UUID) -> Rescore:
        """A job and how far it got.

        Raises:
            NotStoredError: There is none.
        """
        left = select(func.count()).where(WorkRow.rescore_id == RescoreRow.id).scalar_subquery()
        asked = select(*columns(RescoreRow, Rescore), left.label("left"))
        row = self._database.first(asked.where(RescoreRow.id == job_id))
        if row is None:
            raise NotStoredError("No such job.")
        return Rescore.model_validate(row._asdict())

    def failed(self, job_id: UUID) -> None:
        """Note that one analysis could not be scored."""
        more = {"failed": RescoreRow.failed + 1}
        self._database.run(update(RescoreRow).where(RescoreRow.id == job_id).values(**more))


def _finished(kind: Kind | None) -> Any:
    """Analyses that meetings are shown by, and those beside which contests are shown."""
    shown = union(
        select(MeetingRow.analysis_id.label("id")), select(ContestRow.original_id.label("id"))
    ).subquery()
    current = (ScoreRow.analysis_id == AnalysisRow.id) & (
        ScoreRow.score_key == AnalysisRow.score_key
    )
    asked = select(AnalysisRow.id).join(shown, shown.c.id == AnalysisRow.id).join(ScoreRow, current)
    asked = asked.where(AnalysisRow.status == "done").order_by(AnalysisRow.created_at)
    return asked if kind is None else asked.where(ScoreRow.kind == kind)
