"""One's own voice: enrolled from a recording, looked at, deleted. Nobody else reaches it."""

from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Served, Signed
from api.pages import page
from models.errors import CoachscoreError
from pipeline.people.enrolment import EnrolmentError, enrol, sources
from pipeline.people.people import Person
from pipeline.service import Service
from pipeline.sql import NotStoredError

PATH: Final = "/voice"
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def show(request: Request, person: Signed, service: Served) -> HTMLResponse:
    """Whether it is enrolled, and the form to enrol or delete it."""
    return _page(request, service, person)


@router.post("")
def take(
    request: Request,
    person: Signed,
    service: Served,
    meeting: Annotated[UUID, Form()],
    agreed: Annotated[bool, Form()] = False,
) -> Response:
    """Enrol it from a recording, in place of an earlier one; it takes some seconds."""
    try:
        if not agreed:
            raise EnrolmentError("Confirm that you want your voice to be kept.")
        enrol(service, person.id, meeting)
    except NotStoredError:
        raise
    except CoachscoreError as error:
        return _page(request, service, person, error)
    service.audit.note(f"person:{person.id}", "create", f"voice:{person.id}")
    return RedirectResponse(PATH, HTTPStatus.SEE_OTHER)


@router.post("/delete")
def forget(person: Signed, service: Served) -> Response:
    """Delete it at once."""
    if service.voices.forget(person.id):
        service.database.forget()
        service.audit.note(f"person:{person.id}", "delete", f"voice:{person.id}")
    return RedirectResponse(PATH, HTTPStatus.SEE_OTHER)


def _page(
    request: Request, service: Service, person: Person, error: CoachscoreError | None = None
) -> HTMLResponse:
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    shown = {"voice": service.voices.get(person.id), "sources": sources(service, person.id)}
    return page(request, "voice.html.j2", status=status, error=error, **shown)
