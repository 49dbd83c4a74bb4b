"""How somebody coaches over several meetings: how much, on what, with whom, and what next.

Pure functions of digested meetings, oldest first; "now" is given. Scores and their trend are
in `pipeline.coaching.trends`. Quantity and quality stay two figures and are never made one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Final, TypeVar
from uuid import UUID

from models.conversation import Value
from models.labels import Kind
from pipeline.coaching.digests import CoachedMeeting
from scoring.digest import (
    AgreedStep,
    CriterionDigest,
    Details,
    MissedMoment,
    Moment,
    Subject,
)
from scoring.score import first_to_try

M = TypeVar("M", bound=Value)

# The literature's standard: an hour a week for each rep, planned, one to one.
STANDARD_MINUTES: Final = 60.0
ONE_TO_ONE: Final[Kind] = "one_on_one"
# Of a VP's time, for coaching managers.
VP_STANDARD: Final = 0.6
# Fewer minutes on either say nothing of how somebody spends their meetings.
MINIMUM_MINUTES: Final = 5.0
# Advice follows the latest meetings, so that it changes when the coaching does.
RECENT: Final = 4

_SHARED_WORDS: Final = 2
_WORD: Final = re.compile(r"[a-z']{4,}")
_COMMON: Final = frozenset({
    "about", "after", "again", "also", "been", "before", "call", "could", "does", "don't", "done",
    "friday", "from", "going", "have", "i'll", "just", "know", "last", "let's", "like", "make",
    "meeting", "monday", "more", "much", "need", "next", "okay", "really", "right", "said",
    "same", "send", "should", "some", "still", "sure", "take", "talk", "that", "that's", "them",
    "then", "there", "these", "they", "thing", "think", "this", "thursday", "time", "today",
    "tomorrow", "tuesday", "want", "we'll", "wednesday", "week", "well", "were", "what", "when",
    "where", "which", "will", "with", "would", "yeah", "you'll", "your",
})  # fmt: skip


class Minutes(Value):
    """What the coach's sentences were about, in minutes.

    Attributes:
        deal: On the state of deals.
        development: On how the coachee works.
        subjects: On each of the four activities.
        timed: Whether all files had times; else some minutes are told from words.
    """

    deal: float
    development: float
    subjects: dict[Subject, float]
    timed: bool

    @property
    def deal_share(self) -> float | None:
        """Share on deals, 0 to 1, None where too little was said on either."""
        both = self.deal + self.development
        return self.deal / both if both >= MINIMUM_MINUTES else None


class Cadence(Value):
    """How often and how long one coachee was met.

    Attributes:
        coachee: Name as first written.
        meetings: All of them.
        one_to_one: One-on-ones among them.
        weeks: How many weeks are looked at.
        weeks_met: Weeks with a one-on-one.
        minutes_a_week: Of one-on-ones, over all weeks.
        other_minutes: In all other meetings together.
        last: Day of the latest meeting.
        longest_gap: Most days without a one-on-one, to the end; None where there was none.
        timed: Whether all files had times.
    """

    coachee: str
    meetings: int
    one_to_one: int
    weeks: int
    weeks_met: int
    minutes_a_week: float
    other_minutes: float
    last: date
    longest_gap: int | None
    timed: bool

    @property
    def of_standard(self) -> float:
        """Share of the standard's minutes, 1 where it is met."""
        return self.minutes_a_week / STANDARD_MINUTES


class OpenStep(Value):
    """A next step to which no later meeting with the same person came back."""

    meeting_id: UUID
    coachee: str
    agreed: date
    step: AgreedStep


class Steps(Value):
    """Next steps that are open, newest first, and to how many a later meeting came back."""

    open: tuple[OpenStep, ...]
    followed: int

    def newest(self, most: int) -> tuple[OpenStep, ...]:
        """Of each person in turn the newest, so that one long meeting does not crowd the rest."""
        by_person: dict[str, list[OpenStep]] = defaultdict(list)
        for step in self.open:
            by_person[step.coachee.casefold()].append(step)
        return tuple(_in_turn(list(by_person.values()), most))


class Best(Value):
    """A moment that earned points, and its meeting."""

    meeting: CoachedMeeting
    moment: Moment


class MissedBest(Value):
    """A claim that passed unpressed, and its meeting."""

    meeting: CoachedMeeting
    moment: MissedMoment


class Try(Value):
    """One thing to try: the advice, its criterion, and the sentence that it refers to."""

    title: str
    mean: float
    meetings: int
    text: str
    meeting_id: UUID
    index: int | None


def minutes_together(meetings: Iterable[CoachedMeeting]) -> float:
    """Length of all meetings."""
    return sum(m.amounts.minutes for m in meetings if m.amounts is not None)


def cadences(meetings: Sequence[CoachedMeeting], since: datetime, until: datetime) -> list[Cadence]:
    """How each coachee was met between two moments, by name.

    Names that differ in case or blanks alone are one person.
    """
    by_name: dict[str, list[CoachedMeeting]] = defaultdict(list)
    for meeting in meetings:
        by_name[" ".join(meeting.coachee.casefold().split())].append(meeting)
    weeks = max(round((until - since) / timedelta(weeks=1)), 1)
    return [_cadence(by_name[name], weeks, since, until) for name in sorted(by_name)]


