"""The report: everything a reader is shown of one scored conversation, in plain words.

`build_report` decides what is said; `scoring.text` and `scoring.html` only set it. No
label name, no metric name and no probability without its meaning leaves this module.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from models.conversation import Conversation
from scoring import wording
from scoring.evidence import Evidence
from scoring.metrics import METRICS
from scoring.quality import is_about_quality, quality_note
from scoring.report_lines import UNSURE, Line, build_lines, find_missed, find_steps
from scoring.report_values import (
    NEEDS_BETTER,
    NEEDS_MORE,
    CriterionReport,
    Doubt,
    Measured,
    Next,
    Quote,
    Report,
    ReportContext,
    Strip,
    Trait,
)
from scoring.rubric import HALVES
from scoring.score import CriterionScore, Point, Score, ScoredConversation, first_to_try
from scoring.table import Table, build_table

__all__ = ["Report", "ReportContext", "build_report"]

_FULL: Final = 99.5  # Shown as 100.
_SUMMED: Final = ("earned", "possible")
_SHOWN: Final = 0.005  # Less is shown as 0 %.


def build_report(scored: ScoredConversation, context: ReportContext) -> Report:
    """Put a scored conversation into the words of its report.

    Args:
        scored: From `scoring.score.score_conversation`.
        context: What the conversation itself does not know.

    Returns:
        The same report for the same input; nothing is read, no clock is asked.
    """
    talk, score = scored.tagged.conversation, scored.score
    table = build_table(scored.tagged)
    lines = build_lines(scored)
    enough = score.overall is not None
    criteria = tuple(_criterion(c, lines, enough) for c in score.criteria if enough or c.evidence)
    last = max((u.end or 0.0 for u in talk.utterances), default=0.0)
    spoken = wording.length(context.seconds or last or None)
    return Report(
        title=wording.clean(context.title or talk.title or context.file_name),
        kind=wording.KINDS[scored.tags.kind.value],
        coach=_names(talk, "coach") or "no coach",
        coachee=_names(talk, "coachee") or "nobody",
        when=wording.day(context.when or talk.started_at),
        length=spoken or wording.counted(len(lines), "sentence", "sentences"),
        verdict=score.verdict,
        explanation=wording.clean(score.explanation),
        overall=score.overall,
        interval=score.interval,
        doubt=_doubt(talk, context),
        strip=_strip(scored, table),
        criteria=criteria,
        weakest_half=_weakest_half(score.criteria) if enough else None,
        first=_first(score.criteria, lines) if enough else _needed(score),
        missed=find_missed(scored.missed_challenges, lines),
        steps=find_steps(table, lines),
        lines=lines,
        traits=_traits(scored),
        versions=_versions(scored, context.versions),
        notes=tuple(wording.clean(n) for n in (quality_note(talk.quality), *talk.notes) if n),
    )


def _names(talk: Conversation, role: str) -> str:
    names = [wording.clean(name) for name, r in talk.roles.roles.items() if r == role]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _doubt(talk: Conversation, context: ReportContext) -> Doubt | None:
    roles = talk.roles
    if roles.coach is None or roles.confidence >= context.least_role_confidence:
        return None
    file = wording.clean(context.file_name)
    others = [wording.clean(n) for n in sorted(roles.roles, key=lambda n: roles.roles[n])]
    coach = wording.clean(roles.coach)
    return Doubt(
        coach=coach,
        sure=wording.sure(roles.confidence),
        commands=tuple(wording.swap_command(file, name) for name in others if name != coach),
    )


def _strip(scored: ScoredConversation, table: Table) -> Strip:
    """Counts and shares as they are; too little for a score is too little for a share."""
    enough = scored.score.overall is not None
    grows = _plain_share("development_share", table) if enough else None
    return Strip(
        deal=None if grows is None else 1 - grows,
        development=grows,
        coachee_words=_plain_share("coachee_word_share", table) if enough else None,
        questions=int(table["question"].sum()),
        tellings=int(table["telling"].sum()),
        given_back=int(table["given_back"].sum()),
        challenges=int(table["challenge"].sum()),
        missed=len(scored.missed_challenges),
    )


def _plain_share(metric: str, table: Table) -> float | None:
    reading = METRICS[metric].compute(table)
    return reading.part / reading.whole if reading.whole else None


def _criterion(score: CriterionScore, lines: Sequence[Line], enough: bool) -> CriterionReport:
    measures = [_measured(p) for p in _by_metric(score.points)] if enough else []
    return CriterionReport(
        name=score.name,
        title=score.title,
        score=score.score if enough else None,
        weight=wording.percent(score.weight),
        base=score.base,
        earned=tuple(m for m in measures if m.filled >= 0.5),
        lost=tuple(m for m in measures if m.filled < 0.5),
        earns=tuple(_quote(e, lines) for e in score.evidence if e.effect == "earns"),
        loses=tuple(_quote(e, lines) for e in score.evidence if e.effect == "loses"),
        advice=_next(score, lines) if enough and score.score < _FULL else None,
    )


def _weakest_half(criteria: Sequence[CriterionScore]) -> str | None:
    """What the weights of the criteria leave: it goes to the weaker half of coaching."""
    left = 1 - sum(c.weight for c in criteria)
    if left < _SHOWN:
        return None
    halves = " and ".join(f"“{c.title}”" for c in criteria if c.name in HALVES)
    return f"The other {wording.percent(left)} go to the lower of {halves}."


def _next(score: CriterionScore, lines: Sequence[Line]) -> Next:
    at = score.advice.index
    return Next(text=score.advice.text, line=None if at is None else lines[at])


def _first(criteria: Sequence[CriterionScore], lines: Sequence[Line]) -> Next:
    return _next(first_to_try(criteria), lines)


def _needed(score: Score) -> Next:
    """What to do about a score that was withheld, by the reason that it was withheld for."""
    better = is_about_quality(score.explanation)
    return Next(text=NEEDS_BETTER if better else NEEDS_MORE, line=None)


def _by_metric(points: Sequence[Point]) -> Iterable[Point]:
    """Points with those of the kind's own measures added to the common ones of the metric."""
    found: dict[str, Point] = {}
    for point in points:
        known = found.setdefault(point.metric, point)
        if known is not point:
            added = {name: getattr(known, name) + getattr(point, name) for name in _SUMMED}
            found[point.metric] = known.model_copy(update=added)
    return found.values()


