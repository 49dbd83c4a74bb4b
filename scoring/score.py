"""The score: is this manager truly coaching, how sure is that, and why."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, TypeVar

import numpy as np
from pydantic import Field

from models.conversation import Provenance, Value
from models.labels import Criterion, Kind
from models.tags import ConversationTags, Tag, TaggedConversation
from scoring.evidence import Evidence, find_evidence
from scoring.metrics import Reading, compute_metrics, missed_and_pressed, read_metrics, values
from scoring.quality import poor_quality
from scoring.resample import REPLICATES, Certainty, replicate
from scoring.rubric import HALVES, CriterionRubric, Measure, Rubric
from scoring.table import Column, Table, build_table, probabilities

Verdict = Literal[
    "truly coaching",
    "partly coaching",
    "little coaching",
    "inspecting deals",
    "telling",
    "not enough evidence",
]

_Z90: Final = 1.645  # Half-width in standard deviations of a 90 % interval.
TRULY: Final = 70.0  # An expert's rating of 3.8 of 5.
PARTLY: Final = 45.0  # An expert's rating of 2.8 of 5.
_HALF: Final = 45.0  # Least inquiry and least development of true coaching.
_FIRST: Final = 60.0  # Below this a half of coaching is worked on before anything else.
_OPEN_END: Final = 30.0  # With less commitment than this a conversation ends in no agreement.
# Least share of the coach's words that is about the work; in the corpus the least is 0.13.
_WORK: Final = 0.1

_SENTENCES: Final[dict[Verdict, str]] = {
    "truly coaching": "A gap in how the work is done is being closed, led by questions.",
    "partly coaching": "Some of it is coaching; the criteria show which part and what is missing.",
    "little coaching": (
        "It is neither led by telling nor about the state of deals, but little in it is coaching "
        "yet. The criteria show what is missing."
    ),
    "inspecting deals": "The talk is about the state of deals, not about how they are sold.",
    "telling": "The coach does the thinking; advice, good or not, meets little dialogue.",
    "not enough evidence": "Too little was said for a score that would mean anything.",
}
# Where the score alone would say true coaching, why it is partly that.
_PARTLY_HIGH: Final = (
    "The score is high, but true coaching takes questions that make somebody think and work on "
    "how it is done, both at once, and “{weak}” earns too little."
)
_PARTLY_TOLD: Final = (
    "The score is high, but the coach leads by telling; true coaching is led by questions."
)
_NOT_AGREED: Final = " It ends without clear next steps, which is what is left to do."


class Point(Value):
    """What one metric brought to a criterion: `earned` of `possible` points.

    Attributes:
        metric: Name in `scoring.metrics.METRICS`.
        value: What was scored.
        part: What was counted for it, None in scores made before 0.5.0.
        whole: Among how many; 0 where there was nothing to judge by, None where the metric
            compares with nothing.
        earned: Points that it brought.
        possible: Points that it could bring.
        better: Whether more or less of the metric earns.
    """

    metric: str
    value: float
    part: float | None = None
    whole: float | None = None
    earned: float
    possible: float
    better: Literal["more", "less"]


class Advice(Value):
    """One concrete thing to try next, and the moment it refers to where there is one."""

    text: str
    index: int | None = None


class CriterionScore(Value):
    """One criterion's points, their reasons, the quotes, and what to try."""

    name: Criterion
    title: str
    score: float = Field(ge=0, le=100)
    weight: float
    base: float
    points: tuple[Point, ...]
    evidence: tuple[Evidence, ...]
    advice: Advice


class Weighed(Protocol):
    """A criterion with its points and weight, of one conversation or of several."""

    @property
    def name(self) -> Criterion:
        """Which one."""

    @property
    def score(self) -> float:
        """Its points, 0 to 100."""

    @property
    def weight(self) -> float:
        """Its share of the whole, 0 to 1."""


W = TypeVar("W", bound=Weighed)


