"""The queue of analyses to be made, shared by any number of workers.

A worker claims the oldest one under a lease that it keeps renewing. A worker that dies
stops renewing, and the next one takes over; every finished stage is in the store by then.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from models.conversation import Value
from pipeline.service_tables import MeetingRow, WorkRow
from pipeline.sql import Database, NotStoredError, now

LEASE: Final = timedelta(seconds=30)


class Claim(Value):
    """An analysis that a worker holds; `attempts` counts this one.

    With a `rescore_id`, only its score is to be made again.
    """

    analysis_id: UUID
    attempts: int
    rescore_id: UUID | None = None


class QueueFigures(Value):
    """The queue in figures.

    Attributes:
        waiting: Analyses that no worker holds.
        running: Analyses that a worker holds.
        oldest_seconds: For how long the oldest that waits has been in the queue, 0 for none.
    """

    waiting: int
    running: int
    oldest_seconds: float


class Work:
    """The queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, analysis_id: UUID) -> None:
        """Have an analysis made, unless it is in the queue; that counts for more than a score.

        Raises:
            NotStoredError: There is no such analysis.
        """
        values = {"analysis_id": analysis_id, "asked_at": now(), "attempts": 0}
        statement = self._database.insert(WorkRow).values(**values)
        made = {"rescore_id": None}
        asked = statement.on_conflict_do_update(index_elements=["analysis_id"], set_=made)
        try:
            self._database.run(asked)
        except IntegrityError as error:
            raise NotStoredError(f"No analysis has the id {analysis_id}.") from error

    def claim(self, worker: str) -> Claim | None:
        """Take the oldest analysis that nobody holds, None where there is none."""
        free = WorkRow.lease_until.is_(None) | (WorkRow.lease_until < now())
        # SQLite's writers wait for each other; PostgreSQL's pass by what another one took.
        oldest = select(WorkRow.analysis_id, WorkRow.attempts, WorkRow.rescore_id).where(free)
        # What somebody waits for goes before what is made anew.
        anew = WorkRow.rescore_id.is_not(None)
        oldest = oldest.order_by(anew, WorkRow.asked_at, WorkRow.analysis_id).limit(1)
        with self._database.write() as connection:
            row = connection.execute(oldest.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            claim = Claim.model_validate(row._asdict() | {"attempts": row.attempts + 1})
            connection.execute(
                update(WorkRow)
                .where(WorkRow.analysis_id == claim.analysis_id)
                .values(
                    claimed_by=worker,
                    lease_until=now() + LEASE,
                    attempts=claim.attempts,
                )
            )
        return claim

    def renew(self, worker: str, analysis_id: UUID) -> None:
        """Say that a worker is still at it."""
        mine = _held(worker, analysis_id)
        self._database.run(update(WorkRow).where(mine).values(lease_until=now() + LEASE))

    def release(self, worker: str, analysis_id: UUID) -> None:
        """Give an analysis back unfinished; that does not count as an attempt."""
        values = {"claimed_by": None, "lease_until": None, "attempts": WorkRow.attempts - 1}
        self._database.run(update(WorkRow).where(_held(worker, analysis_id)).values(**values))

    def postpone(self, worker: str, analysis_id: UUID) -> None:
        """Give an analysis back, to be taken again when a lease would have run out."""
        later = {"claimed_by": None, "lease_until": now() + LEASE, "attempts": WorkRow.attempts - 1}
        self._database.run(update(WorkRow).where(_held(worker, analysis_id)).values(**later))

    def done(self, worker: str, analysis_id: UUID) -> None:
        """Take an analysis that ended, well or badly, out of the queue."""
        self._database.run(delete(WorkRow).where(_held(worker, analysis_id)))

    def figures(self) -> QueueFigures:
        """How much there is to do."""
        moment = now()
        free = WorkRow.lease_until.is_(None) | (WorkRow.lease_until < moment)
        since = func.min(WorkRow.asked_at).label("since")
        figures: list[Any] = [free.label("free"), func.count().label("many"), since]
        rows = self._database.all(select(*figures).group_by(free))
        found = {bool(row.free): row for row in rows}
        waiting, running = found.get(True), found.get(False)
        return QueueFigures(
            waiting=0 if waiting is None else waiting.many,
            running=0 if running is None else running.many,
            oldest_seconds=0 if waiting is None else (moment - waiting.since).total_seconds(),
        )

    def meetings(self, analysis_id: UUID) -> list[UUID]:
        """The meetings that are shown by an analysis."""
        asked = select(MeetingRow.id).where(MeetingRow.analysis_id == analysis_id)
        return [row.id for row in self._database.all(asked.order_by(MeetingRow.created_at))]


def _held(worker: str, analysis_id: UUID) -> ColumnElement[bool]:
    return (WorkRow.analysis_id == analysis_id) & (WorkRow.claimed_by == worker)
