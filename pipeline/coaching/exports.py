"""Figures as tables for other programs: one row per meeting, or per person and period."""

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from models.conversation import Value
from models.labels import Kind
from pipeline.coaching.coaches import known_people
from pipeline.coaching.digests import CoachedMeeting
from pipeline.coaching.trends import Period, ScorePoint, by_period
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.people.policy import Viewer
from scoring.digest import SUBJECTS, Amounts

if TYPE_CHECKING:
    from pipeline.service import Service


class MeetingRow(Value):
    """One finished meeting: figures, points of each criterion, minutes by subject.

    The last two are None until a worker has made the meeting's digest.
    """

    meeting_id: UUID
    manager_id: UUID
    manager: str
    reports_to: UUID | None
    title: str
    coachee: str
    kind: Kind
    held_at: datetime
    verdict: str
    overall: float | None
    low: float | None
    high: float | None
    inquiry: float | None = None
    challenge: float | None = None
    development: float | None = None
    guidance: float | None = None
    commitment: float | None = None
    minutes: float | None = None
    deal_minutes: float | None = None
    development_minutes: float | None = None
    opportunity_minutes: float | None = None
    account_minutes: float | None = None
    territory_minutes: float | None = None
    call_minutes: float | None = None


class PeriodRow(Value):
    """The finished meetings of one person in one period; see `pipeline.coaching.trends`."""

    manager_id: UUID
    manager: str
    reports_to: UUID | None
    start: date
    end: date
    meetings: int
    scored: int
    mean: float | None
    low: float | None
    high: float | None


_OWN: Final = set(MeetingRow.model_fields) & set(CoachedMeeting.model_fields)
_SUBJECTS: Final = ("deal", "development", *SUBJECTS)


def meeting_rows(service: "Service", viewer: Viewer, wanted: MeetingFilter) -> list[Value]:
    """The finished meetings that somebody may see and asks for, oldest first."""
    people = {person.id: person for person in service.people.all()}
    details = service.digests.details(viewer.reach, wanted)
    rows: list[Value] = []
    for one in service.digests.meetings(viewer.reach, wanted):
        owner = people[one.owner_id]
        made = details.get(one.meeting_id)
        criteria = {} if made is None else {c.name: c.score for c in made.criteria}
        who = {"manager_id": owner.id, "manager": owner.name, "reports_to": owner.reports_to}
        own = one.model_dump(include=_OWN)
        rows.append(MeetingRow(**own, **who, **criteria, **_minutes(one.amounts)))
    return rows


def period_rows(
    service: "Service", viewer: Viewer, wanted: MeetingFilter, period: Period
) -> list[Value]:
    """Each person's periods that have a meeting, person by person, oldest first."""
    by_owner: dict[UUID, list[ScorePoint]] = defaultdict(list)
    for point in service.meetings.points(viewer.reach, wanted):
        by_owner[point.owner_id].append(point)
    return [
        PeriodRow(
            manager_id=person.id,
            manager=person.name,
            reports_to=person.reports_to,
            **summary.model_dump(),
        )
        for person in known_people(service, viewer)
        for summary in by_period(by_owner[person.id], period)
    ]


def _minutes(amounts: Amounts | None) -> dict[str, float]:
    if amounts is None:
        return {}
    by_subject = {f"{name}_minutes": getattr(amounts, name) for name in _SUBJECTS}
    return {"minutes": amounts.minutes} | by_subject
