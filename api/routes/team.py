"""The managers below somebody, side by side."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Asking, Served, Signed
from api.coaching_pages import Spanned, team_values
from api.pages import page
from pipeline.sql import NotStoredError

router = APIRouter(include_in_schema=False)


@router.get("/team")
def team(
    request: Request,
    viewer: Asking,
    person: Signed,
    service: Served,
    span: Spanned,
    head: UUID | Literal[""] = "",
) -> HTMLResponse:
    """Everybody below a VP or admin, or one team among them.

    Raises:
        NotStoredError: The viewer's role has no team, or the head is not below them.
    """
    if person.role == "manager":
        raise NotStoredError("The address may be wrong, or what was here is gone.")
    values = team_values(service, viewer, span, head or None)
    return page(request, "team.html.j2", **values)
