"""Signing in at an OpenID provider: there, and back with a code.

The way back is a navigation that another site began. It changes something all the same, so
what a browser was given on the way there has to come along; that cookie is SameSite=Lax, as a
strict one would not.
"""

import secrets
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access import Asking, Served
from api.openid import OpenId, OpenIdError, Trip
from api.signing_in import address_of, inside, own_address, sign_in_page, start
from pipeline.people.admission import NotAdmittedError, admit
from pipeline.service import Service
from pipeline.sql import NotStoredError

router = APIRouter(prefix="/sign-in/openid", include_in_schema=False)
_MINUTES: Final = 10
_ELSEWHERE: Final = OpenIdError(
    f"This sign-in was begun in another window, or more than {_MINUTES} minutes ago. "
    "Begin again here."
)
_MOST: Final = 1000  # Characters of an address to go on to: a cookie holds no more than 4096.


async def get_provider(request: Request) -> OpenId:
    """The provider, where one is set up.

    Raises:
        NotStoredError: None is.
    """
    found: OpenId | None = request.app.state.openid
    if found is None:
        raise NotStoredError("The address may be wrong, or what was here is gone.")
    return found


Provided = Annotated[OpenId, Depends(get_provider)]
Given = Annotated[str, Query(max_length=4000)]


@router.get("")
def leave(
    request: Request,
    provider: Provided,
    viewer: Asking,
    service: Served,
    next: str = "/",  # noqa: A002
) -> Response:
    """Send the browser to the provider, if it was one of our own pages that asked for it."""
    if viewer.person is not None:
        return RedirectResponse(inside(next), HTTPStatus.SEE_OTHER)
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return RedirectResponse(f"/sign-in?{urlencode({'next': next})}", HTTPStatus.SEE_OTHER)
    onward = inside(next) if len(next) <= _MOST else "/"
    try:
        address, trip = provider.leave(_back(request, service), onward)
    except OpenIdError as error:
        return sign_in_page(request, onward, error=error)
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    response.set_cookie(
        _cookie(request),
        urlencode(trip.model_dump()),
        max_age=_MINUTES * 60,
        httponly=True,
        samesite="lax",
        secure=request.app.state.secure,
        path="/",
    )
    return response


@router.get("/callback")
def come_back(
    request: Request,
    provider: Provided,
    service: Served,
    code: Given = "",
    state: Given = "",
    error: Given = "",
) -> Response:
    """Sign in whom the provider vouches for, if they are somebody here."""
    trip = _trip(request)
    if trip is None or not secrets.compare_digest(trip.state.encode(), state.encode()):
        # Any site can lead a browser here: that costs no attempt, and no sign-in under way.
        return sign_in_page(request, "/", error=_ELSEWHERE)
    address = address_of(request)
    service.throttle.enter_unnamed(address)
    try:
        _succeeded(error)
        claim = provider.come_back(trip, code, _back(request, service))
        person_id = admit(service, claim)
    except (OpenIdError, NotAdmittedError) as problem:
        if isinstance(problem, OpenIdError):
            service.audit.note("nobody", "fail to sign in", "nobody")
        response: Response = sign_in_page(request, trip.next, error=problem)
    else:
        service.throttle.unnamed_succeeded(address)
        response = start(request, service, person_id, trip.next)
    response.delete_cookie(_cookie(request), path="/", secure=request.app.state.secure)
    return response


def _succeeded(error: str) -> None:
    """Nothing, if the provider signed somebody in.

    Raises:
        OpenIdError: It did not. What the address says of why is not shown: anybody may write it.
    """
    if error == "access_denied":
        raise OpenIdError(
            "Signing in was declined at your organisation's sign-in service. If you did not "
            "decline it, ask whoever looks after that service to let you use Coachscore."
        )
    if error:
        raise OpenIdError(
            "Your organisation's sign-in service could not sign you in. Try again. If that does "
            "not help, tell an admin of Coachscore."
        )


def _trip(request: Request) -> Trip | None:
    try:
        return Trip.model_validate(dict(parse_qsl(request.cookies.get(_cookie(request), ""))))
    except ValidationError:
        return None


def _cookie(request: Request) -> str:
    # As with the session: over TLS, browsers take it from this very host alone.
    return f"{'__Host-' if request.app.state.secure else ''}coachscore-openid"


def _back(request: Request, service: Service) -> str:
    return f"{own_address(request, service)}{router.prefix}/callback"
