"""The page of one meeting: how far it got, what went wrong, or its report; sound; sharing."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Asking, OwnMeeting, SeenMeeting, Served, Signed
from api.meeting_page import meeting_page, waiting_page
from api.ranges import Content, send_range
from pipeline.meetings.listening import media_type_of
from pipeline.meetings.sharing import share_now

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
def play(request: Request, person: Signed, view: SeenMeeting, service: Served) -> Response:
    """The recording, whole or the range of bytes that is asked for."""
    meeting = view.meeting
    media_type = media_type_of(service, meeting)
    read = partial(service.files.read, meeting.path)
    content = Content(meeting.file_size, meeting.sha256, media_type, read)
    return send_range(request, content)


@router.post("/share")
def share(viewer: Asking, person: Signed, view: OwnMeeting, service: Served) -> Response:
    """Let those above see one's own meeting before its delay is over."""
    share_now(service, view.meeting.id, viewer.actor)
    return RedirectResponse(f"/meetings/{view.meeting.id}", HTTPStatus.SEE_OTHER)
