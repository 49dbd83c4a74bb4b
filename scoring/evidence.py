"""Quotes behind every criterion: which utterances earned points and which lost them."""

import math
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

import numpy as np
from pydantic import Field

from models.conversation import Value
from models.labels import Criterion
from scoring.metrics import OWN_WORDS, answered, missed_and_pressed, steps, thinking
from scoring.table import Column, Table

MOST: Final = 4  # Quotes per criterion and effect: enough to judge by, few enough to read.
_LIKELY: Final = 0.5  # Below this a quote stands behind all the others.

Effect = Literal["earns", "loses"]


class Evidence(Value):
    """One quote.

    Attributes:
        index: Utterance number in the conversation.
        effect: Whether it earned or lost points.
        why: What it shows, in a few words.
        metrics: The metrics that it counted in.
        p: Probability that the tags which make it one are right.
    """

    index: int
    effect: Effect
    why: str
    metrics: tuple[str, ...]
    p: float = Field(default=1.0, ge=0, le=1)  # Scores made before 0.5.0 have none.


Selector = Callable[[Table], Column]


def _any(table: Table) -> Column:
    return np.ones(len(table))


def _not_pressing(table: Table) -> Column:
    """What presses on a claim does not harp on the result, even where it names one."""
    return 1 - table["challenge"]


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
    """Longest utterance of each of the coach's turns of 60 words or more."""
    found = np.zeros(len(table))
    turns = np.bincount(table.turn, weights=table.words * table.coach)
    for turn in np.flatnonzero(turns >= 60):
        inside = np.flatnonzero(table.turn == turn)
        found[inside[table.words[inside].argmax()]] = 1
    return found


class _Quotes(NamedTuple):
    """One way to earn or lose.

    Attributes:
        effect: Which of the two.
        why: What a quote shows.
        flags: Carried by every utterance that shows it; they say how sure it is.
        metrics: The metrics it counts in.
        select: What else it takes.
    """

    effect: Effect
    why: str
    flags: tuple[str, ...]
    metrics: tuple[str, ...]
    select: Selector = _any


def _in_series(table: Table) -> Column:
    """Closed and leading questions that follow another such question."""
    found = np.zeros(len(table))
    asked = np.flatnonzero(table["question"] > 0)
    narrow = (table["closed"] + table["leading"])[asked] > 0
    found[asked[1:][narrow[1:] & narrow[:-1]]] = 1
    return found


