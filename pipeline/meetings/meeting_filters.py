"""What a list of meetings can be narrowed to; never whose one may see, which is the policy."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, not_, true
from sqlalchemy.orm import aliased

from models.conversation import Value
from models.labels import Kind
from pipeline.service_tables import MeetingRow, WorkRow
from pipeline.store import Status
from pipeline.tables import AnalysisRow, ScoreRow
from scoring.score import Verdict


class MeetingFilter(Value):
    """Conditions that a meeting has to meet, None for any.

    Attributes:
        owners: Who coaches in it.
        kind: Kind of meeting that it was scored as, or else that its owner gave.
        since: Held at this moment or later.
        until: Held before this moment.
        status: How far its analysis got.
        verdict: In words.
    """

    owners: frozenset[UUID] | None = None
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: Status | None = None
    verdict: Verdict | None = None


def matching(wanted: MeetingFilter) -> ColumnElement[bool]:
    """The conditions on meetings joined with their analyses and scores."""
    conditions: list[ColumnElement[bool]] = [true()]
    if wanted.owners is not None:
        conditions.append(MeetingRow.owner_id.in_(wanted.owners))
    if wanted.kind is not None:
        conditions.append(func.coalesce(ScoreRow.kind, MeetingRow.kind) == wanted.kind)
    if wanted.since is not None:
        conditions.append(MeetingRow.held_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(MeetingRow.held_at < wanted.until)
    if wanted.status is not None:
        conditions.append(_has(wanted.status))
    if wanted.verdict is not None:
        conditions.append(ScoreRow.verdict == wanted.verdict)
    return and_(*conditions)


def _has(status: Status) -> ColumnElement[bool]:
    """A failed analysis that is in the queue again counts as queued, as it is shown."""
    queue = aliased(WorkRow)  # Lists join the queue once more, for the progress.
    waits = exists().where(queue.analysis_id == AnalysisRow.id)
    plain = AnalysisRow.status == status
    if status == "failed":
        return and_(plain, not_(waits))
    return plain | and_(AnalysisRow.status == "failed", waits) if status == "queued" else plain
