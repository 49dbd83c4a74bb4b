"""The audit log, for admins."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.access import Admin, Served
from api.pages import page
from pipeline.meetings.paging import CURSOR_PATTERN, read_cursor
from pipeline.people.audit import ACTIONS, Action, AuditFilter

router = APIRouter(prefix="/audit", include_in_schema=False)
_LINES = 100


@router.get("")
def show(
    request: Request,
    admin: Admin,
    service: Served,
    actor: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[Action | None, Query()] = None,
    object: Annotated[str, Query(max_length=100)] = "",  # noqa: A002
    cursor: Annotated[str | None, Query(pattern=CURSOR_PATTERN)] = None,
) -> HTMLResponse:
    """Who saw and changed what, newest first, by who, what and to what."""
    wanted = AuditFilter(actor=actor or None, action=action, object=object or None)
    found = service.audit.page(wanted, read_cursor(cursor) if cursor else None, _LINES)
    given: dict[str, Any] = wanted.model_dump(exclude_none=True)
    older = urlencode(given | {"cursor": str(found.next)}) if found.next else None
    people = {f"person:{one.id}": one.name for one in service.people.all()}
    return page(
        request,
        "audit.html.j2",
        lines=found.items,
        wanted=wanted,
        older=older,
        first=cursor is None,
        people=people,
        actions=ACTIONS,
    )
