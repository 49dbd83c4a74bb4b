"""Service tokens, for admins: make one, shown once, and revoke."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Admin, Served
from api.pages import page
from pipeline.people.credentials import SCOPES, Scope
from pipeline.service import Service
from pipeline.sql import now

router = APIRouter(prefix="/tokens", include_in_schema=False)


@router.get("")
def list_tokens(request: Request, admin: Admin, service: Served) -> HTMLResponse:
    """Every token, without its key, and the form to make one."""
    return _page(request, service)


@router.post("")
def make_token(
    request: Request,
    admin: Admin,
    service: Served,
    name: Annotated[str, Form(min_length=1, max_length=200)],
    days: Annotated[int, Form(ge=1, le=730)],
    scopes: Annotated[list[Scope], Form(min_length=1)],
) -> HTMLResponse:
    """Make a token and show its key, once."""
    token_id, key = service.credentials.make_token(name, frozenset(scopes), admin.id, days)
    service.audit.note(f"person:{admin.id}", "create", f"token:{token_id}")
    return _page(request, service, key=key, made=name)


@router.post("/{token_id}/revoke")
def revoke(admin: Admin, service: Served, token_id: UUID) -> Response:
    """End a token at once."""
    service.credentials.revoke_token(token_id)
    service.audit.note(f"person:{admin.id}", "delete", f"token:{token_id}")
    return RedirectResponse("/tokens", HTTPStatus.SEE_OTHER)


def _page(request: Request, service: Service, key: str = "", made: str = "") -> HTMLResponse:
    shown: dict[str, Any] = {"tokens": service.credentials.tokens(), "scopes": SCOPES, "now": now()}
    return page(request, "tokens.html.j2", key=key, made=made, **shown)
