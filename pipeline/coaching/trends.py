"""A manager's scores over time: means with their intervals, and which way they go.

Pure functions of figures that are stored, so that pages, the API and exports show the same
numbers. Below `MINIMUM_MEETINGS` scored meetings there is no mean: two lucky or unlucky
conversations would pass for a way of working.
"""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final, Literal, NamedTuple
from uuid import UUID

from models.conversation import Value
from models.labels import Kind

MINIMUM_MEETINGS: Final = 3
# A line through fewer points bends with each of them.
MINIMUM_FOR_SLOPE: Final = 5

Period = Literal["week", "month", "quarter"]
Direction = Literal["rising", "falling", "no clear change"]

# Days are counted from here: from 1970 on, their squares would take digits away from the rest.
ORIGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)

_DAY: Final = timedelta(days=1)
# A smaller share of the squares is what adding up in another order makes.
_ONE_MOMENT: Final = 1e-12
_Z90: Final = 1.645
_DAYS: Final = 30.0
# 95 % quantiles of Student's t for 1, 2, … degrees of freedom: 90 % lie within, on both sides.
_T90: Final = (
    6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812,
    1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725,
    1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701, 1.699, 1.697,
)  # fmt: skip


class ScorePoint(Value):
    """One finished meeting; without enough evidence its figures are None.

    Attributes:
        meeting_id: The meeting.
        owner_id: Who coached in it.
        held_at: When it took place, in UTC.
        kind: Kind of meeting that it was scored as.
        verdict: In words.
        overall: 0 to 100.
        low: Lower bound of the 90 % interval.
        high: Upper bound of the 90 % interval.
    """

    meeting_id: UUID
    owner_id: UUID
    held_at: datetime
    kind: Kind
    verdict: str
    overall: float | None
    low: float | None
    high: float | None


class Summary(Value):
    """Several meetings in figures.

    Attributes:
        meetings: How many were finished: the quantity.
        scored: How many of them had enough evidence for a score.
        mean: Mean score, 0 to 100, None below `MINIMUM_MEETINGS` scored ones: the quality.
        low: Lower bound of the mean's 90 % interval.
        high: Upper bound of the mean's 90 % interval.
    """

    meetings: int
    scored: int
    mean: float | None
    low: float | None
    high: float | None


class PeriodSummary(Summary):
    """A summary of one week (from Monday), month or quarter, in UTC.

    Attributes:
        start: First day.
        end: Last day.
    """

    start: date
    end: date


class Slope(Value):
    """How fast scores change.

    Attributes:
        points_per_30_days: Slope of a straight line through the scores.
        low: Lower bound of its 90 % interval.
        high: Upper bound of its 90 % interval.
        direction: Rising or falling only where the interval leaves out zero.
    """

    points_per_30_days: float
    low: float
    high: float
    direction: Direction


class Tally(NamedTuple):
    """Several meetings added up: all that a mean, a slope and their intervals are made from.

    Attributes:
        meetings: How many were finished.
        scored: How many of them had enough evidence for a score.
        scores: Sum of the scores.
        squares: Sum of their squares.
        ranged: How many scores have an interval.
        widths: Sum of the squares of the intervals' widths.
        days: Sum of the moments of those scored, in days since `ORIGIN`.
        days_squared: Sum of their squares.
        products: Sum of moment times score.
    """

    meetings: int = 0
    scored: int = 0
    scores: float = 0.0
    squares: float = 0.0
    ranged: int = 0
    widths: float = 0.0
    days: float = 0.0
    days_squared: float = 0.0
    products: float = 0.0

    def summary(self) -> Summary:
        """Mean of the scores, with a 90 % interval by Student's t.

        Scores scatter at least as much as each of them is uncertain. Where a few lie closer
        together than that by chance, their own uncertainty is taken for the scatter.
        """
        known = {"meetings": self.meetings, "scored": self.scored}
        if self.scored < MINIMUM_MEETINGS:
            return Summary(**known, mean=None, low=None, high=None)
        mean = self.scores / self.scored
        between = max(self.squares - mean * self.scores, 0.0) / (self.scored - 1)
        scatter = max(between, self._own_variance)
        half = _t90(self.scored - 1) * math.sqrt(scatter / self.scored)
        return Summary(
            **known,
            mean=round(mean, 1),
            low=round(max(mean - half, 0.0), 1),
            high=round(min(mean + half, 100.0), 1),
        )

    def slope(self) -> Slope | None:
        """A straight line through the scores by least squares.

        Returns:
            None below `MINIMUM_FOR_SLOPE` scores, or where all are of one moment.
        """
        if self.scored < MINIMUM_FOR_SLOPE:
            return None
        days, scores = self.days / self.scored, self.scores / self.scored
        spread = self.days_squared - days * self.days
        if spread <= _ONE_MOMENT * self.days_squared:
            return None
        shared = self.products - days * self.scores
        rate = shared / spread
        left = max(self.squares - scores * self.scores - rate * shared, 0.0) / (self.scored - 2)
        error = math.sqrt(max(left, self._own_variance) / spread)
        half = _t90(self.scored - 2) * error
        low, high = rate - half, rate + half
        direction: Direction = "rising" if low > 0 else "falling" if high < 0 else "no clear change"
        return Slope(
            points_per_30_days=round(rate * _DAYS, 2),
            low=round(low * _DAYS, 2),
            high=round(high * _DAYS, 2),
            direction=direction,
        )

    @property
    def _own_variance(self) -> float:
        """Mean variance that the scores' own intervals stand for."""
        return self.widths / self.ranged / (2 * _Z90) ** 2 if self.ranged else 0.0


def tally(points: Iterable[ScorePoint]) -> Tally:
    """Add meetings up."""
    known = list(points)
    scored = [((p.held_at - ORIGIN) / _DAY, p.overall) for p in known if p.overall is not None]
    widths = [p.high - p.low for p in known if p.low is not None and p.high is not None]
    return Tally(
        meetings=len(known),
        scored=len(scored),
        scores=sum(score for _, score in scored),
        squares=sum(score**2 for _, score in scored),
        ranged=len(widths),
        widths=sum(width**2 for width in widths),
        days=sum(day for day, _ in scored),
        days_squared=sum(day**2 for day, _ in scored),
        products=sum(day * score for day, score in scored),
    )


def by_period(points: Iterable[ScorePoint], period: Period) -> list[PeriodSummary]:
    """A summary of every period that has a meeting, oldest first."""
    ordered = sorted(points, key=lambda point: point.held_at)
    found = []
    for start, inside in groupby(ordered, key=lambda point: _start(point.held_at, period)):
        end = _next(start, period) - timedelta(days=1)
        summary = tally(inside).summary()
        found.append(PeriodSummary(**summary.model_dump(), start=start, end=end))
    return found


def overlap(one: Summary, other: Summary) -> bool:
    """Whether two summaries cannot be told apart; one without a mean is told from none."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return True
    return one.low <= other.high and other.low <= one.high


def _t90(freedom: int) -> float:
    return _T90[freedom - 1] if freedom <= len(_T90) else _Z90 + 1.6 / freedom


def _start(moment: datetime, period: Period) -> date:
    day = moment.astimezone(UTC).date()
    if period == "week":
        return day - timedelta(days=day.weekday())
    first = day.month if period == "month" else 3 * ((day.month - 1) // 3) + 1
    return day.replace(month=first, day=1)


def _next(start: date, period: Period) -> date:
    if period == "week":
        return start + timedelta(days=7)
    months = start.month + (1 if period == "month" else 3)
    return date(start.year + (months > 12), (months - 1) % 12 + 1, 1)