class Score(Value):
    """The score of one conversation.

    Attributes:
        overall: 0 to 100, None where there is not enough evidence.
        interval: 90 % interval in points, None where there is not enough evidence.
        verdict: In plain words.
        explanation: The verdict in one sentence; says what was missing for a score.
        criteria: The five criteria; given even without an overall score, as far as they go.
        rubric: The rubric that made it.
    """

    overall: float | None = Field(ge=0, le=100)
    interval: tuple[float, float] | None
    verdict: Verdict
    explanation: str
    criteria: tuple[CriterionScore, ...]
    rubric: Provenance


class ScoredConversation(Value):
    """A tagged conversation with its conversation tags, metrics and score."""

    tagged: TaggedConversation
    tags: ConversationTags
    metrics: dict[str, float]
    missed_challenges: tuple[int, ...]
    score: Score


def score_conversation(
    tagged: TaggedConversation, rubric: Rubric, kinds: Mapping[Kind, float]
) -> ScoredConversation:
    """Score a tagged conversation.

    Args:
        tagged: The conversation with its tags.
        rubric: The rubric of its kind.
        kinds: Probability of each kind of meeting.

    Returns:
        The same values for the same input: resampling is seeded.
    """
    table = build_table(tagged)
    readings = read_metrics(table)
    metrics = values(readings)
    tags = conversation_tags(metrics, rubric, kinds)
    sure = probabilities(tagged)
    criteria = tuple(_criterion(table, sure, readings, c) for c in rubric.criteria)
    shortage = _shortage(table, rubric) or poor_quality(tagged.conversation.quality, rubric)
    if shortage is None:
        overall = rubric.overall({c.name: c.score for c in criteria})
        interval = _interval(tagged, table, rubric, overall)
        verdict = _verdict(overall, criteria, tags)
    else:
        overall, interval, verdict = None, None, "not enough evidence"
    return ScoredConversation(
        tagged=tagged,
        tags=tags,
        metrics={name: round(value, 4) for name, value in metrics.items()},
        missed_challenges=tuple(missed_and_pressed(table)[0]),
        score=Score(
            overall=None if overall is None else round(overall, 1),
            interval=interval,
            verdict=verdict,
            explanation=shortage or _explained(verdict, overall, criteria),
            criteria=criteria,
            rubric=rubric.provenance,
        ),
    )


def conversation_tags(
    metrics: dict[str, float], rubric: Rubric, kinds: Mapping[Kind, float]
) -> ConversationTags:
    """The codebook's conversation fields from the metrics, by the rubric's formulas."""
    grows = _logistic(rubric.development_logit.value(metrics))
    asks = _logistic(rubric.questioning_logit.value(metrics))
    level = min(max(rubric.challenge_level.value(metrics), 0.0), 3.0)
    kind = max(kinds, key=lambda k: kinds[k])
    return ConversationTags(
        kind=Tag(value=kind, p=round(kinds[kind], 4)),
        focus=Tag(
            value="development" if grows >= 0.5 else "deal_pursuit",
            p=round(max(grows, 1 - grows), 4),
        ),
        style=Tag(
            value="questioning" if asks >= 0.5 else "telling", p=round(max(asks, 1 - asks), 4)
        ),
        challenge_level=Tag(value=round(level), p=round(1 - abs(level - round(level)), 4)),
    )


def _logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))


def _criterion(
    table: Table,
    sure: Mapping[str, Column],
    readings: Mapping[str, Reading],
    rubric: CriterionRubric,
) -> CriterionScore:
    points = tuple(_point(m, readings[m.metric]) for m in rubric.measures)
    evidence = find_evidence(table, sure, rubric.name)
    # What there was no occasion for cannot be done better.
    had = [i for i, point in enumerate(points) if point.whole != 0] or range(len(points))
    most_left = max(had, key=lambda i: points[i].possible - points[i].earned)
    lost = [e for e in evidence if e.effect == "loses" and points[most_left].metric in e.metrics]
    return CriterionScore(
        name=rubric.name,
        title=rubric.title,
        score=round(rubric.score(values(readings)), 1),
        weight=rubric.weight,
        base=rubric.base,
        points=points,
        evidence=evidence,
        advice=Advice(
            text=rubric.measures[most_left].advice,
            index=max(lost, key=lambda e: e.p).index if lost else None,
        ),
    )


