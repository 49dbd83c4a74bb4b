"""Uploading meetings with a form: one or more files of one conversation partner."""

from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Served, Signed
from api.pages import page
from models.errors import CoachscoreError
from models.labels import Kind
from pipeline.meetings.meetings import Meeting
from pipeline.service import Service
from pipeline.storage.folder import drop
from pipeline.storage.storage import StorageError
from pipeline.uploads.resuming import unfinished
from pipeline.uploads.uploads import (
    MeetingDetails,
    UploadError,
    clean_file_name,
    receive,
    register,
)

PATH: Final = "/upload"
router = APIRouter(prefix=PATH, include_in_schema=False)


@router.get("")
def upload_form(request: Request, person: Signed, service: Served) -> HTMLResponse:
    """The empty form, and what was broken off."""
    return _page(request, service, unfinished=unfinished(service, person.id))


@router.post("")
def upload(
    request: Request,
    person: Signed,
    service: Served,
    files: list[UploadFile],
    coachee: Annotated[str, Form(min_length=1, max_length=200, pattern=r"\S")],
    held_at: Annotated[datetime, Form()],
    consent: Annotated[bool, Form()] = False,
    utc_offset: Annotated[int, Form(ge=-840, le=840)] = 0,
    kind: Annotated[Kind | None, Form()] = None,
) -> Response:
    """Take files one by one; one that cannot be used does not stop the others.

    `held_at` is the sender's own clock, `utc_offset` how many minutes it is ahead of UTC.
    """
    entered = {"coachee": coachee, "held_at": f"{held_at:%Y-%m-%dT%H:%M}", "kind": kind or ""}
    if not consent:
        said = UploadError("Confirm that everybody in the conversation agreed to it.")
        return _page(request, service, entered=entered, problems=[("Not uploaded", said)])
    zone = timezone(timedelta(minutes=utc_offset))
    try:
        details = MeetingDetails(
            owner_id=person.id,
            coachee=coachee,
            held_at=held_at.replace(tzinfo=held_at.tzinfo or zone),
            consent_by=f"person:{person.id}",
            kind=kind,
        )
    except UploadError as error:
        return _page(request, service, entered=entered, problems=[("Not uploaded", error)])
    done: list[Meeting] = []
    problems: list[tuple[str, CoachscoreError]] = []
    for file in files:
        try:
            done.append(_take(service, file, details))
        except CoachscoreError as error:
            problems.append((clean_file_name(file.filename or ""), error))
    if problems:
        return _page(request, service, entered=entered, problems=problems, done=done)
    target = f"/meetings/{done[0].id}" if len(done) == 1 else "/"
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def _take(service: Service, file: UploadFile, details: MeetingDetails) -> Meeting:
    received = receive(file.file, file.filename or "file", service.settings)
    try:
        made = register(service, received, details)
    except StorageError:  # Its sender is told, and has it.
        drop(received.path)
        raise
    service.audit.note(details.consent_by, "create", f"meeting:{made.id}")
    return made


def _page(request: Request, service: Service, **more: object) -> HTMLResponse:
    empty = {"coachee": "", "held_at": "", "kind": ""}
    shown = {"entered": empty, "problems": [], "done": [], "unfinished": []} | more
    limits = {
        "most": service.settings.max_upload_mb,
        "hours": service.settings.max_audio_hours,
        "delay": service.settings.vp_delay_hours,
    }
    status = HTTPStatus.BAD_REQUEST if shown["problems"] else HTTPStatus.OK
    return page(request, "upload.html.j2", status=status, **limits, **shown)
