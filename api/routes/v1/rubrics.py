"""Rubrics for programs: read them, add a version, and have meetings scored again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.access import Served, administering
from api.idempotency import OnlyOnce
from api.routes.v1.scores import Reader
from models.conversation import Value
from models.labels import Kind
from pipeline.people.policy import Viewer
from pipeline.queue.rescores import Rescore
from pipeline.rubric_versions import MOST_TEXT
from pipeline.sql import NotStoredError
from scoring.rubric import Rubric

router = APIRouter(tags=["rubrics"])
Writer = Annotated[Viewer, Depends(administering("write:rubrics"))]


class RubricOutput(Value):
    """A version of a rubric."""

    kind: Kind
    version: str = Field(description="Of the common part and of the kind's own part.")
    title: str
    current: bool = Field(description="Whether it scores meetings of its kind now.")
    added_at: datetime | None = Field(description="Null for one that is read from a file.")


class RubricList(Value):
    """Versions kind by kind, the current one first."""

    items: tuple[RubricOutput, ...]


class RubricText(RubricOutput):
    """The current rubric of a kind, as it works and as it is written."""

    rubric: Rubric
    common: str = Field(description="TOML of the part that all kinds share.")
    own: str = Field(description="TOML of the kind's own part.")


class NewRubric(Value):
    """A version to be added; docs/scoring.md says how rubrics are written."""

    own: str = Field(max_length=MOST_TEXT, description="TOML of the kind's own part.")
    common: str | None = Field(
        default=None,
        max_length=MOST_TEXT,
        description="TOML of the part that all kinds share, used for this kind alone; the "
        "current one's if it is not given.",
    )


@router.get("/rubrics")
def list_rubrics(viewer: Reader, service: Served) -> RubricList:
    """Every version of every rubric."""
    items, seen = [], set[Kind]()
    for rubric, added_at in service.rubrics.every():
        items.append(_output(rubric, added_at, current=rubric.kind not in seen))
        seen.add(rubric.kind)
    return RubricList(items=tuple(items))


@router.get("/rubrics/{kind}")
def get_rubric(
    viewer: Reader,
    service: Served,
    kind: Kind,
    version: Annotated[
        str | None, Query(max_length=200, description="The current one if it is not given.")
    ] = None,
) -> RubricText:
    """A rubric: what earns points, and what they weigh."""
    for rubric, added_at in service.rubrics.every():
        if rubric.kind == kind and version in (None, rubric.version):
            common, own = service.rubrics.texts(kind, rubric.version)
            current = rubric == service.rubrics.current(kind)
            shown = _output(rubric, added_at, current=current)
            return RubricText(**shown.model_dump(), rubric=rubric, common=common, own=own)
    raise NotStoredError("The rubric has no such version.")


@router.post("/rubrics/{kind}", status_code=201, response_model=RubricOutput)
def add_rubric(
    viewer: Writer, service: Served, kind: Kind, asked: NewRubric, once: OnlyOnce
) -> Response:
    """Add a version, which scores meetings of its kind from now on; `rescores` does old ones."""

    def make() -> tuple[int, str, None]:
        made, moment = service.rubrics.add(asked.own, asked.common, kind, viewer.actor)
        service.audit.note(viewer.actor, "create", f"rubric:{kind} {made.version}")
        return 201, _output(made, moment, current=True).model_dump_json(), None

    return once.answer(asked.model_dump(), make)


@router.post("/rescores", status_code=202, response_model=Rescore)
def start_rescore(
    viewer: Writer,
    service: Served,
    once: OnlyOnce,
    kind: Annotated[Kind | None, Query(description="Of the meetings; all if not given.")] = None,
) -> Response:
    """Have finished meetings scored again under the rubrics of today, by the workers."""

    def make() -> tuple[int, str, None]:
        made = service.rescores.start(kind, viewer.actor)
        service.audit.note(viewer.actor, "create", f"rescore:{made.id}")
        return 202, made.model_dump_json(), None

    return once.answer({"kind": kind}, make)


@router.get("/rescores/{rescore_id}")
def get_rescore(viewer: Writer, service: Served, rescore_id: UUID) -> Rescore:
    """How far a job got: `left` of `total` are still to be done."""
    return service.rescores.get(rescore_id)


def _output(rubric: Rubric, added_at: datetime | None, *, current: bool) -> RubricOutput:
    return RubricOutput(
        kind=rubric.kind,
        version=rubric.version,
        title=rubric.title,
        current=current,
        added_at=added_at,
    )
