"""People and teams for programs."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field, JsonValue

from api.access import Served, scoped
from api.routes.v1.parameters import After, Limit, page_in_memory
from models.conversation import Value
from pipeline.coaching.coaches import heads, known_people, known_person, team
from pipeline.people.people import Person, PersonRole
from pipeline.people.policy import Viewer
from pipeline.sql import NotStoredError

router = APIRouter(tags=["people"])
Reader = Annotated[Viewer, Depends(scoped("read:people"))]

_MIA: Final[dict[str, JsonValue]] = {
    "id": "0b8e7a52-54a1-4b43-9f0e-6d3f4f1f7d3c",
    "name": "Mia",
    "email": "mia@example.com",
    "role": "manager",
    "reports_to": "7d6f7a0e-2a4c-4d3c-8a0a-4f9a3f2b1c77",
    "disabled": False,
    "created_at": "2026-01-12T08:00:00Z",
}


class PersonOutput(Value):
    """A person and their place in the tree."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MIA]})

    id: UUID
    name: str
    email: str
    role: PersonRole
    reports_to: UUID | None
    disabled: bool
    created_at: datetime


class PeopleList(Value):
    """People in the order in which they were added."""

    items: tuple[PersonOutput, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")


class TeamOutput(Value):
    """Somebody with people below them."""

    id: UUID = Field(description="Of the person at its head.")
    name: str
    reports_to: UUID | None
    direct: int = Field(description="People who report to its head.")
    total: int = Field(description="People below its head at any depth.")


class TeamList(Value):
    """Teams in the order in which their heads were added."""

    items: tuple[TeamOutput, ...]
    next: str | None = Field(description="`cursor` of the next page, null on the last one.")


class MemberOutput(PersonOutput):
    """A person in a team; its head is at depth 0."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MIA | {"depth": 1}]})

    depth: int


class TeamTree(Value):
    """A team as a flat tree: each person comes after the one above."""

    id: UUID
    members: tuple[MemberOutput, ...]


@router.get("/people")
def list_people(
    viewer: Reader,
    service: Served,
    cursor: After,
    limit: Limit = 50,
    role: Annotated[PersonRole | None, Query(description="What they may do.")] = None,
) -> PeopleList:
    """The people whom the caller may know of: all for a token, else oneself and those below."""
    people = [p for p in known_people(service, viewer) if role in (None, p.role)]
    items, following = page_in_memory(people, _place, cursor, limit)
    return PeopleList(items=tuple(_person(person) for person in items), next=following)


@router.get("/people/{person_id}")
def get_person(viewer: Reader, service: Served, person_id: UUID) -> PersonOutput:
    """One person whom the caller may know of."""
    return _person(known_person(service, viewer, person_id))


@router.get("/teams")
def list_teams(viewer: Reader, service: Served, cursor: After, limit: Limit = 50) -> TeamList:
    """Everybody with people below them, as far as the caller may know of them."""
    people = known_people(service, viewer)
    items, following = page_in_memory(heads(people), _place, cursor, limit)
    return TeamList(items=tuple(_team(people, head) for head in items), next=following)


@router.get("/teams/{person_id}")
def get_team(viewer: Reader, service: Served, person_id: UUID) -> TeamTree:
    """The tree under a person, at any depth."""
    head = known_person(service, viewer, person_id)
    members = team(known_people(service, viewer), head)
    if len(members) == 1:
        raise NotStoredError("Nobody reports to this person.")
    shown = (MemberOutput(**_person(m.person).model_dump(), depth=m.depth) for m in members)
    return TeamTree(id=head.id, members=tuple(shown))


def _place(person: Person) -> tuple[datetime, UUID]:
    return person.created_at, person.id


def _person(person: Person) -> PersonOutput:
    return PersonOutput(**person.model_dump())


def _team(people: list[Person], head: Person) -> TeamOutput:
    members = team(people, head)
    return TeamOutput(
        id=head.id,
        name=head.name,
        reports_to=head.reports_to,
        direct=sum(member.depth == 1 for member in members),
        total=len(members) - 1,
    )
