"""Errors as answers: problem+json (RFC 9457) under /api, a page to read everywhere else."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from api.pages import page
from api.security import add_headers
from models.errors import CoachscoreError, UnavailableError
from pipeline.database import DatabaseError
from pipeline.idempotency import KeyInUseError, KeyUsedError
from pipeline.people.admission import NotAdmittedError
from pipeline.people.throttle import WINDOW, ThrottledError
from pipeline.rubric_versions import RubricExistsError
from pipeline.sql import NotStoredError
from pipeline.uploads.resuming import OffsetError, UploadGoneError
from pipeline.uploads.uploads import UploadTooLargeError


class SignInNeededError(CoachscoreError):
    """Nobody is signed in, or no valid token was sent."""

    title = "Please sign in"


class ScopeError(CoachscoreError):
    """A token whose scopes do not go that far."""

    title = "This token may not do that"


class CrossSiteError(CoachscoreError):
    """A form that another site sent."""

    title = "This was not sent from our own pages"


class BodyTooLargeError(CoachscoreError):
    """More was sent than is taken."""

    title = "Too much was sent"


class LengthNeededError(CoachscoreError):
    """A body that does not say how long it is."""

    title = "The length is missing"


class NotFinishedError(CoachscoreError):
    """What is asked for is still being made, or could not be."""

    title = "This is not finished"


class RateLimitError(CoachscoreError):
    """More requests than one caller may send."""

    title = "Too many requests"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


# Any other CoachscoreError is about what was sent: 400.
_STATUS: Final[dict[type[CoachscoreError], HTTPStatus]] = {
    SignInNeededError: HTTPStatus.UNAUTHORIZED,
    ScopeError: HTTPStatus.FORBIDDEN,
    CrossSiteError: HTTPStatus.FORBIDDEN,
    NotAdmittedError: HTTPStatus.FORBIDDEN,
    NotStoredError: HTTPStatus.NOT_FOUND,
    NotFinishedError: HTTPStatus.CONFLICT,
    KeyInUseError: HTTPStatus.CONFLICT,
    RubricExistsError: HTTPStatus.CONFLICT,
    KeyUsedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    OffsetError: HTTPStatus.CONFLICT,
    UploadGoneError: HTTPStatus.GONE,
    LengthNeededError: HTTPStatus.LENGTH_REQUIRED,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UploadTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ThrottledError: HTTPStatus.TOO_MANY_REQUESTS,
    RateLimitError: HTTPStatus.TOO_MANY_REQUESTS,
    DatabaseError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Where scripts and programs ask; everywhere else, people read the answer.
_FOR_PROGRAMS: Final = ("/api/", "/uploads", "/ready", "/metrics")
_SAID: Final = {
    404: ("There is nothing here", "The address may be wrong, or what was here is gone."),
    405: ("That cannot be done here", "This address exists, but does not take this method."),
    413: ("Too much was sent", "Send a smaller file."),
}


def install(app: FastAPI) -> None:
    """Let every error of the app be answered from here."""
    app.add_exception_handler(CoachscoreError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: CoachscoreError) -> HTTPStatus:
    """The status that an error is answered with."""
    found = (status for kind, status in _STATUS.items() if isinstance(error, kind))
    return next(found, HTTPStatus.BAD_REQUEST)


def answer(request: Request, status: int, title: str, message: str, **more: Any) -> Response:
    """The one shape of every error.

    Args:
        request: What was asked.
        status: HTTP status.
        title: What went wrong, the same for every case.
        message: What was found in this case and what to do about it.
        **more: Further members of the problem document.
    """
    if request.url.path.startswith(_FOR_PROGRAMS):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": message}
        return JSONResponse(problem | more, status, media_type="application/problem+json")
    return page(request, "error.html.j2", status=status, title=title, message=message)


async def _known(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, CoachscoreError) else CoachscoreError(str(error))
    status = status_of(known)
    asks_for_page = request.method == "GET" and not request.url.path.startswith(_FOR_PROGRAMS)
    if status == HTTPStatus.UNAUTHORIZED and asks_for_page:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = request.url_for("sign_in").include_query_params(next=here)
        return RedirectResponse(f"{back.path}?{back.query}", HTTPStatus.SEE_OTHER)
    response = answer(request, status, known.title, known.message)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = getattr(known, "retry_after", int(WINDOW.total_seconds()))
        response.headers["Retry-After"] = str(seconds)
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    # An id that is none is an address of nothing, like an id of nothing.
    if any(one["loc"][0] == "path" for one in found):
        return answer(request, 404, *_SAID[404])
    errors = [{"at": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in found]
    message = "; ".join(f"{one['at'].split('.', 1)[-1]}: {one['message']}" for one in errors)
    return answer(request, 422, "Something is missing or wrong", message, errors=errors)


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(getattr(error, "detail", ""))
    title, message = _SAID.get(status, (HTTPStatus(status).phrase, detail))
    response = answer(request, status, title, message)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


async def _unexpected(request: Request, _: Exception) -> Response:
    title = "Something went wrong on our side"
    response = answer(request, 500, title, "It has been noted. Try again in a moment.")
    # This one is answered outside of the middleware that adds them elsewhere.
    add_headers(response.headers, request.app.state.secure, private=True)
    response.headers["X-Request-ID"] = request.state.request_id
    return response
