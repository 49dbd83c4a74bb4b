"""How our tags fare on neighbouring human-labelled talk: counselling, lessons, meetings.

The sources label turns under schemes of their own. Each comparison below is one question
that a source's labellers and our codebook both answer; what the source has no answer to is
not compared. Their files are read for measuring only and never for training.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.combined import CombinedTagger
from models.conversation import Utterance
from models.evaluation import compare
from models.real_speech import read_rows
from pipeline.segmentation import sentences
from pipeline.study.families import Tags, split_tags
from pipeline.study.turns import advises, asks, challenges, open_question, turn_act
from pipeline.study.values import Comparison

MOST: Final = 3000  # Turns of one source; a larger one is sampled.
_SEED: Final = 20261122

Row = dict[str, Any]


@dataclass(frozen=True)
class _Question:
    """One question put to a source and to our tags; None as an answer leaves the turn out."""

    source: str
    name: str
    mapping: str
    wanted: Callable[[Row], Any]
    found: Callable[[Tags], Any]
    human: str | None = None


def _main(row: Row) -> str:
    """Main behaviour of an AnnoMI turn."""
    return str(row["raw"]).split("'main': '")[1].split("'")[0]


_ANNOMI_ACTS: Final = {
    "question": "question",
    "reflection": "reflection",
    "therapist_input": "telling",
    "other": "other",
}


def _mrda(row: Row, part: int) -> str:
    return str(row["raw"]).split("|")[part]


_QUESTIONS: Final = (
    _Question(
        "annomi", "act", "main behaviour",
        lambda r: _ANNOMI_ACTS[_main(r)], turn_act, "0.74",
    ),
    _Question(
        "annomi", "question or not", "main behaviour is question",
        lambda r: _main(r) == "question", asks, "0.80 to 0.87",
    ),
    _Question(
        "annomi", "open or closed", "question type, on turns both call a question",
        lambda r: r["qtype"] == "open" if _main(r) == "question" else None, open_question, "0.74",
    ),
    _Question(
        "annomi", "reflection or not", "main behaviour is reflection",
        lambda r: _main(r) == "reflection", lambda t: turn_act(t) == "reflection", "0.73",
    ),
    _Question(
        "annomi", "telling or not", "main behaviour is therapist input",
        lambda r: _main(r) == "therapist_input", lambda t: turn_act(t) == "telling", "0.64 to 0.66",
    ),
    _Question("annomi", "guidance", "input is advice", lambda r: bool(r["advice"]), advises),
    _Question(
        "funneling", "open question", "focusing, against funnelling and neither",
        lambda r: r["raw"] == "focusing", lambda t: bool(open_question(t)),
    ),
    _Question(
        "funneling", "open or closed", "focusing against funnelling, where we hear a question too",
        lambda r: None if r["raw"] == "neither" else r["raw"] == "focusing", open_question,
    ),
    _Question(
        "talkmoves", "question or not", "press for accuracy or reasoning (8, 9) against none (1)",
        lambda r: {"8": True, "9": True, "1": False}.get(str(r["raw"])[0]), asks,
    ),
    _Question(
        "talkmoves", "reflection or not", "restating or revoicing (4, 5) against none (1)",
        lambda r: {"4": True, "5": True, "1": False}.get(str(r["raw"])[0]),
        lambda t: turn_act(t) == "reflection",
    ),
    _Question(
        "talkmoves", "challenge", "press for reasoning (9) against press for accuracy (8)",
        lambda r: {"9": True, "8": False}.get(str(r["raw"])[0]),
        challenges,
    ),
    _Question(
        "mrda", "question or not", "basic act Q",
        lambda r: _mrda(r, 0) == "Q", asks,
    ),
    _Question(
        "mrda", "open or closed", "qw, qo, qh against qy, qr, qrr, on turns both call a question",
        lambda r: r["qtype"] == "open" if r["act"] == "questioning" and r["qtype"] else None,
        open_question,
    ),
    _Question(
        "mrda", "other or not", "backchannel, floor holder or break (B, F, %) against the rest",
        lambda r: _mrda(r, 0) in "BF" or _mrda(r, 1) == "%", lambda t: turn_act(t) == "other",
    ),
)  # fmt: skip

SOURCES: Final = tuple(dict.fromkeys(q.source for q in _QUESTIONS))


def compare_neighbours(tagger: CombinedTagger, folder: Path) -> list[Comparison]:
    """Compare our tags with the human labels of every source that is there.

    Each turn is tagged as the coach's, after the turn before it as the coachee's: that is
    all that the sources give.

    Args:
        tagger: Ours.
        folder: Holds ``<source>.jsonl.gz`` files; see `_QUESTIONS` for their names.
    """
    found = []
    for source in SOURCES:
        path = folder / f"{source}.jsonl.gz"
        if path.is_file():
            rows = _read(path)
            tags = tag_turns(tagger, [(r["prev"] or "", r["text"] or "") for r in rows])
            asked = (q for q in _QUESTIONS if q.source == source)
            found += [c for q in asked if (c := _compare(q, rows, tags)) is not None]
    return found


def tag_turns(tagger: CombinedTagger, turns: Sequence[tuple[str, str]]) -> list[Tags]:
    """Tags of each turn's utterances.

    Args:
        tagger: Ours.
        turns: What the other side said before, and the turn itself.
    """
    talks = [_talk(before, text) for before, text in turns]
    found = split_tags(tagger.predict(talks), talks, tagger.thresholds)
    return [
        [t for t, u in zip(tags, talk, strict=True) if u.role == "coach"]
        for tags, talk in zip(found, talks, strict=True)
    ]


def _talk(before: str, text: str) -> tuple[Utterance, ...]:
    spoken = [("coachee", piece.text) for piece in sentences(before)]
    # Something is always tagged, be it a turn of nothing but noise.
    spoken += [("coach", piece.text) for piece in sentences(text)] or [("coach", text or "…")]
    return tuple(
        Utterance(index=i, source=i, speaker=role, role=role, text=said)
        for i, (role, said) in enumerate(spoken)
    )


def _read(path: Path) -> list[Row]:
    rows = [r for r in read_rows(path) if any(a is not None for a in _answers(path, r))]
    if len(rows) > MOST:
        rows = random.Random(_SEED).sample(rows, MOST)  # noqa: S311 -- a sample, not a secret
    return rows


def _answers(path: Path, row: Row) -> Iterable[Any]:
    source = path.name.split(".")[0]
    return (q.wanted(row) for q in _QUESTIONS if q.source == source)


def _compare(question: _Question, rows: Sequence[Row], tags: Sequence[Tags]) -> Comparison | None:
    pairs = [
        (wanted, found)
        for row, turn in zip(rows, tags, strict=True)
        if (wanted := question.wanted(row)) is not None
        and (found := question.found(turn)) is not None
    ]
    if not pairs:
        return None
    result = compare(question.name, [w for w, _ in pairs], [f for _, f in pairs])
    return Comparison(
        source=question.source,
        question=question.name,
        mapping=question.mapping,
        human=question.human,
        result=result,
    )
