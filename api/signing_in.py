"""What every way to sign in ends with, and the page on which each begins."""

from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import set_session
from api.errors import status_of
from api.openid import OpenId
from api.pages import page
from models.errors import CoachscoreError
from pipeline.service import Service


def sign_in_page(
    request: Request,
    next: str,  # noqa: A002
    *,
    email: str = "",
    error: CoachscoreError | None = None,
) -> HTMLResponse:
    """The page that asks who somebody is.

    Args:
        request: What was asked.
        next: Address of ours to go on to afterwards.
        email: What they gave as their address.
        error: Why the last attempt led to nothing.
    """
    provider: OpenId | None = request.app.state.openid
    return page(
        request,
        "sign_in.html.j2",
        status=HTTPStatus.OK if error is None else status_of(error),
        next=next,
        email=email,
        error=error,
        label=None if provider is None else provider.label,
    )


def start(request: Request, service: Service, person_id: UUID, next: str) -> Response:  # noqa: A002
    """Sign a person in, and lead them to a page of ours."""
    response = RedirectResponse(inside(next), HTTPStatus.SEE_OTHER)
    key = service.credentials.start_session(person_id, service.settings.session_hours)
    set_session(request, response, key)
    service.audit.note(f"person:{person_id}", "sign in", f"person:{person_id}")
    return response


def inside(address: str) -> str:
    """An address of our own to go on to; another site's becomes the home page."""
    parts = urlsplit(address)
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if inside and not (parts.scheme or parts.netloc) else "/"


def own_address(request: Request, service: Service) -> str:
    """The address under which people reach the service, without a slash at its end."""
    return (service.settings.public_url or str(request.base_url)).rstrip("/")


def address_of(request: Request) -> str:
    """Where a request comes from, to count attempts by."""
    return request.client.host if request.client else "unknown"