_SELECTORS: Final[dict[Criterion, tuple[_Quotes, ...]]] = {
    "inquiry": (
        _Quotes(
            "earns",
            "open question about how the work is done",
            ("open", "development"),
            ("thinking_questions", "open_share", "question_share"),
            thinking,
        ),
        _Quotes("earns", "gives the coachee's words back", ("given_back",), ("given_back",)),
        _Quotes(
            "earns",
            "open question about a deal",
            ("open",),
            ("open_share", "question_share"),
            lambda t: answered(t) * t["deal"],
        ),
        _Quotes(
            "loses",
            "leads to the answer wanted",
            ("leading",),
            ("open_share", "question_series", "thinking_questions"),
        ),
        _Quotes(
            "loses",
            "long turn of the coach",
            (),
            ("monologue_share", "telling_share", "coachee_word_share", "question_share"),
            _long_turns,
        ),
        _Quotes(
            "loses", "does not wait for an answer", ("question",), ("stacked_questions",), _stacked
        ),
        _Quotes(
            "loses",
            "one more closed question in a row",
            ("closed",),
            ("question_series", "open_share", "thinking_questions", "answer_length"),
            _in_series,
        ),
        _Quotes(
            "loses",
            "open question that got no answer",
            ("open",),
            ("open_share", "thinking_questions", "answer_length"),
            lambda t: 1 - answered(t),
        ),
    ),
    "challenge": (
        _Quotes(
            "earns",
            "presses on what was said",
            ("challenge",),
            ("challenges", "challenge_spread", "pressed_share"),
        ),
        _Quotes(
            "loses",
            "unsupported claim that passed unpressed",
            ("mark_unsupported",),
            ("missed_challenges", "pressed_share", "challenges", "challenge_spread"),
            _missed,
        ),
    ),
    "development": (
        _Quotes("earns", "names a gap", ("mark_skill_gap",), ("gaps_named",)),
        _Quotes(
            "earns",
            "the coachee examines own work",
            ("mark_reflection",),
            ("self_examination",),
            lambda t: t.coachee,
        ),
        _Quotes(
            "earns",
            "works on how it is done",
            ("development", "mark_process"),
            ("development_share", "process_balance", "thinking_questions", "call_share"),
        ),
        _Quotes(
            "loses",
            "asks after the result only",
            ("question", "deal", "mark_outcome"),
            ("development_share", "process_balance", "thinking_questions"),
            _not_pressing,
        ),
        _Quotes(
            "loses",
            "harps on the result",
            ("telling", "deal", "mark_outcome"),
            ("development_share", "process_balance"),
            _not_pressing,
        ),
    ),
    "guidance": (
        _Quotes(
            "earns",
            "feedback on what the coachee did",
            ("feedback", "development"),
            ("feedback_rate", "development_guidance", "guidance_after_listening"),
        ),
        _Quotes(
            "earns",
            "guidance on how to do it",
            ("guidance", "development"),
            ("development_guidance", "process_guidance", "guidance_after_listening"),
        ),
        _Quotes(
            "loses",
            "tells what to do on the deal",
            ("guidance", "deal"),
            ("guidance_after_listening", "development_guidance", "process_balance"),
        ),
    ),
    "commitment": (
        _Quotes(
            "earns",
            "next step with a day",
            ("mark_action_item",),
            ("dated_actions", "action_turns"),
            lambda t: steps(t) * t.dated,
        ),
        _Quotes(
            "earns",
            "the coachee takes a next step",
            ("mark_action_item",),
            ("coachee_actions", "action_turns"),
            lambda t: t.coachee * (t.words >= OWN_WORDS),
        ),
        _Quotes(
            "earns",
            "earlier agreement checked",
            ("mark_follow_up",),
            ("follow_ups",),
            lambda t: t.coach,
        ),
        _Quotes(
            "loses",
            "next step without a day",
            ("mark_action_item",),
            ("dated_actions",),
            lambda t: steps(t) * (1 - t.dated) * (t.words >= OWN_WORDS),
        ),
    ),
}


def find_evidence(
    table: Table, sure: Mapping[str, Column], name: Criterion
) -> tuple[Evidence, ...]:
    """Up to `MOST` quotes that earned and `MOST` that lost points under a criterion.

    Args:
        table: Columns of the conversation.
        sure: Its `scoring.table.probabilities`.
        name: The criterion.

    Returns:
        In the order of the conversation. Where more would fit, those come first of which
        the tags that make them are more likely right than wrong, then sure ones on
        sentences of some length; an utterance appears once.
    """
    chosen: dict[int, Evidence] = {}
    left: dict[Effect, int] = {"earns": MOST, "loses": MOST}
    for index, p, quotes in _candidates(table, sure, name):
        if left[quotes.effect] and index not in chosen:
            chosen[index] = Evidence(
                index=index,
                effect=quotes.effect,
                why=quotes.why,
                metrics=quotes.metrics,
                p=round(p, 4),
            )
            left[quotes.effect] -= 1
    return tuple(chosen[index] for index in sorted(chosen))


def worth(p: float, words: float) -> float:
    """What a quote is worth showing: sure tags, on a sentence that says something."""
    return p * min(words, 12)


def _candidates(
    table: Table, sure: Mapping[str, Column], name: Criterion
) -> list[tuple[int, float, _Quotes]]:
    """Every quote of a criterion, the best first."""
    found: list[tuple[bool, int, float, int, float, _Quotes]] = []
    for place, quotes in enumerate(_SELECTORS[name]):
        shown = np.prod([table[flag] for flag in quotes.flags], axis=0) * quotes.select(table)
        for i in np.flatnonzero(shown > 0):
            p = math.prod(float(sure[flag][i]) for flag in quotes.flags)
            rank = (p < _LIKELY, place, -worth(p, float(table.words[i])), int(i))
            found.append((*rank, p, quotes))
    return [(i, p, quotes) for *_, i, p, quotes in sorted(found, key=lambda one: one[:4])]
