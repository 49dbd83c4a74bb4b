"""`coachscore evaluate`: our tags and scores against given labels."""

from collections.abc import Callable, Sequence
from typing import Any

from models import artefacts
from models.conversation import Value
from models.evaluation import LabelResult, compare, compare_tags, rank_correlation
from models.labelled import LabelledConversation
from models.labels import CRITERIA, KINDS
from models.tags import TaggedConversation
from pipeline import stages
from pipeline.rubrics import load_rubric
from pipeline.settings import Settings
from scoring.score import ScoredConversation, score_conversation


class Evaluation(Value):
    """Agreement with given labels.

    Attributes:
        conversations: How many were read.
        utterances: How many utterances they hold.
        labels: Agreement per utterance label.
        conversation_labels: Agreement per conversation label.
        score_correlation: Spearman's rho of the overall score with the `coaching` rating.
        criterion_correlations: The same for each criterion and its rating.
        interval_coverage: Share of `coaching` ratings, as points, inside the score's interval.
        without_score: Conversations with too little evidence for a score.
    """

    conversations: int
    utterances: int
    labels: tuple[LabelResult, ...]
    conversation_labels: tuple[LabelResult, ...]
    score_correlation: float | None
    criterion_correlations: dict[str, float | None]
    interval_coverage: float | None
    without_score: int


def tag_corpus(
    corpus: Sequence[LabelledConversation], on_progress: Callable[[int], None]
) -> list[TaggedConversation]:
    """Tag conversations with the shipped tagger; roles are taken as labelled."""
    tagged = []
    for done, item in enumerate(corpus, start=1):
        tagged.append(stages.tag(item.conversation))
        on_progress(done)
    return tagged


def evaluate(
    corpus: Sequence[LabelledConversation],
    settings: Settings,
    on_progress: Callable[[int], None],
) -> Evaluation:
    """Tag and score labelled conversations without looking at their labels, and compare.

    Args:
        corpus: Labelled conversations.
        settings: For an own rubric folder.
        on_progress: Called with the number of conversations tagged so far.
    """
    return evaluate_tagged(corpus, tag_corpus(corpus, on_progress), settings)


def evaluate_tagged(
    corpus: Sequence[LabelledConversation],
    tagged: Sequence[TaggedConversation],
    settings: Settings,
) -> Evaluation:
    """Score conversations that are tagged already, and compare tags and scores.

    Args:
        corpus: Labelled conversations.
        tagged: The same ones with tags.
        settings: For an own rubric folder.
    """
    return evaluate_scored(corpus, [score_tagged(t, settings) for t in tagged])


def evaluate_scored(
    corpus: Sequence[LabelledConversation], scored: Sequence[ScoredConversation]
) -> Evaluation:
    """Compare tags and scores of the same conversations in the same order."""
    rated = [
        (s.score.overall, s.score.interval, item.labels.coaching)
        for item, s in zip(corpus, scored, strict=True)
        if s.score.overall is not None and item.labels.coaching is not None
    ]
    inside = [
        interval[0] <= 25 * (rating - 1) <= interval[1]
        for _, interval, rating in rated
        if interval is not None
    ]
    return Evaluation(
        conversations=len(corpus),
        utterances=sum(len(c.conversation.utterances) for c in corpus),
        labels=tuple(compare_tags(corpus, [s.tagged.tags for s in scored])),
        conversation_labels=tuple(_conversation_labels(corpus, scored)),
        score_correlation=rank_correlation([o for o, _, _ in rated], [c for _, _, c in rated]),
        criterion_correlations=_criteria(corpus, scored),
        interval_coverage=round(sum(inside) / len(inside), 3) if inside else None,
        without_score=sum(s.score.overall is None for s in scored),
    )


def to_text(found: Evaluation) -> str:
    """An evaluation as a table for the terminal."""
    lines = [
        f"{found.conversations} conversations, {found.utterances} utterances",
        "",
        f"{'label':28}{'n':>7}{'support':>9}{'precision':>11}{'recall':>8}{'F1':>7}{'kappa':>7}",
    ]
    for row in (*found.labels, *found.conversation_labels):
        cells = (row.support, row.precision, row.recall, row.f1, row.kappa)
        shown = ["" if c is None else str(c) for c in cells]
        widths = (9, 11, 8, 7, 7)
        line = "".join(f"{c:>{w}}" for c, w in zip(shown, widths, strict=True))
        lines.append(f"{row.label:28}{row.n:>7}{line}")
    lines += ["", f"score and coaching rating, Spearman's rho   {_shown(found.score_correlation)}"]
    lines += [
        f"{name + ' and its rating':43} {_shown(rho)}"
        for name, rho in found.criterion_correlations.items()
    ]
    lines.append(f"ratings inside the 90 % interval            {_shown(found.interval_coverage)}")
    lines.append(f"conversations without enough evidence       {found.without_score}")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"


def score_tagged(tagged: TaggedConversation, settings: Settings) -> ScoredConversation:
    """Score under the kind that the text suggests, as an unlabelled upload would be."""
    kinds = dict.fromkeys(KINDS, 0.0) | artefacts.load("kinds").probabilities(tagged)
    rubric = load_rubric(max(kinds, key=lambda k: kinds[k]), settings.rubric_dir)
    return score_conversation(tagged, rubric, kinds)


def _conversation_labels(
    corpus: Sequence[LabelledConversation], scored: Sequence[ScoredConversation]
) -> list[LabelResult]:
    results = []
    for field in ("kind", "focus", "style", "challenge_level"):
        pairs: list[tuple[Any, Any]] = [
            (want, getattr(s.tags, field).value)
            for item, s in zip(corpus, scored, strict=True)
            if (want := getattr(item.labels, field)) is not None
        ]
        if pairs:
            results.append(compare(field, [w for w, _ in pairs], [f for _, f in pairs]))
    return results


def _criteria(
    corpus: Sequence[LabelledConversation], scored: Sequence[ScoredConversation]
) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in CRITERIA:
        pairs = [
            (next(c.score for c in s.score.criteria if c.name == name), item.labels.ratings[name])
            for item, s in zip(corpus, scored, strict=True)
            if name in item.labels.ratings
        ]
        found[name] = rank_correlation([s for s, _ in pairs], [r for _, r in pairs])
    return found
