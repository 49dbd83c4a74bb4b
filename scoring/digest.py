"""What is kept of one conversation for pages over many: minutes by subject, quotes, next steps.

Made once, when the conversation is scored, so that a page over a year of meetings reads a
few short rows and no conversation.
"""

from typing import Final, Literal

import numpy as np

from models.conversation import Utterance, Value
from models.labels import Criterion, Role
from scoring.evidence import worth
from scoring.report_lines import Line, build_lines, find_missed, find_steps
from scoring.score import CriterionScore, ScoredConversation
from scoring.table import Table, build_table

# Goes up when a digest made anew would say something else; older ones are then made again.
DIGEST_VERSION: Final = 2
# An ordinary pace of conversation, to tell minutes where a file has no times.
WORDS_PER_MINUTE: Final = 150.0
Subject = Literal["opportunity", "account", "territory", "call"]
SUBJECTS: Final[tuple[Subject, ...]] = ("opportunity", "account", "territory", "call")

_BEST: Final = 2  # Quotes per criterion.
_MOST: Final = 6  # Entries of a list: enough to choose from, few enough to keep.


class Moment(Value):
    """A sentence worth finding again; `place` is its time or number, `sure` 0 to 1."""

    index: int
    place: str
    speaker: str
    text: str
    why: str
    sure: float


class MissedMoment(Value):
    """A claim that passed unpressed, and what the coach said next."""

    claim: Moment
    answer: str


class AgreedStep(Value):
    """A next step: its words, whose it is to take, and whether a day is named."""

    index: int
    place: str
    speaker: str
    role: Role
    text: str
    dated: bool


class CriterionDigest(Value):
    """One criterion: points, what it weighs, and what to try; `index` is the sentence meant."""

    name: Criterion
    title: str
    score: float
    weight: float
    advice: str
    index: int | None


class Details(Value):
    """The parts of a digest that are read for one person at a time."""

    criteria: tuple[CriterionDigest, ...] = ()
    best: tuple[Moment, ...] = ()
    missed: tuple[MissedMoment, ...] = ()
    steps: tuple[AgreedStep, ...] = ()
    follow_ups: tuple[str, ...] = ()


class Amounts(Value):
    """Minutes of one conversation, by what the coach's sentences are about.

    Attributes:
        minutes: Length.
        timed: Whether the file has times; else minutes are words at `WORDS_PER_MINUTE`.
        deal: On the state of a deal.
        development: On how the coachee works.
        opportunity: On pursuing one opportunity.
        account: On an account.
        territory: On the territory.
        call: On planning, doing or debriefing a customer conversation.
    """

    minutes: float
    timed: bool
    deal: float
    development: float
    opportunity: float
    account: float
    territory: float
    call: float


class Digest(Value):
    """One conversation in short."""

    amounts: Amounts
    details: Details


def digest_of(scored: ScoredConversation) -> Digest:
    """The digest of a scored conversation, the same one for the same input.

    Without enough evidence for a score there are minutes and next steps, but no quotes and
    no advice, as in its report.
    """
    table, lines = build_table(scored.tagged), build_lines(scored)
    enough = scored.score.overall is not None
    return Digest(
        amounts=_amounts(scored.tagged.conversation.utterances, table),
        details=Details(
            criteria=tuple(map(_criterion, scored.score.criteria)) if enough else (),
            best=_best(scored, lines) if enough else (),
            missed=_missed(scored, lines) if enough else (),
            steps=_steps(table, lines),
            follow_ups=tuple(
                line.text for line, flag in zip(lines, table["mark_follow_up"], strict=True) if flag
            ),
        ),
    )


def _amounts(utterances: tuple[Utterance, ...], table: Table) -> Amounts:
    spans = [(u.start, u.end) for u in utterances]
    known = [(start, end) for start, end in spans if start is not None and end is not None]
    timed = bool(known) and len(known) == len(spans)
    if timed:
        each = np.array([max(end - start, 0.0) / 60 for start, end in known])
        whole = max(end for _, end in known) / 60
    else:
        each = table.words / WORDS_PER_MINUTE
        whole = float(each.sum())

    def minutes(flag: str) -> float:
        return round(float((each * table[flag] * table.coach).sum()), 3)

    return Amounts(
        minutes=round(whole, 2),
        timed=timed,
        deal=minutes("deal"),
        development=minutes("development"),
        **{subject: minutes(subject) for subject in SUBJECTS},
    )


def _criterion(found: CriterionScore) -> CriterionDigest:
    return CriterionDigest(
        name=found.name,
        title=found.title,
        score=found.score,
        weight=found.weight,
        advice=found.advice.text,
        index=found.advice.index,
    )


def _best(scored: ScoredConversation, lines: tuple[Line, ...]) -> tuple[Moment, ...]:
    """What earned points: of every criterion the surest first, sentences of some length."""
    chosen: dict[int, Moment] = {}
    for criterion in scored.score.criteria:
        earned = [
            _moment(lines[e.index], e.why, e.p) for e in criterion.evidence if e.effect == "earns"
        ]
        for moment in sorted(earned, key=_worth, reverse=True)[:_BEST]:
            chosen.setdefault(moment.index, moment)
    return tuple(sorted(chosen.values(), key=_worth, reverse=True)[:_MOST])


def _worth(moment: Moment) -> float:
    return worth(moment.sure, len(moment.text.split()))


def _missed(scored: ScoredConversation, lines: tuple[Line, ...]) -> tuple[MissedMoment, ...]:
    marks = [tags.marks.p.get("unsupported", 1.0) for tags in scored.tagged.tags]
    found = [
        MissedMoment(
            claim=_moment(m.claims[-1], "claim that passed unpressed", marks[m.claims[-1].index]),
            answer=m.said,
        )
        for m in find_missed(scored.missed_challenges, lines)
    ]
    return tuple(sorted(found, key=lambda one: -_worth(one.claim))[:_MOST])


def _steps(table: Table, lines: tuple[Line, ...]) -> tuple[AgreedStep, ...]:
    return tuple(
        AgreedStep(
            index=step.line.index,
            place=step.line.moment,
            speaker=step.line.speaker,
            role=step.line.role,
            text=step.text,
            dated=step.dated,
        )
        for step in find_steps(table, lines)
    )


def _moment(line: Line, why: str, sure: float) -> Moment:
    return Moment(
        index=line.index,
        place=line.moment,
        speaker=line.speaker,
        text=line.text,
        why=why,
        sure=round(sure, 4),
    )
