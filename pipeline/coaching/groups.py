"""Meetings added up by who coached and by kind: what a page over many people is made of.

The database adds up, so that a year of an organisation is read in no more rows than a week.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import CTE, Double, Row, case, cast, extract, func, select

from models.labels import Kind
from pipeline.coaching.coaching import Minutes
from pipeline.coaching.digests import CoachedMeeting, digested
from pipeline.coaching.trends import ORIGIN, Tally, tally
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.people.policy import Reach
from pipeline.service_tables import MeetingRow
from pipeline.sql import Database
from pipeline.tables import DigestRow, ScoreRow
from scoring.digest import SUBJECTS, Amounts

K = TypeVar("K", bound=Hashable)

_SECONDS: Final = cast(extract("epoch", MeetingRow.held_at), Double)
_DAY: Final = (_SECONDS - ORIGIN.timestamp()) / 86_400


class Spent(NamedTuple):
    """Minutes of several meetings, by what the coach's sentences are about, and altogether.

    The fields are those of `scoring.digest.Amounts`; `untimed` counts files without times.
    """

    deal: float = 0.0
    development: float = 0.0
    opportunity: float = 0.0
    account: float = 0.0
    territory: float = 0.0
    call: float = 0.0
    minutes: float = 0.0
    untimed: int = 0


_MINUTES: Final = tuple(name for name in Spent._fields if name != "untimed")


class Sums(NamedTuple):
    """Several meetings added up: their scores and their minutes."""

    tally: Tally
    spent: Spent

    @property
    def minutes(self) -> Minutes:
        """By subject."""
        return Minutes(
            deal=self.spent.deal,
            development=self.spent.development,
            subjects={name: getattr(self.spent, name) for name in SUBJECTS},
            timed=not self.spent.untimed,
        )


NOTHING: Final = Sums(Tally(), Spent())


class Group(NamedTuple):
    """What one person's meetings of one kind add up to."""

    owner_id: UUID
    kind: Kind
    sums: Sums


class Groups:
    """Sums over meetings as somebody may see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, reach: Reach, wanted: MeetingFilter) -> list[Group]:
        """A group for each person and kind that has finished meetings."""
        each = digested(select(*_EACH), reach, wanted).cte("each").prefix_with("MATERIALIZED")
        asked = select(each.c.owner_id, each.c.kind, *_sums(each))
        return [_group(row) for row in self._database.all(asked.group_by("owner_id", "kind"))]


def sums_of(meetings: Sequence[CoachedMeeting]) -> Sums:
    """Add meetings up."""
    spent = [_spent(m.amounts) for m in meetings if m.amounts is not None]
    return Sums(tally(meetings), Spent(*_by_field(spent)))


def add(several: Iterable[Sums]) -> Sums:
    """The sums of all the meetings of several sums."""
    known = list(several)
    tallies, spent = (one.tally for one in known), (one.spent for one in known)
    return Sums(Tally(*_by_field(tallies)), Spent(*_by_field(spent)))


def add_by(groups: Iterable[Group], key: Callable[[Group], K | None]) -> dict[K, Sums]:
    """The sums of the groups that share a key; a group without one is left out."""
    each: dict[K, list[Sums]] = defaultdict(list)
    for group in groups:
        if (own := key(group)) is not None:
            each[own].append(group.sums)
    return {own: add(some) for own, some in each.items()}


def _by_field(rows: Iterable[Iterable[float]]) -> Iterable[Any]:
    return map(sum, zip(*rows, strict=True))


def _spent(amounts: Amounts) -> Spent:
    return Spent(**amounts.model_dump(exclude={"timed"}), untimed=not amounts.timed)


# What is added up of a meeting; SQLite would read the moment three times, were it not kept.
_EACH: Final[tuple[Any, ...]] = (
    MeetingRow.owner_id,
    ScoreRow.kind,
    ScoreRow.overall.label("score"),
    (ScoreRow.high - ScoreRow.low).label("width"),
    case((ScoreRow.overall.is_not(None), _DAY)).label("day"),
    case((DigestRow.timed.is_(False), 1)).label("untimed"),
    *(getattr(DigestRow, name) for name in _MINUTES),
)


def _sums(each: CTE) -> list[Any]:
    """What the database adds up, as `sums_of` does for values: a `Tally`, then `Spent`."""
    score, width, day = each.c.score, each.c.width, each.c.day
    counted = {
        "meetings": func.count(),
        "scored": func.count(score),
        "ranged": func.count(width),
        "untimed": func.count(each.c.untimed),
    }
    summed = {
        "scores": score,
        "squares": score * score,
        "widths": width * width,
        "days": day,
        "days_squared": day * day,
        "products": day * score,
        **{name: each.c[name] for name in _MINUTES},
    }
    added = counted | {name: func.coalesce(func.sum(what), 0.0) for name, what in summed.items()}
    return [added[name].label(name) for name in (*Tally._fields, *Spent._fields)]


def _group(row: Row[Any]) -> Group:
    owner, kind, *added = tuple(row)
    spent = added[len(Tally._fields) :]
    return Group(owner, kind, Sums(Tally(*added[: len(Tally._fields)]), Spent(*spent)))
