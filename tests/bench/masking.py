"""How much of what leads to a customer is masked, by what readers marked in the corpus.

Run with ".venv/bin/python tests/bench/masking.py dev", or "test", which is read once per release.
With "--tags" also how many tags change when masked text is tagged instead of what was said.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from models.labelled import read_labelled
from models.masked import KINDS
from pipeline.masking.annotations import Annotated, read_annotated, read_plain
from pipeline.masking.masking import find
from pipeline.masking.names import words_of
from pipeline.masking.spans import Found, put

CORPUS = Path(__file__).parents[2] / "datasets" / "coachtalk"
MEDIA = {"asr": "raw", "captions": "captions", "assistant": "assistant"}


class Counted(NamedTuple):
    """What was counted of one kind in one medium: an event's name, and the words concerned."""

    medium: str
    kind: str
    event: str


def measure(talks: Sequence[Annotated]) -> Counter[Counted]:
    """Count what was marked and masked.

    A marked name is hidden where all of it is masked, under whichever placeholder; a mask is
    right where any of it was marked. "told" is what is hidden under its own placeholder.
    """
    counts: Counter[Counted] = Counter()
    for talk in talks:
        speakers = words_of(talk.speakers)
        found = find(talk.texts, talk.speakers)
        for text, places, marked in zip(talk.texts, found, talk.marked(), strict=True):
            for kind, event in _events(text, places, marked, speakers):
                for medium in (MEDIA[talk.medium], "all"):
                    counts[Counted(medium, kind, event)] += 1
    return counts


def _events(
    text: str, places: Sequence[Found], marked: Sequence[Found], speakers: frozenset[str]
) -> Iterator[tuple[str, str]]:
    for one in marked:
        if words_of([text[one.start : one.end]]) <= speakers:
            continue  # Somebody else of a speaker's name: names of speakers stay.
        yield one.kind, "marked"
        letters = [i for i in range(one.start, one.end) if text[i].isalnum()]
        if all(any(p.start <= i < p.end for p in places) for i in letters):
            yield one.kind, "hidden"
            if any(p.kind == one.kind and p.start < one.end > one.start < p.end for p in places):
                yield one.kind, "told"
    for place in places:
        yield place.kind, "masked"
        if any(place.start < one.end and place.end > one.start for one in marked):
            yield place.kind, "right"


def table(counts: Counter[Counted]) -> Iterator[str]:
    """Rows of a table in Markdown: recall, right placeholder and precision by kind and medium."""
    yield "| text | kind | marked | recall | right placeholder | masked | precision |"
    yield "|---|---|---|---|---|---|---|"
    for medium in (*MEDIA.values(), "all"):
        for kind in KINDS:
            seen = {e: counts[Counted(medium, kind, e)] for e in ("marked", "hidden", "told")}
            made = {e: counts[Counted(medium, kind, e)] for e in ("masked", "right")}
            if seen["marked"] or made["masked"]:
                whole, recall = seen["marked"], _share(seen["hidden"], seen["marked"])
                told = _share(seen["told"], whole)
                precision = _share(made["right"], made["masked"])
                yield (
                    f"| {medium} | {kind} | {whole} | {recall} | {told}"
                    f" | {made['masked']} | {precision} |"
                )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def changed_tags(split: str) -> str:
    """Share of the labels that differ when masked words are tagged, and of the kinds found."""
    from models import artefacts
    from models.combined import CombinedTagger
    from pipeline.stages import tag

    CombinedTagger.load()
    tags, changed, kinds, meetings = 0, 0, 0, 0
    for talk in read_plain(CORPUS, split):
        path = CORPUS / "conversations" / split / f"{talk.id}.json"
        said = read_labelled(path).conversation
        found = find(talk.texts, talk.speakers)
        utterances = tuple(
            u.model_copy(update={"text": put(u.text, places)})
            for u, places in zip(said.utterances, found, strict=True)
        )
        hidden = said.model_copy(update={"utterances": utterances})
        one, two = tag(said), tag(hidden)
        for a, b in zip(one.tags, two.tags, strict=True):
            pairs = [
                *((getattr(a, f), getattr(b, f)) for f in ("act", "focus", "activity", "challenge"))
            ]
            known = [(x.value, y.value) for x, y in pairs if x is not None and y is not None]
            known.append((a.marks.value, b.marks.value))
            tags += len(known)
            changed += sum(x != y for x, y in known)
        model, later = artefacts.load("kinds"), one.model_copy(update={"conversation": hidden})
        before, after = model.probabilities(one), model.probabilities(later)
        meetings += 1
        kinds += max(before, key=before.get) != max(after, key=after.get)
    return (
        f"{changed} of {tags} tags ({100 * changed / tags:.1f} %) differ where masked words are "
        f"tagged; another kind of meeting in {kinds} of {meetings} where tags stay"
    )


def main() -> None:
    split = sys.argv[1] if len(sys.argv) > 1 else "dev"
    talks = read_annotated(CORPUS, split)
    print(f"{len(talks)} conversations of the {split} split")
    print("\n".join(table(measure(talks))))
    if "--tags" in sys.argv:
        print(changed_tags(split))


if __name__ == "__main__":
    main()
