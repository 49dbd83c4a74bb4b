"""How much of a score is luck: other conversations that could have been seen in its place."""

import math
from typing import Any, Final

import numpy as np

from models.tags import Tag, TaggedConversation
from scoring.table import FLAGS, Index, Table

REPLICATES: Final = 100

_TURNS: Final = 2  # A turn and its answer.

# Flags that change together when a field was tagged wrong.
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "act": FLAGS[: FLAGS.index("challenge")],
    "focus": ("deal", "development"),
    "activity": ("call", "opportunity", "account", "territory"),
}


def replicate(table: Table, certainty: "Certainty", rng: np.random.Generator) -> Table:
    """One conversation that might as well have been observed.

    Pairs of turns are drawn with replacement and kept in order, which shows what few
    utterances mean; a pair begins with either side, so that question and answer stay
    together in one half of the draws, claim and challenge in the other. Each tag is then
    kept with its probability, else taken from another utterance of the same side, which
    shows what the tagger's error means.
    """
    rows, turns = _blocks(table, rng)
    flags = {name: column[rows] for name, column in table.flags.items()}
    for field, names in _FIELDS.items():
        pool = np.flatnonzero(table.coach[rows] > 0)
        wrong = pool[rng.random(len(pool)) > certainty.fields[field][rows][pool]]
        donors = rng.choice(pool, len(wrong)) if len(wrong) else wrong
        for name in names:
            flags[name][wrong] = flags[name][donors]
    for name, p in certainty.flags.items():
        flags[name] = (rng.random(len(rows)) < p[rows]).astype(np.float64)
    return Table(
        coach=table.coach[rows],
        coachee=table.coachee[rows],
        words=table.words[rows],
        turn=turns,
        dated=table.dated[rows],
        answered=table.answered[rows],
        fresh=table.fresh[rows],
        flags=flags,
    )


class Certainty:
    """How sure the tagger is, as columns beside a `Table`.

    Attributes:
        fields: By field ("act", "focus", "activity"), the probability that it is right;
            "act" stands for the question's form and the telling's kind too. Each shape (n,).
        flags: By flag, the probability that it is set, each shape (n,).
    """

    def __init__(self, tagged: TaggedConversation) -> None:
        self.fields = {
            "act": np.array([_sure(t.act, t.question_form, t.telling_kind) for t in tagged.tags]),
            "focus": np.array([_sure(t.focus) for t in tagged.tags]),
            "activity": np.array([_sure(t.activity) for t in tagged.tags]),
        }
        self.flags = {
            f"mark_{mark}": np.array([t.marks.p.get(mark, 0.0) for t in tagged.tags])
            for mark in sorted({m for t in tagged.tags for m in t.marks.p})
        }
        self.flags["challenge"] = np.array(
            [
                0.0
                if t.challenge is None
                else t.challenge.p
                if t.challenge.value
                else 1 - t.challenge.p
                for t in tagged.tags
            ]
        )


def _sure(*tags: Tag[Any] | None) -> float:
    """Probability that all of some tags are right."""
    return math.prod(tag.p for tag in tags if tag is not None)


def _blocks(table: Table, rng: np.random.Generator) -> tuple[Index, Index]:
    """Rows of as many drawn blocks of turns as there are, in order, and new turn numbers."""
    shift = int(rng.integers(_TURNS))  # Boundaries fall elsewhere every time.
    block = (table.turn - table.turn[0] + shift) // _TURNS
    count = int(block[-1]) + 1
    drawn = np.sort(rng.integers(0, count, count))
    starts = np.searchsorted(block, np.arange(count + 1))
    rows = np.concatenate([np.arange(starts[b], starts[b + 1]) for b in drawn])
    copy = np.repeat(np.arange(count), starts[drawn + 1] - starts[drawn])
    turn = table.turn[rows]
    fresh = (turn[1:] != turn[:-1]) | (copy[1:] != copy[:-1])
    return rows, np.concatenate([[0], np.cumsum(fresh)]).astype(np.int64)
