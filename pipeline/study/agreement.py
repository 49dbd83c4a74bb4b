"""Kappa by main label: of families, on parts of a split, and where they go wrong."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from models.evaluation import LabelResult, compare_tags
from models.labelled import LabelledConversation, UtteranceLabels
from models.tags import UtteranceTags
from pipeline.study.families import Corpus, Judged, Tags
from pipeline.study.values import (
    MAIN_LABELS,
    Confusion,
    Example,
    FamilyResult,
    Kappas,
    Slice,
)

SLICED: Final = ("act", "act=question", "challenge", "focus")
CONFUSED: Final = (
    "act",
    "question_form",
    "telling_kind",
    "challenge",
    "focus",
    "activity",
    "coach action_item",
    "coach follow_up",
    "coach outcome",
    "coachee unsupported",
    "coachee reflection",
)
WORST: Final = 20  # Confusions, and examples of them, shown of each label.

_PARTS: Final[dict[str, Callable[[LabelledConversation], str | None]]] = {
    "author": lambda c: c.author,
    "style": lambda c: c.labels.style,
    "kind": lambda c: c.labels.kind,
    "English": lambda c: c.english,
    "medium": lambda c: c.medium,
}


def main_labels(corpus: Corpus, tags: Sequence[Tags]) -> list[LabelResult]:
    """Agreement on the main labels that occur, in their order."""
    rows = {r.label: r for r in compare_tags(corpus, tags)}
    return [rows[label] for label in MAIN_LABELS if label in rows]


def kappas(corpus: Corpus, tags: Sequence[Tags]) -> Kappas:
    """Kappa by main label; labels that do not occur are left out."""
    return {row.label: row.kappa for row in main_labels(corpus, tags)}


def support(judged: Judged) -> dict[str, int]:
    """By main label: utterances compared, or for a mark those that carry it."""
    rows = main_labels(judged.corpus, judged.clean_tags)
    return {r.label: r.n if r.support is None or "=" in r.label else r.support for r in rows}


def family_result(family: str, judged: Judged) -> FamilyResult:
    """Kappa of one family on clean and degraded text, and by medium."""
    return FamilyResult(
        family=family,
        clean=kappas(judged.corpus, judged.clean_tags),
        degraded=kappas(judged.corpus, judged.degraded_tags),
        media={medium: kappas(corpus, tags) for medium, corpus, tags in _parts(judged, "medium")},
    )


def slices(judged: Judged) -> list[Slice]:
    """Agreement by author, style, kind, English and medium."""
    found = []
    for by in _PARTS:
        for value, corpus, tags in _parts(judged, by):
            rows = {r.label: r for r in compare_tags(corpus, tags)}
            found.append(
                Slice(
                    by=by,
                    value=value,
                    conversations=len(corpus),
                    utterances=rows["act"].n if "act" in rows else 0,
                    kappas={name: rows[name].kappa for name in SLICED if name in rows},
                )
            )
    return found


def _parts(judged: Judged, by: str) -> Iterator[tuple[str, list[LabelledConversation], list[Tags]]]:
    """Value, conversations and their tags of each part, in order of the values."""
    groups: dict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(judged.corpus):
        value = _PARTS[by](item)
        if value is not None:
            groups[value].append(i)
    for value in sorted(groups):
        chosen = groups[value]
        yield value, [judged.corpus[i] for i in chosen], [judged.clean_tags[i] for i in chosen]


class _Miss(NamedTuple):
    """One utterance that was tagged otherwise than labelled, and how sure the tagger was."""

    wanted: str
    found: str
    p: float
    example: Example


def confusions(judged: Judged) -> list[Confusion]:
    """The commonest confusions per label, each with the errors that the tagger was surest of.

    About `WORST` examples per label are spread evenly over its confusions.
    """
    found = []
    for label in CONFUSED:
        misses = list(_misses(judged, label))
        common = Counter((m.wanted, m.found) for m in misses)
        worst = sorted(common, key=lambda pair: (-common[pair], pair))[:WORST]
        for pair in worst:
            sure = sorted(
                (m for m in misses if (m.wanted, m.found) == pair),
                key=lambda m: (-m.p, m.example.id),
            )
            shown = tuple(m.example for m in sure[: max(1, WORST // len(worst))])
            found.append(
                Confusion(
                    label=label, wanted=pair[0], found=pair[1], n=common[pair], examples=shown
                )
            )
    return found


def _misses(judged: Judged, label: str) -> Iterator[_Miss]:
    for item, tags in zip(judged.corpus, judged.clean_tags, strict=True):
        spoken = zip(item.conversation.utterances, item.utterance_labels, tags, strict=True)
        for utterance, labels, found in spoken:
            if labels is None:
                continue
            pair = _flag(label, utterance.role, labels, found) or _field(label, labels, found)
            if pair is not None and pair[0] != pair[1]:
                example = Example(id=f"{item.id}#{utterance.index}", text=utterance.text)
                yield _Miss(*pair, example)


def _field(
    label: str, labels: UtteranceLabels, found: UtteranceTags
) -> tuple[str, str, float] | None:
    wanted, tag = getattr(labels, label, None), getattr(found, label, None)
    if wanted is None or tag is None:
        return None
    return _word(wanted), _word(tag.value), tag.p


def _flag(
    label: str, role: str, labels: UtteranceLabels, found: UtteranceTags
) -> tuple[str, str, float] | None:
    side, _, mark = label.partition(" ")
    if side != role or labels.marks is None:
        return None
    has = mark in found.marks.value
    p = found.marks.p[mark]  # type: ignore[index]
    return _word(mark in labels.marks), _word(has), p if has else 1 - p


def _word(value: object) -> str:
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
