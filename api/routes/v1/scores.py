"""Scores of those who coach: side by side, over time, and meeting by meeting."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field

from api.access import Served, scoped
from api.routes.v1.parameters import After, During, Limit, page_in_memory
from models.conversation import Value
from pipeline.coaching.coaches import Coach, coaches, known_person
from pipeline.coaching.trends import (
    MINIMUM_MEETINGS,
    Period,
    PeriodSummary,
    ScorePoint,
    Slope,
    Summary,
    by_period,
    tally,
)
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.people.people import PersonRole
from pipeline.people.policy import Viewer

router = APIRouter(prefix="/managers", tags=["scores"])
Reader = Annotated[Viewer, Depends(scoped("read:scores"))]


class ManagerOutput(Value):
    """Somebody who coaches, and their meetings in figures."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0b8e7a52-54a1-4b43-9f0e-6d3f4f1f7d3c",
                    "name": "Mia",
                    "role": "manager",
                    "reports_to": "7d6f7a0e-2a4c-4d3c-8a0a-4f9a3f2b1c77",
                    "summary": {
                        "meetings": 12, "scored": 11, "mean": 58.3, "low": 52.6, "high": 64.0,
                    },
                }
            ]
        }
    )  # fmt: skip

    id: UUID
    name: str
    role: PersonRole
    reports_to: UUID | None
    summary: Summary


class ManagerList(Value):
    """Those who coach, in the order in which they were added: this is no ranking."""

    items: tuple[ManagerOutput, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")
    minimum_meetings: int = Field(description="Below so many scored meetings there is no mean.")


class ScoresOutput(Value):
    """The finished meetings of one who coaches, oldest first."""

    person_id: UUID
    summary: Summary = Field(description="Of all that the filters leave, on every page.")
    items: tuple[ScorePoint, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")
    minimum_meetings: int


class TrendOutput(Value):
    """The scores of one who coaches, over time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "0b8e7a52-54a1-4b43-9f0e-6d3f4f1f7d3c",
                    "period": "month",
                    "minimum_meetings": 3,
                    "periods": [
                        {
                            "start": "2026-03-01", "end": "2026-03-31",
                            "meetings": 5, "scored": 4, "mean": 55.1, "low": 44.0, "high": 66.2,
                        }
                    ],
                    "slope": {
                        "points_per_30_days": 3.2, "low": 0.4, "high": 6.0, "direction": "rising",
                    },
                }
            ]
        }
    )  # fmt: skip

    person_id: UUID
    period: Period
    minimum_meetings: int
    periods: tuple[PeriodSummary, ...] = Field(description="Those with meetings, oldest first.")
    slope: Slope | None = Field(description="A line through every score; null for too few.")


@router.get("")
def list_managers(
    viewer: Reader,
    service: Served,
    during: During,
    cursor: After,
    limit: Limit = 50,
    team: Annotated[
        UUID | None, Query(description="Only people below this person, at any depth.")
    ] = None,
) -> ManagerList:
    """Everybody who coaches, with quantity and quality of their coaching."""
    if team is not None:
        below = service.people.under(known_person(service, viewer, team).id)
        during = during.model_copy(update={"owners": below})
    found = coaches(service, viewer, during)
    items, following = page_in_memory(
        found, lambda coach: (coach.person.created_at, coach.person.id), cursor, limit
    )
    shown = tuple(_manager(coach) for coach in items)
    return ManagerList(items=shown, next=following, minimum_meetings=MINIMUM_MEETINGS)


@router.get("/{person_id}/scores")
def get_scores(
    viewer: Reader,
    service: Served,
    person_id: UUID,
    during: During,
    cursor: After,
    limit: Limit = 50,
) -> ScoresOutput:
    """The score of each of a person's meetings, with its interval."""
    known_person(service, viewer, person_id)
    points = service.meetings.points(viewer.reach, _of(during, person_id))
    items, following = page_in_memory(
        points, lambda point: (point.held_at, point.meeting_id), cursor, limit
    )
    return ScoresOutput(
        person_id=person_id,
        summary=tally(points).summary(),
        items=tuple(items),
        next=following,
        minimum_meetings=MINIMUM_MEETINGS,
    )


@router.get("/{person_id}/trend")
def get_trend(
    viewer: Reader,
    service: Served,
    person_id: UUID,
    during: During,
    period: Annotated[Period, Query(description="Length of a period.")] = "month",
) -> TrendOutput:
    """A person's mean score in each week, month or quarter, and where it is going."""
    known_person(service, viewer, person_id)
    points = service.meetings.points(viewer.reach, _of(during, person_id))
    return TrendOutput(
        person_id=person_id,
        period=period,
        minimum_meetings=MINIMUM_MEETINGS,
        periods=tuple(by_period(points, period)),
        slope=tally(points).slope(),
    )


def _of(during: MeetingFilter, person_id: UUID) -> MeetingFilter:
    return during.model_copy(update={"owners": frozenset({person_id})})


def _manager(coach: Coach) -> ManagerOutput:
    shown = coach.person.model_dump(include={"id", "name", "role", "reports_to"})
    return ManagerOutput(**shown, summary=coach.summary)
