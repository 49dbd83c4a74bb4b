"""Live progress of an analysis, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from api.access import SeenMeeting, Served, Signed, get_viewer
from api.progress import Progress, progress_of
from pipeline.meetings.meetings import MeetingView
from pipeline.service import Service
from pipeline.sql import NotStoredError

router = APIRouter(include_in_schema=False)
_PAUSE: Final = 1.0  # Seconds between two looks; a worker tells its progress twice as often.


@router.get("/meetings/{meeting_id}/events", response_class=EventSourceResponse)
async def events(
    request: Request, person: Signed, first: SeenMeeting, service: Served
) -> AsyncIterator[Progress]:
    """Every change until the analysis ends, the meeting is gone, or the service stops."""
    told, view = None, first
    while True:
        found = progress_of(view)
        if found != told:
            yield (told := found)
        if found.status in ("done", "failed") or request.app.state.leaving():
            return
        await asyncio.sleep(_PAUSE)
        try:
            view = await run_in_threadpool(_look, request, service, first.meeting.id)
        except NotStoredError:
            return


def _look(request: Request, service: Service, meeting_id: UUID) -> MeetingView:
    """The meeting by what its reader may see now, for a session may have ended meanwhile."""
    return service.meetings.seen(get_viewer(request, service).reach, meeting_id)