def _cadence(
    meetings: Sequence[CoachedMeeting], weeks: int, since: datetime, until: datetime
) -> Cadence:
    own = [m for m in meetings if m.kind == ONE_TO_ONE]
    other = [m for m in meetings if m.kind != ONE_TO_ONE]
    moments = [since, *(m.held_at for m in own), until]
    gaps = [(b - a).days for a, b in pairwise(moments)]
    return Cadence(
        coachee=meetings[0].coachee,
        meetings=len(meetings),
        one_to_one=len(own),
        weeks=weeks,
        weeks_met=len({(m.held_at - since) // timedelta(weeks=1) for m in own}),
        minutes_a_week=minutes_together(own) / weeks,
        other_minutes=minutes_together(other),
        last=max(m.held_at for m in meetings).astimezone(UTC).date(),
        longest_gap=max(gaps) if own else None,
        timed=all(m.amounts is None or m.amounts.timed for m in meetings),
    )


def coaching_share(meetings: Iterable[CoachedMeeting], managers: Iterable[str]) -> float | None:
    """Share of the minutes of somebody's own meetings that went into coaching managers.

    A meeting counts that was scored as coaching a coach, or that was with one of the
    managers by name. Time outside of these meetings is not known.

    Returns:
        0 to 1, None where there are no minutes.
    """
    known, names = list(meetings), {" ".join(name.casefold().split()) for name in managers}
    whole = minutes_together(known)
    inside = [
        m
        for m in known
        if m.kind == "coach_the_coach" or " ".join(m.coachee.casefold().split()) in names
    ]
    return minutes_together(inside) / whole if whole else None


def steps_of(meetings: Sequence[CoachedMeeting], details: Mapping[UUID, Details]) -> Steps:
    """Next steps across meetings.

    A later meeting with the same person came back to one where a sentence in it checks or
    reports an agreement and shares two telling words with it. Nobody says which one is
    meant, so this can be wrong both ways, and pages say so.
    """
    found: list[OpenStep] = []
    followed = 0
    later: dict[str, list[frozenset[str]]] = defaultdict(list)
    for meeting in reversed(meetings):
        name, own = meeting.coachee.casefold(), details.get(meeting.meeting_id, Details())
        for step in own.steps:
            words = _telling(step.text)
            if any(len(words & other) >= _SHARED_WORDS for other in later[name]):
                followed += 1
            else:
                found.append(_open(meeting, step))
        later[name] += [_telling(text) for text in own.follow_ups]
    return Steps(open=tuple(found), followed=followed)


def _open(meeting: CoachedMeeting, step: AgreedStep) -> OpenStep:
    return OpenStep(
        meeting_id=meeting.meeting_id,
        coachee=meeting.coachee,
        agreed=meeting.held_at.astimezone(UTC).date(),
        step=step,
    )


def _telling(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - _COMMON


def best_of(
    meetings: Sequence[CoachedMeeting], details: Mapping[UUID, Details], most: int
) -> tuple[Best, ...]:
    """Moments that earned points: of each meeting in turn the best, from the newest on."""
    ranked = [
        [Best(meeting=m, moment=one) for one in details.get(m.meeting_id, Details()).best]
        for m in reversed(meetings)
    ]
    return tuple(_in_turn(ranked, most))


def missed_of(
    meetings: Sequence[CoachedMeeting], details: Mapping[UUID, Details], most: int
) -> tuple[MissedBest, ...]:
    """Claims that passed unpressed: of each meeting in turn the surest, from the newest on."""
    ranked = [
        [MissedBest(meeting=m, moment=one) for one in details.get(m.meeting_id, Details()).missed]
        for m in reversed(meetings)
    ]
    return tuple(_in_turn(ranked, most))


def _in_turn(ranked: Sequence[Sequence[M]], most: int) -> list[M]:
    deepest = max(map(len, ranked), default=0)
    mixed = [own[place] for place in range(deepest) for own in ranked if place < len(own)]
    return mixed[:most]


def to_try(meetings: Sequence[CoachedMeeting], details: Mapping[UUID, Details]) -> Try | None:
    """The advice for the criterion to begin with, by the mean of the latest scored meetings.

    Returns:
        None where no meeting has a score.
    """
    told = [(m, details[m.meeting_id]) for m in meetings if m.meeting_id in details]
    recent = [(m, own) for m, own in told if own.criteria][-RECENT:]
    if not recent:
        return None
    # A digest holds all criteria, always in the rubric's order.
    same = zip(*(own.criteria for _, own in recent), strict=True)
    chosen = first_to_try([_mean(each) for each in same])
    return Try(
        title=chosen.title,
        mean=chosen.score,
        meetings=len(recent),
        text=chosen.advice,
        meeting_id=recent[-1][0].meeting_id,
        index=chosen.index,
    )


def _mean(same: Sequence[CriterionDigest]) -> CriterionDigest:
    """One criterion of several meetings, with the advice of the latest."""
    means = {"score": fmean(c.score for c in same), "weight": fmean(c.weight for c in same)}
    return same[-1].model_copy(update=means)