def _point(measure: Measure, reading: Reading) -> Point:
    return Point(
        metric=measure.metric,
        value=round(reading.value, 4),
        part=reading.part,
        whole=reading.whole,
        earned=round(measure.earned(reading.value), 2),
        possible=measure.points,
        better="more" if measure.high > measure.low else "less",
    )


def _shortage(table: Table, rubric: Rubric) -> str | None:
    """What is missing for a score, None where there is enough."""
    coach, coachee = int(table.substantive.sum()), int(table.coachee.sum())
    if coach < rubric.minimum_coach or coachee < rubric.minimum_coachee:
        return (
            f"The coach asks, tells or gives back in {coach} sentences and the coachee says "
            f"{coachee}; a score needs {rubric.minimum_coach} and {rubric.minimum_coachee}."
        )
    said = float((table.words * table.coach).sum())
    work = float((table.words * (table["deal"] + table["development"])).sum())
    if work < _WORK * said:
        return (
            f"Of {said:.0f} words of the coach {work:.0f} are about deals or about how the coachee "
            f"works; with fewer than {_WORK:.0%} there is nothing to score."
        )
    return None


def _interval(
    tagged: TaggedConversation, table: Table, rubric: Rubric, overall: float
) -> tuple[float, float]:
    """90 % interval: luck of the draw, the taggers' error and the experts' spread together."""
    certainty, rng = Certainty(tagged), np.random.default_rng(0)
    drawn = []
    for _ in range(REPLICATES):
        metrics = compute_metrics(replicate(table, certainty, rng))
        drawn.append(rubric.overall({c.name: c.score(metrics) for c in rubric.criteria}))
    half = _Z90 * float(np.hypot(np.std(drawn), rubric.expert_sd))
    return round(max(overall - half, 0.0), 1), round(min(overall + half, 100.0), 1)


def _verdict(
    overall: float, criteria: tuple[CriterionScore, ...], tags: ConversationTags
) -> Verdict:
    both = _weaker_half(criteria).score >= _HALF
    if overall >= TRULY and both and tags.style.value == "questioning":
        return "truly coaching"
    if overall >= PARTLY:
        return "partly coaching"
    if tags.style.value == "telling":
        return "telling"
    if tags.focus.value == "deal_pursuit":
        return "inspecting deals"
    return "little coaching"


def first_to_try(criteria: Sequence[W]) -> W:
    """The criterion to begin with.

    True coaching needs both halves, asking and developing. While one of them is weak, that
    is the first thing, and nothing else makes up for it; then what costs most.
    """
    weaker = _weaker_half(criteria)
    if weaker.score < _FIRST:
        return weaker
    return max(criteria, key=lambda c: c.weight * (100 - c.score))


def _weaker_half(criteria: Sequence[W]) -> W:
    """Of the two things that make coaching, asking and developing, the one with less."""
    return min((c for c in criteria if c.name in HALVES), key=lambda c: c.score)


def _explained(
    verdict: Verdict, overall: float | None, criteria: tuple[CriterionScore, ...]
) -> str:
    """The verdict in a sentence that also says why it fits the score beside it."""
    if verdict == "truly coaching":
        agreed = next(c.score for c in criteria if c.name == "commitment")
        return _SENTENCES[verdict] + (_NOT_AGREED if agreed < _OPEN_END else "")
    if verdict == "partly coaching" and overall is not None and overall >= TRULY:
        weak = _weaker_half(criteria)
        return _PARTLY_HIGH.format(weak=weak.title) if weak.score < _HALF else _PARTLY_TOLD
    return _SENTENCES[verdict]
