"""People who coach, with the scores of their meetings as somebody may see them."""

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from models.conversation import Value
from pipeline.coaching.groups import NOTHING, add_by
from pipeline.coaching.trends import Summary
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.people.people import Person
from pipeline.people.policy import Viewer
from pipeline.sql import NotStoredError

if TYPE_CHECKING:
    from pipeline.service import Service


class Coach(Value):
    """A person who coaches, and their meetings in figures."""

    person: Person
    summary: Summary


class Member(Value):
    """A person in a team; `depth` counts levels below its head, who is at 0."""

    person: Person
    depth: int


def known_people(service: "Service", viewer: Viewer) -> list[Person]:
    """Everybody whom somebody may know of, in the order in which they were added."""
    knows = viewer.knows
    people = [p for p in service.people.all() if knows is None or p.id in knows]
    return sorted(people, key=lambda person: (person.created_at, person.id))


def known_person(service: "Service", viewer: Viewer, person_id: UUID) -> Person:
    """A person whom somebody may know of.

    Raises:
        NotStoredError: There is none, or not for them; nobody can tell which.
    """
    if viewer.knows is not None and person_id not in viewer.knows:
        raise NotStoredError("No such person.")
    return service.people.get(person_id)


def coaches(service: "Service", viewer: Viewer, wanted: MeetingFilter) -> list[Coach]:
    """Managers and VPs, and whoever else has meetings, in the order of `known_people`."""
    own = add_by(service.groups.all(viewer.reach, wanted), lambda group: group.owner_id)
    return [
        Coach(person=person, summary=own.get(person.id, NOTHING).tally.summary())
        for person in known_people(service, viewer)
        if (wanted.owners is None or person.id in wanted.owners)
        and (person.id in own or (person.role != "admin" and not person.disabled))
    ]


def team(people: list[Person], head: Person) -> list[Member]:
    """A person and everybody below, each after the one above, as far as `people` goes."""
    below: dict[UUID | None, list[Person]] = defaultdict(list)
    for person in people:
        below[person.reports_to].append(person)
    found, seen = list[Member](), set[UUID]()
    waiting = [Member(person=head, depth=0)]
    while waiting:
        member = waiting.pop()
        if member.person.id in seen:  # A circle, which only a hand in the database can make.
            continue
        seen.add(member.person.id)
        found.append(member)
        own = reversed(below[member.person.id])
        waiting += [Member(person=person, depth=member.depth + 1) for person in own]
    return found


def heads(people: list[Person]) -> list[Person]:
    """Those who have somebody below them."""
    above = {person.reports_to for person in people}
    return [person for person in people if person.id in above]
