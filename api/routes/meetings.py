"""The page of one meeting: how far it got, what went wrong, or its report."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import SeenMeeting, Served, Signed
from api.pages import page
from pipeline.analysis import load_analysis
from pipeline.presenting import report_of
from scoring.html import filter_counts
from scoring.report_values import COMMON_PRACTICE, METHOD

router = APIRouter(include_in_schema=False)


@router.get("/meetings/{meeting_id}")
def show_meeting(
    request: Request, person: Signed, view: SeenMeeting, service: Served
) -> HTMLResponse:
    """A meeting that one may see."""
    own: dict[str, Any] = {"view": view, "mine": view.meeting.owner_id == person.id}
    if view.status != "done":
        return page(request, "meeting_waiting.html.j2", **own)
    report = report_of(load_analysis(service.store, view.meeting.analysis_id), service.settings)
    return page(
        request,
        "meeting.html.j2",
        report=report,
        filters=filter_counts(report),
        common_practice=COMMON_PRACTICE,
        method=METHOD,
        **own,
    )
