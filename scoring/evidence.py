"""Quotes behind every criterion: which utterances earned points and which lost them."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

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
        metrics: The metrics that it counted in.
    """

    index: int
    effect: Effect
    why: str
    metrics: tuple[str, ...]


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


class _Quotes(NamedTuple):
    """One way to earn or lose: the utterances that show it and the metrics they count in."""

    effect: Effect
    why: str
    select: Selector
    metrics: tuple[str, ...]


def _closed_series(table: Table) -> Column:
    """Closed questions that follow another closed or leading question."""
    found = np.zeros(len(table))
    asked = np.flatnonzero(table["question"] > 0)
    narrow = (table["closed"] + table["leading"])[asked] > 0
    found[asked[1:][narrow[1:] & narrow[:-1]]] = 1
    return found * table["closed"]


_SELECTORS: Final[dict[Criterion, tuple[_Quotes, ...]]] = {
    "inquiry": (
        _Quotes(
            "earns",
            "open question about how the work is done",
            lambda t: t["open"] * t["development"],
            ("thinking_questions", "open_share", "question_share"),
        ),
        _Quotes(
            "earns", "gives the coachee's words back", lambda t: t["given_back"], ("given_back",)
        ),
        _Quotes(
            "earns",
            "open question",
            lambda t: t["open"] * (1 - t["development"]),
            ("open_share", "question_share"),
        ),
        _Quotes(
            "loses",
            "leads to the answer wanted",
            lambda t: t["leading"],
            ("open_share", "question_series", "thinking_questions"),
        ),
        _Quotes(
            "loses",
            "long turn of the coach",
            _long_turns,
            ("monologue_share", "telling_share", "coachee_word_share", "question_share"),
        ),
        _Quotes("loses", "does not wait for an answer", _stacked, ("stacked_questions",)),
        _Quotes(
            "loses",
            "one more closed question in a row",
            _closed_series,
            ("question_series", "open_share", "thinking_questions", "answer_length"),
        ),
    ),
    "challenge": (
        _Quotes(
            "earns",
            "presses on what was said",
            lambda t: t["challenge"],
            ("challenges", "challenge_spread", "pressed_share"),
        ),
        _Quotes(
            "loses",
            "unsupported claim that passed unpressed",
            _missed,
            ("missed_challenges", "pressed_share", "challenges", "challenge_spread"),
        ),
    ),
    "development": (
        _Quotes("earns", "names a gap", lambda t: t["mark_skill_gap"], ("gaps_named",)),
        _Quotes(
            "earns",
            "the coachee examines own work",
            lambda t: t["mark_reflection"] * t.coachee,
            ("self_examination",),
        ),
        _Quotes(
            "earns",
            "works on how it is done",
            lambda t: t["development"] * t["mark_process"],
            ("development_share", "process_balance", "thinking_questions", "call_share"),
        ),
        _Quotes(
            "loses",
            "asks after the result only",
            lambda t: t["question"] * t["deal"] * t["mark_outcome"],
            ("development_share", "process_balance", "thinking_questions"),
        ),
        _Quotes(
            "loses",
            "harps on the result",
            lambda t: t["telling"] * t["deal"] * t["mark_outcome"],
            ("development_share", "process_balance"),
        ),
    ),
    "guidance": (
        _Quotes(
            "earns",
            "feedback on what the coachee did",
            lambda t: t["feedback"] * t["development"],
            ("feedback_rate", "development_guidance", "guidance_after_listening"),
        ),
        _Quotes(
            "earns",
            "guidance on how to do it",
            lambda t: t["guidance"] * t["development"],
            ("development_guidance", "process_guidance", "guidance_after_listening"),
        ),
        _Quotes(
            "loses",
            "tells what to do on the deal",
            lambda t: t["guidance"] * t["deal"],
            ("guidance_after_listening", "development_guidance", "process_balance"),
        ),
    ),
    "commitment": (
        _Quotes(
            "earns",
            "next step with a day",
            lambda t: t["mark_action_item"] * t.dated,
            ("dated_actions", "action_turns"),
        ),
        _Quotes(
            "earns",
            "the coachee takes a next step",
            lambda t: t["mark_action_item"] * t.coachee,
            ("coachee_actions", "action_turns"),
        ),
        _Quotes(
            "earns",
            "earlier agreement checked",
            lambda t: t["mark_follow_up"] * t.coach,
            ("follow_ups",),
        ),
        _Quotes(
            "loses",
            "next step without a day",
            lambda t: t["mark_action_item"] * (1 - t.dated),
            ("dated_actions",),
        ),
    ),
}


def certainty(tagged: TaggedConversation) -> Column:
    """How sure an utterance's tags are, 0 to 1, shape (n,): sure quotes come first."""
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
    worth = certainty(tagged) * np.minimum(table.words, 12)
    chosen: dict[int, Evidence] = {}
    left: dict[Effect, int] = {"earns": MOST, "loses": MOST}
    for effect, why, select, metrics in _SELECTORS[name]:
        found = np.flatnonzero(select(table) > 0)
        for index in found[np.argsort(-worth[found], kind="stable")]:
            if left[effect] and int(index) not in chosen:
                chosen[int(index)] = Evidence(
                    index=int(index), effect=effect, why=why, metrics=metrics
                )
                left[effect] -= 1
    return tuple(chosen[index] for index in sorted(chosen))
