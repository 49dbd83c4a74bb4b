"""Resumable uploads after the tus protocol 1.0: core, creation, expiration, termination.

Servers that one could take from a package keep uploads by id alone, and so give anybody's
to whoever knows it; here each belongs to a person. What tus calls metadata is the form of
the page `upload`, and the answer to the last part names the meeting that came of it.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.access import Served, Signed
from api.errors import answer, status_of
from models.conversation import Value
from models.errors import CoachscoreError
from models.labels import Kind
from pipeline.people.people import Person
from pipeline.service import Service
from pipeline.sql import now
from pipeline.uploads import resuming
from pipeline.uploads.partial_uploads import PartialUpload
from pipeline.uploads.uploads import MeetingDetails, UploadError

_VERSION: Final = "1.0.0"
_BUFFER: Final = 1 << 20  # Bytes that are written at once.
MEETING: Final = "Coachscore-Meeting"


class TusRoute(APIRoute):
    """Adds the protocol's header to every answer, to errors as well."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """What answers a request."""
        handle = super().get_route_handler()

        async def with_header(request: Request) -> Response:
            try:
                response = await handle(request)
            except CoachscoreError as error:
                response = answer(request, status_of(error), error.title, error.message)
            response.headers["Tus-Resumable"] = _VERSION
            return response

        return with_header


async def check_version(person: Signed, tus_resumable: Annotated[str, Header()] = "") -> None:
    """Refuse another version of the protocol, once it is known who asks."""
    if tus_resumable != _VERSION:
        headers = {"Tus-Version": _VERSION, "Tus-Resumable": _VERSION}
        raise HTTPException(412, f"Send Tus-Resumable: {_VERSION}.", headers)


router = APIRouter(prefix="/uploads", include_in_schema=False, route_class=TusRoute)
_SPEAKS_TUS = [Depends(check_version)]


class _Form(Value):
    """What the metadata of an upload says, under the names of the form's fields."""

    filename: str = Field(min_length=1, max_length=1000)
    modified: int = Field(default=0, ge=0, lt=2**53)
    coachee: str = Field(min_length=1, max_length=200, pattern=r"\S")
    held_at: AwareDatetime
    kind: Kind | None = None
    consent: bool = False


@router.options("")
def describe(service: Served) -> Response:
    """What this server can do."""
    able = {
        "Tus-Version": _VERSION,
        "Tus-Extension": "creation,expiration,termination",
        "Tus-Max-Size": str(service.settings.max_upload_mb * 1_000_000),
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=able)


@router.post("", dependencies=_SPEAKS_TUS)
def create(
    person: Signed,
    service: Served,
    upload_length: Annotated[int, Header(ge=0, lt=2**63)],
    upload_metadata: Annotated[str, Header(max_length=8000)] = "",
) -> Response:
    """Announce a file; the answer says where its parts go."""
    form = _form(upload_metadata)
    if not form.consent:
        raise UploadError("Confirm that everybody in the conversation agreed to it.")
    details = _details(person, form)
    made = resuming.start(service, details, form.filename, upload_length, form.modified)
    headers = _state(service, made) | {"Location": f"{router.prefix}/{made.id}"}
    return Response(status_code=HTTPStatus.CREATED, headers=headers)


@router.head("/{upload_id}", dependencies=_SPEAKS_TUS)
def look(person: Signed, service: Served, upload_id: UUID) -> Response:
    """How much has arrived."""
    found = resuming.find(service, person.id, upload_id)
    return Response(headers=_state(service, found) | {"Cache-Control": "no-store"})


@router.patch("/{upload_id}", dependencies=_SPEAKS_TUS)
async def take_part(
    request: Request,
    person: Signed,
    service: Served,
    upload_id: UUID,
    upload_offset: Annotated[int, Header(ge=0, lt=2**63)],
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """Take the next part; with the last one, the file is looked at and becomes a meeting."""
    if content_type != "application/offset+octet-stream":
        raise HTTPException(415, "Send Content-Type: application/offset+octet-stream.")
    upload = await run_in_threadpool(resuming.find, service, person.id, upload_id)
    at = await _receive(request, service, upload, upload_offset)
    upload = await run_in_threadpool(resuming.extend, service, upload)
    if at == upload.file_size:
        meeting_id = await run_in_threadpool(resuming.finish, service, upload)
        upload = upload.model_copy(update={"meeting_id": meeting_id})
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=_state(service, upload))


@router.delete("/{upload_id}", dependencies=_SPEAKS_TUS)
def discard(person: Signed, service: Served, upload_id: UUID) -> Response:
    """Give an upload up; a meeting that was made of it stays."""
    resuming.discard(service, service.partial_uploads.get(person.id, upload_id))
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _receive(request: Request, service: Service, upload: PartialUpload, at: int) -> int:
    """Write a body down as it comes; of one that is cut, what came is kept."""
    waiting = bytearray()

    async def write() -> int:
        part = bytes(waiting)
        waiting.clear()
        return await run_in_threadpool(resuming.append, service.settings, upload, at, part)

    try:
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= _BUFFER:
                at = await write()
    except ClientDisconnect:
        pass  # Its sender comes back and asks how much arrived.
    return await write()


def _state(service: Service, upload: PartialUpload) -> dict[str, str]:
    shown = {
        "Upload-Offset": str(resuming.arrived(service.settings, upload)),
        "Upload-Length": str(upload.file_size),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.meeting_id is not None:
        shown[MEETING] = f"/meetings/{upload.meeting_id}"
    return shown


def _form(metadata: str) -> _Form:
    """Read `Upload-Metadata`: pairs of a name and a value in base64, parted by commas."""
    values: dict[str, Any] = {}
    try:
        for pair in filter(None, metadata.split(",")):
            name, _, coded = pair.strip().partition(" ")
            values[name] = base64.b64decode(coded, validate=True).decode()
        known = {name: values[name] for name in _Form.model_fields if values.get(name)}
        return _Form.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        raise UploadError(f"{first['loc'][0]}: {first['msg']}.") from error
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UploadError("Upload-Metadata takes pairs of a name and base64.") from error


def _details(person: Person, form: _Form) -> MeetingDetails:
    return MeetingDetails(
        owner_id=person.id,
        coachee=form.coachee,
        held_at=form.held_at,
        consent_by=f"person:{person.id}",
        consent_at=now(),
        kind=form.kind,
    )
