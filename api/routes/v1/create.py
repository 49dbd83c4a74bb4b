"""Making a meeting from a file, by a program."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile

from api.access import Served, scoped
from api.errors import ScopeError
from api.idempotency import Made, OnlyOnce
from api.routes.v1.meetings import MeetingOutput, to_output
from api.routes.v1.parameters import Moment
from models.labels import Kind
from pipeline.people.policy import Reach, Viewer
from pipeline.service import Service
from pipeline.storage.folder import drop
from pipeline.storage.storage import StorageError
from pipeline.uploads.uploads import (
    MeetingDetails,
    Received,
    UploadError,
    receive,
    register,
)

PATH: Final = "/api/v1/meetings"
router = APIRouter(prefix="/meetings", tags=["meetings"])
Writer = Annotated[Viewer, Depends(scoped("write:meetings"))]
# Something that can be read, and nothing that a database cannot keep.
_LINE: Final = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
_TITLE: Final = r"^[^\x00-\x1f\x7f]*$"


@router.post(
    "",
    status_code=201,
    response_model=MeetingOutput,
    responses={200: {"model": MeetingOutput, "description": "The file was there already."}},
)
def create_meeting(
    viewer: Writer,
    service: Served,
    once: OnlyOnce,
    file: Annotated[UploadFile, File(description="A transcript or a recording.")],
    coachee: Annotated[
        str, Form(min_length=1, max_length=200, pattern=_LINE, description="With whom it was.")
    ],
    held_at: Annotated[Moment, Form(description="When it took place.")],
    consent: Annotated[
        bool, Form(description="Whether everybody in the conversation agreed to it; must be true.")
    ],
    kind: Annotated[Kind | None, Form(description="Told from the text if it is not given.")] = None,
    title: Annotated[
        str,
        Form(
            max_length=200, pattern=_TITLE, description="Made of kind and coachee if it is empty."
        ),
    ] = "",
    owner: Annotated[
        UUID | None,
        Form(description="The person who coaches in it. Persons upload their own; a token says."),
    ] = None,
) -> Response:
    """Take a meeting; a worker analyses it. The same file again is the same meeting."""
    if not consent:
        raise UploadError("Confirm that everybody in the conversation agreed to it.")
    details = MeetingDetails(
        owner_id=_owner(viewer, service, owner),
        coachee=coachee,
        held_at=held_at,
        consent_by=viewer.actor,
        title=title,
        kind=kind,
    )
    received = receive(file.file, file.filename or "file", service.settings)
    used = False

    def make() -> Made:
        nonlocal used
        used = True
        try:
            return _make(service, received, details)
        except StorageError:
            used = False
            raise

    try:
        return once.answer(details.model_dump(mode="json") | {"sha256": received.sha256}, make)
    finally:
        if not used:
            drop(received.path)


def _make(service: Service, received: Received, details: MeetingDetails) -> Made:
    made = register(service, received, details)
    service.audit.note(details.consent_by, "create", f"meeting:{made.id}")
    # A token may see it only later, but may well know what it made.
    view = service.meetings.seen(Reach(own=made.owner_id), made.id)
    new = made.path == service.files.location(received.path)
    return 201 if new else 200, to_output(view).model_dump_json(), made.id


def _owner(viewer: Viewer, service: Service, owner: UUID | None) -> UUID:
    """Whose meeting it becomes: a person's own, or for a token whom it names."""
    if viewer.person is not None:
        if owner not in (None, viewer.person.id):
            raise ScopeError("People upload their own meetings. Leave `owner` out.")
        return viewer.person.id
    if owner is None:
        raise UploadError("A token has no meetings of its own. Say in `owner` who coaches.")
    return service.people.get(owner).id
