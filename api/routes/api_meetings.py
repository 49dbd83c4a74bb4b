"""Meetings for programs: `/api/v1/meetings`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.access import SeenMeeting, Served, scoped
from models.conversation import Value
from models.labels import Kind
from pipeline.meetings import MeetingView
from pipeline.policy import Viewer
from pipeline.store import Status

router = APIRouter(prefix="/api/v1/meetings", tags=["meetings"])
Reader = Annotated[Viewer, Depends(scoped("read:meetings"))]


class MeetingOutput(Value):
    """A meeting and the figures of its score; `low` and `high` bound its 90 % interval."""

    id: UUID
    owner_id: UUID
    owner_name: str
    title: str
    coachee: str
    kind: Kind | None
    held_at: datetime
    created_at: datetime
    status: Status
    verdict: str | None
    overall: float | None
    low: float | None
    high: float | None


class MeetingList(Value):
    """Meetings, newest first."""

    items: tuple[MeetingOutput, ...]


@router.get("")
def list_meetings(
    viewer: Reader, service: Served, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> MeetingList:
    """The newest meetings that the caller may see."""
    found = service.meetings.list(viewer.reach, limit)
    return MeetingList(items=tuple(to_output(view) for view in found))


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
    return MeetingOutput(**meeting, **figures, kind=view.scored_kind or view.meeting.kind)
