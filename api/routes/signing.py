"""Signing in and out, and links that set a password once."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Asking, Served, clear_session, session_key
from api.pages import page
from api.signing_in import address_of, inside, sign_in_page, start
from models.errors import CoachscoreError
from pipeline.people.passwords import LEAST, PasswordError, fits, hash_password
from pipeline.people.people import clean_email, clean_name
from pipeline.service import Service

router = APIRouter(include_in_schema=False)


class SignInError(CoachscoreError):
    """A wrong address or password; which of the two is not said."""

    title = "That did not fit"


@router.get("/sign-in")
def sign_in(request: Request, viewer: Asking, next: str = "/") -> Response:  # noqa: A002
    """The form, or straight on for somebody who is signed in."""
    if viewer.person is not None:
        return RedirectResponse(inside(next), HTTPStatus.SEE_OTHER)
    return sign_in_page(request, next)


@router.post("/sign-in")
def check_sign_in(
    request: Request,
    service: Served,
    email: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Sign in with address and password."""
    address = address_of(request)
    try:
        service.throttle.enter(email, address)
        person_id = _check(service, email, password)
    except SignInError as error:
        return sign_in_page(request, next, email=email, error=error)
    service.throttle.succeeded(email, address)
    return start(request, service, person_id, next)


@router.post("/sign-out")
def sign_out(request: Request, viewer: Asking, service: Served) -> Response:
    """End this browser's session."""
    key = session_key(request)
    if key is not None:
        service.credentials.end_session(key)
        service.audit.note(viewer.actor, "sign out", viewer.actor)
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    clear_session(request, response)
    return response


@router.get("/link/{key}")
def open_link(request: Request, service: Served, key: str) -> HTMLResponse:
    """The form that a one-time link leads to; looking at it does not use the link up."""
    return _link_page(request, service, key)


@router.post("/link/{key}")
def use_link(
    request: Request,
    service: Served,
    key: str,
    password: Annotated[str, Form(max_length=1000)],
    again: Annotated[str, Form(max_length=1000)],
    email: Annotated[str, Form(max_length=254)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Set the password, for the first admin name and address as well, and sign in."""
    try:
        if password != again:
            raise PasswordError("The two passwords differ.")
        person_id = _use_link(service, key, password, email, name)
    except CoachscoreError as error:
        shown = {"error": error, "email": email, "name": name}
        return _link_page(request, service, key, status=HTTPStatus.BAD_REQUEST, **shown)
    return start(request, service, person_id, "/")


def _check(service: Service, email: str, password: str) -> UUID:
    person = service.people.by_email(email)
    known = None if person is None else service.people.password_hash(person.id)
    if not fits(password, known) or person is None or person.disabled:
        thing = "nobody" if person is None else f"person:{person.id}"
        service.audit.note("nobody", "fail to sign in", thing)
        raise SignInError("Check the email address and the password.")
    return person.id


def _use_link(service: Service, key: str, password: str, email: str, name: str) -> UUID:
    """Everything that may be refused is checked before the link is used up."""
    hashed, found = hash_password(password), service.credentials.link(key)
    if found.person_id is None:
        email, name = clean_email(email), clean_name(name)
    person_id = service.credentials.use_link(key).person_id
    if person_id is None:
        person_id = service.people.add(email, name, "admin")
        service.audit.note(f"person:{person_id}", "create", f"person:{person_id}")
    service.credentials.lock_out(person_id)
    service.people.set_password_hash(person_id, hashed)
    service.audit.note(f"person:{person_id}", "change", f"password:{person_id}")
    return person_id


def _link_page(request: Request, service: Service, key: str, **more: object) -> HTMLResponse:
    link = service.credentials.link(key)
    person = None if link.person_id is None else service.people.get(link.person_id)
    status = int(str(more.pop("status", HTTPStatus.OK.value)))
    shown = {"error": None, "email": "", "name": "", "person": person, "least": LEAST} | more
    return page(request, "link.html.j2", status=status, **shown)
