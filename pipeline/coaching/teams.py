"""Managers side by side: their figures, and which of them can be told apart at all.

Pure functions. There is no ranking: two managers differ only where the ranges of their
means leave each other out, and it is said of each whom that holds for.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from models.conversation import Value
from models.labels import KINDS, Kind
from pipeline.coaching.coaching import Minutes
from pipeline.coaching.groups import NOTHING, Group, Sums, add_by
from pipeline.coaching.trends import Slope, Summary, overlap
from pipeline.people.people import Person

NAMED: Final = 3  # More names than these are counted.


class Row(Value):
    """One manager, team or kind of meeting.

    Attributes:
        id: The manager or head of the team; None for a kind of meeting.
        name: What it is called.
        summary: Quantity and quality of the meetings.
        slope: Which way the scores go, None below the minimum for it.
        minutes: On deals and development.
        hours: Length of the meetings.
    """

    id: UUID | None
    name: str
    summary: Summary
    slope: Slope | None
    minutes: Minutes
    hours: float


class Compared(Value):
    """A manager beside the others: names of those whose ranges lie clearly below or above.

    `fellows` says how many others have a mean at all.
    """

    row: Row
    above: tuple[str, ...]
    below: tuple[str, ...]
    fellows: int


def row_of(name: str, sums: Sums, own_id: UUID | None = None) -> Row:
    """Some meetings in figures; below the minimum there is no mean."""
    return Row(
        id=own_id,
        name=name,
        summary=sums.tally.summary(),
        slope=sums.tally.slope(),
        minutes=sums.minutes,
        hours=sums.spent.minutes / 60,
    )


def by_person(groups: Iterable[Group], people: Iterable[Person]) -> list[Row]:
    """A row for everybody who coaches, and who has not left without a trace, in their order."""
    own = add_by(groups, lambda group: group.owner_id)
    return [
        row_of(person.name, own.get(person.id, NOTHING), person.id)
        for person in people
        if person.id in own or not person.disabled
    ]


def compare(rows: Sequence[Row]) -> list[Compared]:
    """Each row with those that it can be told apart from, in the order given."""
    return [_compared(row, [other for other in rows if other is not row]) for row in rows]


def _compared(row: Row, others: Sequence[Row]) -> Compared:
    apart = [other for other in others if not overlap(row.summary, other.summary)]
    mean = row.summary.mean or 0.0
    return Compared(
        row=row,
        above=tuple(o.name for o in apart if (o.summary.mean or 0.0) < mean),
        below=tuple(o.name for o in apart if (o.summary.mean or 0.0) > mean),
        fellows=sum(other.summary.mean is not None for other in others),
    )


def in_words(compared: Compared) -> str:
    """What a reader may conclude about one manager, and no more."""
    if compared.row.summary.mean is None:
        return "Too few scored meetings to compare"
    if not compared.fellows:
        return "Nobody to compare with yet"
    parts = []
    if compared.above:
        parts.append(f"higher than {_names(compared.above)}")
    if compared.below:
        parts.append(f"lower than {_names(compared.below)}")
    if not parts:
        return "No clear difference from the others"
    return "Clearly " + ", ".join(parts)


def by_kind(groups: Iterable[Group], words: dict[Kind, str]) -> list[Row]:
    """A row for each kind of meeting that there is."""
    own = add_by(groups, lambda group: group.kind)
    return [row_of(words[kind], own[kind]) for kind in KINDS if kind in own]


def by_team(groups: Iterable[Group], people: Iterable[Person]) -> list[Row]:
    """A row for each head of a team, over those who report to them directly, by name."""
    known = list(people)
    names = {person.id: person.name for person in known}
    above = {person.id: person.reports_to for person in known if person.reports_to in names}
    teams = add_by(groups, lambda group: above.get(group.owner_id))
    rows = [row_of(names[head], sums, head) for head, sums in teams.items()]
    return sorted(rows, key=lambda row: row.name.casefold())


def _names(names: tuple[str, ...]) -> str:
    shown = list(names) if len(names) <= NAMED else [*names[: NAMED - 1]]
    rest = len(names) - len(shown)
    shown += [f"{rest} more"] if rest else []
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
