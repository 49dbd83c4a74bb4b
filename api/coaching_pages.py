"""What the pages on somebody's coaching show, put together from stored figures.

Every number comes from `trends`, `coaching` or `teams` of `pipeline.coaching`; here they are
asked for, and turned into charts.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from fastapi import Depends

from api import charts
from models.conversation import Value
from models.labels import Kind
from pipeline.coaching import coaching, teams, trends
from pipeline.coaching.coaches import heads
from pipeline.coaching.digests import CoachedMeeting
from pipeline.coaching.groups import sums_of
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.people.people import Person
from pipeline.people.policy import Viewer
from pipeline.service import Service
from pipeline.sql import NotStoredError, now
from scoring.wording import KINDS

Weeks = Literal["4", "12", "26", "52"]
WEEKS: Final[tuple[Weeks, ...]] = get_args(Weeks)
# Names at more points than these would cover each other; the table has them all.
_NAMED: Final = 15
_QUOTES: Final = 4
_STEPS: Final = 8


class Span(Value):
    """Which meetings a page is about, as its address says."""

    weeks: Weeks
    kind: Kind | None
    since: datetime
    until: datetime

    def wanted(self, owners: frozenset[UUID]) -> MeetingFilter:
        """The same as a filter on the meetings of some people."""
        return MeetingFilter(owners=owners, kind=self.kind, since=self.since, until=self.until)

    @property
    def query(self) -> str:
        """The same for an address."""
        return f"weeks={self.weeks}" + (f"&kind={self.kind}" if self.kind else "")


async def get_span(weeks: Weeks = "12", kind: Kind | Literal[""] = "") -> Span:
    """The last weeks, and one kind of meeting or all; a form sends an empty kind for all."""
    until = now()
    since = until - timedelta(weeks=int(weeks))
    return Span(weeks=weeks, kind=kind or None, since=since, until=until)


Spanned = Annotated[Span, Depends(get_span)]


def seen_coach(service: Service, viewer: Viewer, person_id: UUID) -> Person:
    """Somebody whose meetings one may see.

    Raises:
        NotStoredError: There is nobody, or not for them; nobody can tell which.
    """
    if person_id != viewer.reach.own and person_id not in (viewer.reach.released or ()):
        raise NotStoredError("No such person.")
    return service.people.get(person_id)


def manager_values(service: Service, viewer: Viewer, person: Person, span: Span) -> dict[str, Any]:
    """Everything on the page of one person's coaching."""
    wanted = span.wanted(frozenset({person.id}))
    meetings = service.digests.meetings(viewer.reach, wanted)
    details = service.digests.details(viewer.reach, wanted)
    row = teams.row_of(person.name, sums_of(meetings), person.id)
    steps = coaching.steps_of(meetings, details)
    return {
        "coach": person,
        "mine": viewer.person is not None and viewer.person.id == person.id,
        "span": span,
        "row": row,
        "meetings": meetings[::-1],
        "months": trends.by_period(meetings, "month"),
        "weeks": _weeks(meetings),
        "cadences": coaching.cadences(meetings, span.since, span.until),
        "steps": steps.newest(_STEPS),
        "more_steps": max(len(steps.open) - _STEPS, 0),
        "followed": steps.followed,
        "best": coaching.best_of(meetings, details, _QUOTES),
        "missed": coaching.missed_of(meetings, details, _QUOTES),
        "advice": coaching.to_try(meetings, details),
        "delay": service.settings.vp_delay_hours,
        "standard": coaching.STANDARD_MINUTES,
        "least": trends.MINIMUM_MEETINGS,
        "least_slope": trends.MINIMUM_FOR_SLOPE,
        **filters(),
    }


def manager_charts(values: dict[str, Any]) -> dict[str, Any]:
    """The pictures for `manager_values`."""
    row, meetings = values["row"], values["meetings"][::-1]
    dots = [
        charts.Dot(at=m.held_at, score=m.overall, low=m.low, high=m.high)
        for m in meetings
        if m.overall is not None
    ]
    mean = (
        None if row.summary.mean is None else (row.summary.mean, row.summary.low, row.summary.high)
    )
    pairs = [
        charts.Pair(
            name=f"{month.start:%B}", quantity=month.meetings, score=month.mean,
            low=month.low, high=month.high,
        )
        for month in values["months"]
        if month.mean is not None
    ]  # fmt: skip
    bars = charts.bars_of(
        [(w.start, w.minutes.deal, w.minutes.development) for w in values["weeks"]]
    )
    return {
        "trend_chart": charts.trend(tuple(dots), mean) if dots else None,
        "pair_chart": charts.quantity_quality(tuple(pairs), "Meetings a month") if pairs else None,
        "minutes_chart": charts.minutes(bars)
        if any(b.deal + b.development for b in bars)
        else None,
    }


def team_values(service: Service, viewer: Viewer, span: Span, head: UUID | None) -> dict[str, Any]:
    """Everything on the page of a team, and how its viewer coaches in turn.

    Raises:
        NotStoredError: The head of the team is nobody below the viewer.
    """
    people = [p for p in service.people.all() if p.id in viewer.under]
    by_id = {p.id: p for p in people}
    if head is not None and head not in by_id:
        raise NotStoredError("No such team.")
    inside = viewer.under if head is None else service.people.under(head) & viewer.under
    groups = service.groups.all(viewer.reach, span.wanted(inside))
    rows = teams.by_person(groups, [p for p in people if p.id in inside])
    own_id = viewer.reach.own
    own = (
        []
        if own_id is None
        else service.digests.meetings(viewer.reach, span.wanted(frozenset({own_id})))
    )
    everybody = [*people, *([viewer.person] if viewer.person else [])]
    return {
        "span": span,
        "head": head,
        "heads": heads(people),
        "managers": [(one, teams.in_words(one)) for one in teams.compare(rows)],
        "teams": teams.by_team(groups, everybody),
        "by_kind": teams.by_kind(groups, KINDS),
        "own": teams.row_of("You", sums_of(own), own_id),
        "own_share": coaching.coaching_share(own, [p.name for p in people]),
        "vp_standard": coaching.VP_STANDARD,
        "least": trends.MINIMUM_MEETINGS,
        "delay": service.settings.vp_delay_hours,
        "pair_chart": _team_chart(rows, span),
        **filters(),
    }


def filters() -> dict[str, Any]:
    """What a page can be narrowed to."""
    return {"span_weeks": WEEKS}


def _team_chart(rows: list[teams.Row], span: Span) -> Any:
    shown = [row for row in rows if row.summary.mean is not None]
    pairs = [
        charts.Pair(
            name=row.name if len(shown) <= _NAMED else "",
            quantity=round(row.summary.meetings / int(span.weeks), 2),
            score=row.summary.mean, low=row.summary.low, high=row.summary.high,
        )
        for row in shown
    ]  # fmt: skip
    return charts.quantity_quality(tuple(pairs), "Meetings a week") if pairs else None


class Week(Value):
    """Minutes of one week that has a meeting."""

    start: Any
    minutes: coaching.Minutes


def _weeks(meetings: list[CoachedMeeting]) -> list[Week]:
    return [
        Week(start=week.start, minutes=sums_of(_inside(meetings, week)).minutes)
        for week in trends.by_period(meetings, "week")
    ]


def _inside(meetings: list[CoachedMeeting], period: trends.PeriodSummary) -> list[CoachedMeeting]:
    return [m for m in meetings if period.start <= m.held_at.date() <= period.end]