def _measured(point: Point) -> Measured:
    return Measured(
        label=METRICS[point.metric].label,
        value=wording.measured(
            point.metric, point.value if point.part is None else point.part, point.whole
        ),
        earned=point.earned,
        possible=point.possible,
    )


def _quote(evidence: Evidence, lines: Sequence[Line]) -> Quote:
    return Quote(line=lines[evidence.index], why=evidence.why, unsure=evidence.p < UNSURE)


def _traits(scored: ScoredConversation) -> tuple[Trait, ...]:
    """The kind always; the rest only where there is enough to judge by."""
    tags = scored.tags
    kind = _trait("Kind", wording.KINDS[tags.kind.value], tags.kind.p)
    if scored.score.overall is None:
        return (kind,)
    level = tags.challenge_level
    how_much = f"{wording.CHALLENGE_LEVELS[level.value]} ({level.value}/3)"
    return (
        kind,
        _trait("Focus", wording.FOCUSES[tags.focus.value], tags.focus.p),
        _trait("Style", wording.STYLES[tags.style.value], tags.style.p),
        _trait("Challenge", how_much, level.p),
    )


def _trait(name: str, value: str, p: float) -> Trait:
    return Trait(name=name, value=wording.capital(value), sure=wording.sure(p))


def _versions(scored: ScoredConversation, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    rubric, tagger = scored.score.rubric, scored.tagged.tagged_by
    return (
        *((wording.clean(name), wording.clean(version)) for name, version in given.items()),
        ("Tagger", f"{tagger.name} {tagger.version}"),
        ("Rubric", f"{wording.KINDS[scored.tags.kind.value]} {rubric.version}"),
    )
