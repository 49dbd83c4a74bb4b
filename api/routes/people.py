"""People, for admins: invite, change, disable, import."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Admin, Served
from api.pages import page
from api.signing_in import own_address
from models.errors import CoachscoreError
from pipeline.people.audit import Action
from pipeline.people.people import ROLES, Person, PersonRole
from pipeline.people.people_import import COLUMNS, Imported, import_people
from pipeline.service import Service
from pipeline.sql import NotStoredError

router = APIRouter(prefix="/people", include_in_schema=False)


@router.get("")
def list_people(request: Request, admin: Admin, service: Served) -> HTMLResponse:
    """Everybody, and the forms to add somebody."""
    return _page(request, service)


@router.post("")
def invite(
    request: Request,
    admin: Admin,
    service: Served,
    email: Annotated[str, Form(max_length=254)],
    name: Annotated[str, Form(max_length=200)],
    role: Annotated[PersonRole, Form()],
    reports_to: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Add somebody and show the link by which they set a password, once."""
    try:
        person_id = service.people.add(email, name, role, _above(reports_to))
    except CoachscoreError as error:
        return _page(request, service, error=error)
    service.audit.note(f"person:{admin.id}", "create", f"person:{person_id}")
    return _with_link(request, service, person_id)


@router.post("/import")
def import_csv(request: Request, admin: Admin, service: Served, file: UploadFile) -> HTMLResponse:
    """Add and change people from a CSV file, and say which lines were bad."""
    try:
        imported = import_people(service.people, file.file.read())
    except CoachscoreError as error:
        return _page(request, service, error=error)
    for email in (*imported.added, *imported.changed):
        person = service.people.by_email(email)
        if person is not None:
            action: Action = "create" if email in imported.added else "change"
            service.audit.note(f"person:{admin.id}", action, f"person:{person.id}")
    return _page(request, service, imported=imported)


@router.get("/{person_id}")
def edit(request: Request, admin: Admin, service: Served, person_id: UUID) -> HTMLResponse:
    """The form to change somebody."""
    return _edit_page(request, service, service.people.get(person_id))


@router.post("/{person_id}")
def change(
    request: Request,
    admin: Admin,
    service: Served,
    person_id: UUID,
    name: Annotated[str, Form(max_length=200)],
    role: Annotated[PersonRole, Form()],
    reports_to: Annotated[str, Form()] = "",
) -> Response:
    """Change name, role, or whom somebody reports to."""
    person, above = service.people.get(person_id), _above(reports_to)
    try:
        service.people.change(person_id, name=name, role=role, reports_to=above)
    except CoachscoreError as error:
        return _edit_page(request, service, person, error)
    service.audit.note(f"person:{admin.id}", "change", f"person:{person_id}")
    return RedirectResponse("/people", HTTPStatus.SEE_OTHER)


@router.post("/{person_id}/access")
def set_access(
    request: Request,
    admin: Admin,
    service: Served,
    person_id: UUID,
    disabled: Annotated[bool, Form()],
) -> Response:
    """Keep somebody out, with every session and link ended, or let them in again."""
    person = service.people.get(person_id)
    try:
        service.people.disable(person_id, disabled=disabled)
    except CoachscoreError as error:
        return _edit_page(request, service, person, error)
    if disabled:
        service.credentials.lock_out(person_id)
    service.audit.note(f"person:{admin.id}", "change", f"person:{person_id}")
    return RedirectResponse("/people", HTTPStatus.SEE_OTHER)


@router.post("/{person_id}/unlink")
def unlink(admin: Admin, service: Served, person_id: UUID) -> Response:
    """Forget somebody's account at the OpenID provider, so that another one can be theirs."""
    service.people.get(person_id)
    if service.identities.unlink(person_id):
        service.audit.note(f"person:{admin.id}", "delete", f"identity:{person_id}")
    return RedirectResponse(f"/people/{person_id}", HTTPStatus.SEE_OTHER)


@router.post("/{person_id}/link")
def make_link(request: Request, admin: Admin, service: Served, person_id: UUID) -> HTMLResponse:
    """Show a new link by which somebody sets a password, once."""
    service.people.get(person_id)
    service.audit.note(f"person:{admin.id}", "create", f"link:{person_id}")
    return _with_link(request, service, person_id)


def _with_link(request: Request, service: Service, person_id: UUID) -> HTMLResponse:
    person = service.people.get(person_id)
    key = service.credentials.make_link(person_id, service.settings.link_hours)
    link = f"{own_address(request, service)}/link/{key}"
    return _page(request, service, link=link, invited=person)


def _page(
    request: Request,
    service: Service,
    *,
    error: CoachscoreError | None = None,
    imported: Imported | None = None,
    link: str | None = None,
    invited: Person | None = None,
) -> HTMLResponse:
    everybody = service.people.all()
    return page(
        request,
        "people.html.j2",
        status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
        people=everybody,
        names={person.id: person.name for person in everybody},
        roles=ROLES,
        columns=COLUMNS,
        hours=service.settings.link_hours,
        error=error,
        imported=imported,
        link=link,
        invited=invited,
    )


def _edit_page(
    request: Request, service: Service, person: Person, error: CoachscoreError | None = None
) -> HTMLResponse:
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    below = service.people.under(person.id) | {person.id}
    above = [other for other in service.people.all() if other.id not in below]
    shown = {"person": person, "above": above, "roles": ROLES, "error": error}
    shown |= {"linked_at": service.identities.linked_at(person.id)}
    return page(request, "person.html.j2", status=status, **shown)


def _above(chosen: str) -> UUID | None:
    """The person chosen in a form, None where the first, empty line was."""
    if not chosen:
        return None
    try:
        return UUID(chosen)
    except ValueError as error:
        raise NotStoredError("No such person.") from error
