"""The page of one meeting: how far it got, what went wrong, or its report; and its sound."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse

from api.access import Asking, SeenMeeting, Served, Signed
from api.meeting_page import meeting_page, waiting_page
from pipeline.meetings.listening import sound_of

router = APIRouter(prefix="/meetings/{meeting_id}", include_in_schema=False)


@router.get("")
def show_meeting(
    request: Request,
    viewer: Asking,
    person: Signed,
    view: SeenMeeting,
    service: Served,
    show: str = "all",
    took: Annotated[float | None, Query(ge=0)] = None,
) -> HTMLResponse:
    """A meeting that one may see.

    `show` chooses lines of the transcript; `took` says in how many seconds the score
    followed a contest that was just made.
    """
    mine = viewer.owns(view.meeting.owner_id)
    if view.status != "done":
        return waiting_page(request, service, view, mine)
    return meeting_page(request, service, view, mine=mine, show=show, took=took)


@router.get("/audio")
def play(person: Signed, view: SeenMeeting, service: Served) -> FileResponse:
    """The recording, whole or the range of bytes that is asked for."""
    sound = sound_of(service, view.meeting)
    return FileResponse(sound.path, media_type=sound.media_type)
