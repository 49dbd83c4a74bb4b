"""Quotes behind every criterion: which utterances earned points and which lost them."""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np

from models.conversation import Value
from models.labels import Criterion
from models.tags import TaggedConversation
from scoring.metrics import missed_and_pressed
from scoring.table import Column, Table

MOST: Final = 4  # Quotes per criterion and effect: enough to judge by, few enough to read.

Effect = Literal["earns", "loses"]


class Evidence(Value):
    """One quote.

    Attributes:
        index: Utterance number in the conversation.
        effect: Whether it earned or lost points.
        why: What it shows, in a few words.
    """

    index: int
    effect: Effect
    why: str


Selector = Callable[[Table], Column]


def _missed(table: Table) -> Column:
    found = np.zeros(len(table))
    found[missed_and_pressed(table)[0]] = 1
    return found


def _stacked(table: Table) -> Column:
    found = np.zeros(len(table))
    same_turn = table.turn[1:] == table.turn[:-1]
    more = (table["question"] + table["telling"])[1:]
    found[:-1] = table["question"][:-1] * same_turn * more
    return found


def _long_turns(table: Table) -> Column:
    """First utterance of each of the coach's turns of 60 words or more."""
    found = np.zeros(len(table))
    turns = np.bincount(table.turn, weights=table.words * table.coach)
    first = np.unique(table.turn, return_index=True)[1]
    found[first[turns >= 60]] = 1
    return found


def _thinking(table: Table) -> Column:
    return table["open"] * table["development"]


def _result_question(table: Table) -> Column:
    return table["question"] * table["deal"] * table["mark_outcome"]


_SELECTORS: Final[dict[Criterion, tuple[tuple[Effect, str, Selector], ...]]] = {
    "inquiry": (
        ("earns", "open question about how the work is done", _thinking),
        ("earns", "gives the coachee's words back", lambda t: t["given_back"]),
        ("earns", "open question", lambda t: t["open"] * (1 - t["development"])),
        ("loses", "leads to the answer wanted", lambda t: t["leading"]),
        ("loses", "long turn of the coach", _long_turns),
        ("loses", "does not wait for an answer", _stacked),
    ),
    "challenge": (
        ("earns", "presses on what was said", lambda t: t["challenge"]),
        ("loses", "unsupported claim that passed unpressed", _missed),
    ),
    "development": (
        ("earns", "names a gap", lambda t: t["mark_skill_gap"]),
        ("earns", "the coachee examines own work", lambda t: t["mark_reflection"] * t.coachee),
        ("earns", "works on how it is done", lambda t: t["development"] * t["mark_process"]),
        ("loses", "asks after the result only", _result_question),
        ("loses", "harps on the result", lambda t: t["telling"] * t["deal"] * t["mark_outcome"]),
    ),
    "guidance": (
        ("earns", "feedback on what the coachee did", lambda t: t["feedback"] * t["development"]),
        ("earns", "guidance on how to do it", lambda t: t["guidance"] * t["development"]),
        ("loses", "tells what to do on the deal", lambda t: t["guidance"] * t["deal"]),
    ),
    "commitment": (
        ("earns", "next step with a day", lambda t: t["mark_action_item"] * t.dated),
        ("earns", "the coachee takes a next step", lambda t: t["mark_action_item"] * t.coachee),
        ("earns", "earlier agreement checked", lambda t: t["mark_follow_up"] * t.coach),
        ("loses", "next step without a day", lambda t: t["mark_action_item"] * (1 - t.dated)),
    ),
}  # fmt: skip


def _certainty(tagged: TaggedConversation) -> Column:
    """How sure an utterance's tags are: sure quotes come first."""
    return np.array(
        [
            max(t.marks.p.values(), default=1.0)
            if t.act is None or t.challenge is None
            else t.act.p * t.challenge.p
            for t in tagged.tags
        ]
    )


def find_evidence(
    tagged: TaggedConversation, table: Table, name: Criterion
) -> tuple[Evidence, ...]:
    """Up to `MOST` quotes that earned and `MOST` that lost points under a criterion.

    Args:
        tagged: The conversation.
        table: Its columns.
        name: The criterion.

    Returns:
        In the order of the conversation. Where more would fit, sure tags on sentences of
        some length come first; an utterance appears once.
    """
    worth = _certainty(tagged) * np.minimum(table.words, 12)
    chosen: dict[int, Evidence] = {}
    left: dict[Effect, int] = {"earns": MOST, "loses": MOST}
    for effect, why, selector in _SELECTORS[name]:
        found = np.flatnonzero(selector(table) > 0)
        for index in found[np.argsort(-worth[found], kind="stable")]:
            if left[effect] and int(index) not in chosen:
                chosen[int(index)] = Evidence(index=int(index), effect=effect, why=why)
                left[effect] -= 1
    return tuple(chosen[index] for index in sorted(chosen))
