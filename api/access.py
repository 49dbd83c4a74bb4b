"""Who asks, and what a route needs of them: each is one annotated parameter of the route.

`Asking` is anybody, `Signed` a person, `Admin` one who administers, `scoped(…)` a person or a
token that goes that far, and `SeenMeeting` the meeting in the path if they may see it. What
is not theirs is answered like what is not there. The rules themselves are in
`pipeline.people.policy`.

What asks no database is `async` although it awaits nothing: it is then run where it stands,
while anything else waits for a thread of its own.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response

from api.errors import ScopeError, SignInNeededError
from pipeline.meetings.meetings import Meeting, MeetingView
from pipeline.people.credentials import Scope
from pipeline.people.people import Person
from pipeline.people.policy import Viewer
from pipeline.service import Service
from pipeline.sql import NotStoredError

_COOKIE: Final = "coachscore"


async def get_service(request: Request) -> Service:
    """The service that the app was made with."""
    found: Service = request.app.state.service
    return found


Served = Annotated[Service, Depends(get_service)]


def get_viewer(request: Request, service: Served) -> Viewer:
    """Who asks: the owner of a bearer token, or else of a session's cookie, or nobody."""
    viewer = _viewer(request, service)
    request.state.viewer = viewer  # For the head of the page, on pages of errors as well.
    return viewer


def _viewer(request: Request, service: Service) -> Viewer:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return service.viewer(token=service.credentials.token(token.strip()))
    key = session_key(request)
    return service.viewer(service.credentials.session_person(key) if key else None)


Asking = Annotated[Viewer, Depends(get_viewer)]


async def get_person(viewer: Asking) -> Person:
    """A person who is signed in; pages are for people.

    Raises:
        SignInNeededError: Nobody is.
    """
    if viewer.person is None:
        raise SignInNeededError("This page is for people who are signed in.")
    return viewer.person


Signed = Annotated[Person, Depends(get_person)]


async def get_admin(viewer: Asking, person: Signed) -> Person:
    """A person who administers.

    Raises:
        NotStoredError: They do not; nobody else learns what there is.
    """
    if not viewer.administers:
        raise NotStoredError("The address may be wrong, or what was here is gone.")
    return person


Admin = Annotated[Person, Depends(get_admin)]


def scoped(scope: Scope) -> Callable[[Viewer], Awaitable[Viewer]]:
    """For routes of the API: a person, or a token with that scope."""

    async def check(viewer: Asking) -> Viewer:
        if viewer.person is None and viewer.token is None:
            raise SignInNeededError("Send a valid token as “Authorization: Bearer …”.")
        if not viewer.has(scope):
            raise ScopeError(f"It has no scope {scope}. An admin can make one that has.")
        return viewer

    return check


def administering(scope: Scope) -> Callable[[Viewer], Awaitable[Viewer]]:
    """For routes of the API about the whole organisation: an admin, or a token with that scope."""

    async def check(viewer: Annotated[Viewer, Depends(scoped(scope))]) -> Viewer:
        if viewer.person is not None and not viewer.administers:
            raise NotStoredError("The address may be wrong, or what was here is gone.")
        return viewer

    return check


def get_meeting(request: Request, meeting_id: UUID, viewer: Asking, service: Served) -> MeetingView:
    """The meeting in the path; that it was looked at goes to the audit log.

    Raises:
        NotStoredError: There is none, or it is not theirs to see.
    """
    found = service.meetings.seen(viewer.reach, meeting_id)
    # Before it is done there is nothing to see, and a page asks often; and of a recording
    # that is heard, a browser asks for many parts.
    part = request.headers.get("range", "bytes=0-")
    if found.status == "done" and part.startswith("bytes=0-"):
        service.audit.note(viewer.actor, "see", f"meeting:{meeting_id}")
    return found


SeenMeeting = Annotated[MeetingView, Depends(get_meeting)]


async def get_own_meeting(viewer: Asking, found: SeenMeeting) -> MeetingView:
    """The meeting in the path, for its owner.

    Raises:
        NotStoredError: It is somebody else's, even if they may see it.
    """
    if not viewer.owns(found.meeting.owner_id):
        raise NotStoredError("No such meeting.")
    return found


OwnMeeting = Annotated[MeetingView, Depends(get_own_meeting)]


def get_deletable(meeting_id: UUID, viewer: Asking, service: Served) -> Meeting:
    """The meeting in the path, for its owner and for an admin, who need not see it.

    Raises:
        NotStoredError: There is none, or it is not theirs to delete.
    """
    found = service.meetings.get(meeting_id)
    if not viewer.may_delete(found.owner_id):
        raise NotStoredError("No such meeting.")
    return found


DeletableMeeting = Annotated[Meeting, Depends(get_deletable)]


def session_key(request: Request) -> str | None:
    """What the session's cookie holds."""
    return request.cookies.get(_cookie_name(request))


def set_session(request: Request, response: Response, key: str) -> None:
    """Give the browser its session; the database knows when it ends."""
    response.set_cookie(
        _cookie_name(request),
        key,
        httponly=True,
        samesite="lax",
        secure=request.app.state.secure,
        path="/",
    )


def clear_session(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(_cookie_name(request), path="/", secure=request.app.state.secure)


def _cookie_name(request: Request) -> str:
    # Browsers take a cookie of this prefix only over TLS, from this very host.
    return f"__Host-{_COOKIE}" if request.app.state.secure else _COOKIE
