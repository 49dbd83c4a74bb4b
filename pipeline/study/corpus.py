"""The corpus about itself: how far two readers agree, and how much of it repeats itself."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.cues import words
from models.evaluation import LabelResult, compare, rank_correlation
from models.labelled import (
    ConversationLabels,
    LabelledConversation,
    LabelledDataError,
    UtteranceLabels,
    gold_tags,
    read_corpus,
)
from models.labels import CRITERIA
from pipeline.study.agreement import main_labels
from pipeline.study.values import CorpusStudy

CONVERSATION_LABELS: Final = ("kind", "focus", "style", "challenge_level")

_LONG: Final = 6  # Words from which an utterance says something of its own.
_RUN: Final = 3  # Words in a shingle.
_NEAR: Final = 0.75  # Jaccard index of the shingles from which one utterance repeats another.

Pair = tuple[LabelledConversation, LabelledConversation]


def corpus_study(corpus: Path) -> CorpusStudy:
    """Agreement of second labels with the first, and the share of near-duplicates.

    Readings of all splits are compared; no tagger has a part in it.

    Args:
        corpus: Folder with `manifest.json`, `conversations/`, `first_labels/` and `second_labels/`.

    Raises:
        LabelledDataError: Something there cannot be read.
    """
    everything = read_corpus(corpus / "conversations")
    pairs = read_twice(everything, corpus)
    spoken = [words(u.text) for c in everything for u in c.conversation.utterances]
    long = [said for said in spoken if len(said) >= _LONG]
    labels = main_labels([a for a, _ in pairs], [gold_tags(b).tags for _, b in pairs])
    return CorpusStudy(
        corpus=corpus_name(corpus),
        read_twice=len(pairs),
        utterances=sum(u.role == "coach" for a, _ in pairs for u in a.conversation.utterances),
        labels=tuple(labels),
        conversation_labels=tuple(_conversation_labels(pairs)),
        ratings={name: _ratings(pairs, name) for name in (*CRITERIA, "coaching")},
        sentences=len(long),
        near=near_duplicates(long),
    )


def corpus_name(corpus: Path) -> str:
    """Name and version, such as "coachtalk-1.0.0".

    Raises:
        LabelledDataError: There is no manifest that says so.
    """
    try:
        manifest = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
        return f"{manifest['name']}-{manifest['version']}"
    except (OSError, ValueError, KeyError) as error:
        raise LabelledDataError(f"{corpus}/manifest.json cannot be read ({error})") from error


def read_twice(corpus: Sequence[LabelledConversation], folder: Path) -> list[Pair]:
    """Conversations under the labels of their first and of their second reading.

    What was settled between the two is in the conversations themselves, and is neither.

    Args:
        corpus: The conversations.
        folder: Holds `first_labels/` and `second_labels/`.

    Raises:
        LabelledDataError: A file of labels is missing or fits no conversation.
    """
    known = {c.id: c for c in corpus}
    names = sorted(path.name for path in (folder / "second_labels").glob("*.json"))
    first, second = folder / "first_labels", folder / "second_labels"
    return [(_reading(first / name, known), _reading(second / name, known)) for name in names]


def _reading(path: Path, known: Mapping[str, LabelledConversation]) -> LabelledConversation:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        item = known[raw["id"]]
        given = tuple(UtteranceLabels.model_validate(u) for u in raw["utterance_labels"])
        labels = ConversationLabels.model_validate(raw["labels"])
    except (OSError, ValueError, KeyError) as error:
        raise LabelledDataError(f"{path.parent.name}/{path.name}: {error}") from error
    if len(given) != len(item.utterance_labels):
        raise LabelledDataError(f"{path.name}: as many labels as utterances are needed")
    return item.model_copy(update={"labels": labels, "utterance_labels": given})


def near_duplicates(spoken: Sequence[Sequence[str]]) -> int:
    """How many utterances have a near twin among the others.

    Two are near where the Jaccard index of their runs of three words is 0.75 or more.

    Args:
        spoken: Words of each utterance, three or more.
    """
    runs = [{tuple(w[i : i + _RUN]) for i in range(len(w) - _RUN + 1)} for w in spoken]
    holders: dict[Any, list[int]] = defaultdict(list)
    near: set[int] = set()
    for number, own in enumerate(runs):
        shared = Counter(earlier for run in own for earlier in holders[run])
        twins = [e for e, n in shared.items() if n >= _NEAR * (len(own) + len(runs[e]) - n)]
        near.update(twins, [number] if twins else [])
        for run in own:
            holders[run].append(number)
    return len(near)


def _conversation_labels(pairs: Sequence[Pair]) -> Iterator[LabelResult]:
    for field in CONVERSATION_LABELS:
        given = [(getattr(a.labels, field), getattr(b.labels, field)) for a, b in pairs]
        both = [(a, b) for a, b in given if a is not None and b is not None]
        if both:
            yield compare(field, [a for a, _ in both], [b for _, b in both])


def _ratings(pairs: Sequence[Pair], name: str) -> float | None:
    both = [(_rating(a, name), _rating(b, name)) for a, b in pairs]
    known = [(a, b) for a, b in both if a is not None and b is not None]
    return rank_correlation([a for a, _ in known], [b for _, b in known])


def _rating(item: LabelledConversation, name: str) -> float | None:
    if name == "coaching":
        return item.labels.coaching
    return item.labels.ratings.get(name)  # type: ignore[call-overload, no-any-return]
