"""The home page: the meetings that one may see."""

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse

from api.access import Asking, Served, Signed
from api.pages import page

router = APIRouter(include_in_schema=False)
_MOST = 200


@router.get("/")
def home(request: Request, viewer: Asking, person: Signed, service: Served) -> HTMLResponse:
    """Meetings with score, range and verdict, newest first."""
    found = service.meetings.list(viewer.reach, _MOST + 1)
    return page(
        request,
        "home.html.j2",
        meetings=found[:_MOST],
        more=len(found) > _MOST,
        mine=person.id,
        anybody=any(one.meeting.owner_id != person.id for one in found),
    )


@router.get("/static/report.css")
def report_css() -> FileResponse:
    """The report's own style sheet, which is also the base of every page's."""
    return FileResponse(Path(str(resources.files("scoring") / "templates" / "report.css")))
