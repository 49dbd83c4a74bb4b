"""How much of a score is luck: other conversations that could have been seen in its place."""

from typing import Final

import numpy as np

from models.tags import TaggedConversation
from scoring.table import FLAGS, Index, Table

REPLICATES: Final = 100

# Flags that follow from `act`, and so change together when `act` was tagged wrong.
_BUNDLE: Final = tuple(f for f in FLAGS if not f.startswith("mark_") and f != "challenge")


def replicate(table: Table, certainty: "Certainty", rng: np.random.Generator) -> Table:
    """One conversation that might as well have been observed.

    Exchanges (a coach's turn and the answer) are drawn with replacement, which shows what
    few utterances mean. Each tag is then kept with its probability, else taken from another
    utterance of the same side, which shows what the tagger's error means.
    """
    rows, turns = _exchanges(table, rng)
    flags = {name: column[rows] for name, column in table.flags.items()}
    for side in (table.coach[rows], table.coachee[rows]):
        wrong = np.flatnonzero((rng.random(len(rows)) > certainty.bundle[rows]) & (side > 0))
        pool = np.flatnonzero(side > 0)
        if len(wrong) and len(pool):
            donors = rng.choice(pool, len(wrong))
            for name in _BUNDLE:
                flags[name][wrong] = flags[name][donors]
    for name, p in certainty.flags.items():
        flags[name] = (rng.random(len(rows)) < p[rows]).astype(np.float64)
    return Table(
        coach=table.coach[rows],
        coachee=table.coachee[rows],
        words=table.words[rows],
        turn=turns,
        dated=table.dated[rows],
        flags=flags,
    )


class Certainty:
    """How sure the tagger is, as columns beside a `Table`.

    Attributes:
        bundle: Probability that `act` and what follows from it are right, shape (n,).
        flags: By flag, the probability that it is set, each shape (n,).
    """

    def __init__(self, tagged: TaggedConversation) -> None:
        self.bundle = np.array([1.0 if t.act is None else t.act.p for t in tagged.tags])
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


def _exchanges(table: Table, rng: np.random.Generator) -> tuple[Index, Index]:
    """Rows of as many drawn exchanges as there are, and new turn numbers."""
    opens = np.concatenate([[True], (table.turn[1:] != table.turn[:-1]) & (table.coach[1:] > 0)])
    block = np.cumsum(opens) - 1
    starts = np.flatnonzero(opens)
    ends = np.append(starts[1:], len(block))
    drawn = rng.integers(0, len(starts), len(starts))
    rows = np.concatenate([np.arange(starts[b], ends[b]) for b in drawn])
    turn = table.turn[rows]
    fresh = np.concatenate([[False], np.repeat(False, len(rows) - 1)])
    fresh[np.cumsum(ends[drawn] - starts[drawn])[:-1]] = True
    moved = np.concatenate([[False], turn[1:] != turn[:-1]])
    return rows, np.cumsum(moved | fresh).astype(np.int64)
