"""Meetings for programs: the list, and one of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field

from api.access import SeenMeeting, Served, scoped
from api.routes.v1.parameters import After, Limit, Wanted
from models.conversation import Value
from models.labels import Kind
from pipeline.meetings.meetings import MeetingView
from pipeline.people.policy import Viewer
from pipeline.store import Status
from scoring.score import Verdict

router = APIRouter(prefix="/meetings", tags=["meetings"])
Reader = Annotated[Viewer, Depends(scoped("read:meetings"))]


class MeetingOutput(Value):
    """A meeting and the figures of its score; `low` and `high` bound its 90 % interval."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "6d1c3f0e-6b7a-4f0b-9a56-0f6f0f7a2c11",
                    "owner_id": "0b8e7a52-54a1-4b43-9f0e-6d3f4f1f7d3c",
                    "owner_name": "Mia",
                    "title": "One-on-one with Ben",
                    "coachee": "Ben",
                    "kind": "one_on_one",
                    "held_at": "2026-03-04T09:00:00Z",
                    "created_at": "2026-03-04T10:12:31.250000Z",
                    "status": "done",
                    "progress": 1.0,
                    "seconds_left": 0.0,
                    "verdict": "partly coaching",
                    "overall": 61.4,
                    "low": 52.0,
                    "high": 70.1,
                }
            ]
        }
    )

    id: UUID
    owner_id: UUID
    owner_name: str
    title: str
    coachee: str
    kind: Kind | None = Field(description="As scored, or else as its owner gave it.")
    held_at: datetime
    created_at: datetime
    status: Status
    progress: float | None = Field(
        description="Share of the analysis that is done, 0 to 1; null before it begins."
    )
    seconds_left: float | None = Field(description="Of the analysis, by estimate; null likewise.")
    verdict: Verdict | None
    overall: float | None = Field(description="0 to 100; null without enough evidence.")
    low: float | None
    high: float | None


class MeetingList(Value):
    """Meetings, newest first."""

    items: tuple[MeetingOutput, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")


@router.get("")
def list_meetings(
    viewer: Reader, service: Served, wanted: Wanted, cursor: After, limit: Limit = 50
) -> MeetingList:
    """The meetings that the caller may see, newest first, as far as the filters go."""
    found = service.meetings.page(viewer.reach, wanted, cursor, limit)
    items = tuple(to_output(view) for view in found.items)
    return MeetingList(items=items, next=None if found.next is None else str(found.next))


@router.get("/{meeting_id}")
def get_meeting(viewer: Reader, view: SeenMeeting) -> MeetingOutput:
    """One meeting that the caller may see."""
    return to_output(view)


def to_output(view: MeetingView) -> MeetingOutput:
    """A meeting as programs see it."""
    meeting = view.meeting.model_dump(
        include={"id", "owner_id", "title", "coachee", "held_at", "created_at"}
    )
    figures = view.model_dump(include={"owner_name", "status", "verdict", "overall", "low", "high"})
    done = view.status == "done"
    return MeetingOutput(
        **meeting,
        **figures,
        kind=view.scored_kind or view.meeting.kind,
        progress=1.0 if done else view.share,
        seconds_left=0.0 if done else view.seconds_left,
    )
