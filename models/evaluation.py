"""Measures of agreement between tags and labels."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import stats
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from models.conversation import Value
from models.labelled import LabelledConversation, UtteranceLabels
from models.labels import COACH_MARKS, COACHEE_MARKS, Role
from models.tags import UtteranceTags

_FIELDS = ("act", "question_form", "telling_kind", "challenge", "focus", "activity")


class LabelResult(Value):
    """Agreement on one label.

    Attributes:
        label: Such as "act", "act=question" or "coachee unsupported".
        n: Utterances (or conversations) compared.
        accuracy: Share of them on which label and tag agree.
        support: How many of them carry the value; None for a whole field.
        precision: None for a whole field.
        recall: None for a whole field.
        f1: F1 of the value; macro F1 over the values for a whole field.
        kappa: Cohen's kappa; None where a single value makes it undefined.
    """

    label: str
    n: int
    accuracy: float
    support: int | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float
    kappa: float | None


def compare(label: str, wanted: Sequence[Any], found: Sequence[Any]) -> LabelResult:
    """Agreement on a field, or on a flag where the values are booleans."""
    a, b = [str(w) for w in wanted], [str(f) for f in found]
    is_flag = all(isinstance(w, bool) for w in wanted)
    names = ["True"] if is_flag else sorted(set(a))
    p, r, f, support = precision_recall_fscore_support(
        a, b, labels=names, average=None, zero_division=0
    )
    kappa = None if len(set(a) | set(b)) < 2 else round(float(cohen_kappa_score(a, b)), 3)
    accuracy = round(sum(w == f for w, f in zip(a, b, strict=True)) / len(a), 3)
    if is_flag:
        return LabelResult(
            label=label,
            n=len(a),
            accuracy=accuracy,
            support=int(support[0]),
            precision=round(float(p[0]), 3),
            recall=round(float(r[0]), 3),
            f1=round(float(f[0]), 3),
            kappa=kappa,
        )
    f1 = round(float(np.mean(f)), 3)
    return LabelResult(label=label, n=len(a), accuracy=accuracy, f1=f1, kappa=kappa)


def compare_tags(
    corpus: Sequence[LabelledConversation], tags: Sequence[Sequence[UtteranceTags]]
) -> list[LabelResult]:
    """Agreement per utterance label.

    A field is compared where both sides have it: `question_form` on utterances that label
    and tag both call a question, as human agreement on it is counted too; "act=question"
    is the question itself, yes or no.

    Args:
        corpus: Labelled conversations.
        tags: Tags for each of their utterances.
    """
    rows = list(_paired(corpus, tags))
    results: list[LabelResult] = []
    for field in _FIELDS:
        pairs = [
            (want, tag.value)
            for _, labels, found in rows
            if (want := getattr(labels, field)) is not None
            and (tag := getattr(found, field)) is not None
        ]
        results += _field(field, pairs)
    for role in ("coach", "coachee"):
        side = [
            (labels.marks, found)
            for r, labels, found in rows
            if r == role and labels.marks is not None
        ]
        for mark in COACH_MARKS if role == "coach" else COACHEE_MARKS:
            want = [mark in marks for marks, _ in side]
            has = [found.has(mark) for _, found in side]
            if any(want) or any(has):
                results.append(compare(f"{role} {mark}", want, has))
    return results


def _field(field: str, pairs: list[tuple[Any, Any]]) -> list[LabelResult]:
    if not pairs:
        return []
    want, found = [w for w, _ in pairs], [f for _, f in pairs]
    results = [compare(field, want, found)]
    if field != "challenge":
        for value in sorted(set(want)):
            flags = [w == value for w in want], [f == value for f in found]
            results.append(compare(f"{field}={value}", *flags))
    return results


def _paired(
    corpus: Sequence[LabelledConversation], tags: Sequence[Sequence[UtteranceTags]]
) -> Iterable[tuple[Role, UtteranceLabels, UtteranceTags]]:
    for item, found in zip(corpus, tags, strict=True):
        utterances = item.conversation.utterances
        for u, labels, t in zip(utterances, item.utterance_labels, found, strict=True):
            if labels is not None:
                yield u.role, labels, t


def rank_correlation(scores: Sequence[float], ratings: Sequence[float]) -> float | None:
    """Spearman's rho of scores and expert ratings, None where it is undefined."""
    if len(set(scores)) < 2 or len(set(ratings)) < 2:
        return None
    return round(float(stats.spearmanr(scores, ratings).statistic), 3)
