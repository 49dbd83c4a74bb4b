"""Deleting a meeting or a person: each is asked about on a page of its own first."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Admin, Asking, DeletableMeeting, Served, Signed
from api.pages import page
from models.errors import CoachscoreError
from pipeline.meetings.deletion import FileLeftError, delete_meeting, delete_person
from pipeline.service import Service

router = APIRouter(include_in_schema=False)
_MEETING: Final = "/meetings/{meeting_id}/delete"
_PERSON: Final = "/people/{person_id}/delete"


@router.get(_MEETING)
def ask_meeting(
    request: Request, viewer: Asking, person: Signed, meeting: DeletableMeeting, service: Served
) -> HTMLResponse:
    """What will be gone. An admin who does not see the meeting learns only whose it is."""
    seen = viewer.owns(meeting.owner_id)
    owner = service.people.get(meeting.owner_id).name
    return page(request, "delete_meeting.html.j2", meeting=meeting, owner=owner, seen=seen)


@router.post(_MEETING)
def remove_meeting(
    viewer: Asking, person: Signed, meeting: DeletableMeeting, service: Served
) -> Response:
    """Delete it with everything that was made of it."""
    delete_meeting(service, meeting.id, viewer.actor)
    target = "/" if viewer.owns(meeting.owner_id) else "/audit"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


@router.get(_PERSON)
def ask_person(request: Request, admin: Admin, service: Served, person_id: UUID) -> HTMLResponse:
    """What will be gone."""
    return _person_page(request, service, person_id)


@router.post(_PERSON)
def remove_person(request: Request, admin: Admin, service: Served, person_id: UUID) -> Response:
    """Delete somebody with all their meetings."""
    try:
        delete_person(service, person_id, f"person:{admin.id}")
    except FileLeftError:  # The person is gone, and so is this page.
        raise
    except CoachscoreError as error:
        return _person_page(request, service, person_id, error)
    return RedirectResponse("/people", HTTPStatus.SEE_OTHER)


def _person_page(
    request: Request, service: Service, person_id: UUID, error: CoachscoreError | None = None
) -> HTMLResponse:
    found = service.people.get(person_id)
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    meetings = service.meetings.count(person_id)
    shown = {"person": found, "meetings": meetings, "error": error}
    return page(request, "delete_person.html.j2", status=status, **shown)
