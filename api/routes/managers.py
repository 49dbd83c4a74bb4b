"""How one person coaches: their own page, and one sheet of paper for a one-on-one."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Asking, Served, Signed
from api.coaching_pages import Spanned, manager_charts, manager_values, seen_coach
from api.pages import page
from pipeline.people.people import Person
from pipeline.people.policy import Viewer
from pipeline.service import Service

router = APIRouter(prefix="/managers", include_in_schema=False)


@router.get("/{person_id}")
def coaching(
    request: Request,
    viewer: Asking,
    signed: Signed,
    service: Served,
    person_id: UUID,
    span: Spanned,
) -> HTMLResponse:
    """Somebody's coaching over the last weeks, for themselves and those above them."""
    values = manager_values(service, viewer, _looked_at(service, viewer, person_id), span)
    return page(request, "manager.html.j2", **values, **manager_charts(values))


@router.get("/{person_id}/sheet")
def sheet(
    request: Request,
    viewer: Asking,
    signed: Signed,
    service: Served,
    person_id: UUID,
    span: Spanned,
) -> HTMLResponse:
    """The same on one page of paper."""
    values = manager_values(service, viewer, _looked_at(service, viewer, person_id), span)
    return page(request, "manager_sheet.html.j2", **values, **manager_charts(values))


def _looked_at(service: Service, viewer: Viewer, person_id: UUID) -> Person:
    """The person; that somebody else looked at their quotes goes to the audit log."""
    person = seen_coach(service, viewer, person_id)
    if person_id != viewer.reach.own:
        service.audit.note(viewer.actor, "see", f"person:{person_id}")
    return person
