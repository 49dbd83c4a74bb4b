"""Metrics: pure functions of a tagged conversation, each from one line of docs/scoring.md.

Shares and rates are shrunk towards an ordinary value by a few imagined utterances, so
that a short conversation is not called perfect on one lucky sentence. What was counted is
kept beside that value: readers are shown what was there, and nothing imagined.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from scoring.table import Column, Table


class Reading(NamedTuple):
    """What a metric found in one conversation.

    Attributes:
        value: What is scored, shrunk where little was seen.
        part: What was counted.
        whole: Among how many; 0 where there was no occasion, so that `value` is the usual
            one. None where a metric counts and compares with nothing.
    """

    value: float
    part: float
    whole: float | None = None


Compute = Callable[[Table], Reading]


@dataclass(frozen=True)
class Metric:
    """A measured quantity.

    Attributes:
        name: Key in rubrics and in the output.
        label: What a reader sees.
        unit: "share" (0 to 1), "share of words" (0 to 1), "per 100" (sentences), "words" or
            "count".
        compute: The function.
    """

    name: str
    label: str
    unit: str
    compute: Compute


METRICS: Final[dict[str, Metric]] = {}


def _metric(label: str, unit: str) -> Callable[[Compute], Compute]:
    def register(function: Compute) -> Compute:
        name = function.__name__
        METRICS[name] = Metric(name, label, unit, function)
        return function

    return register


def _share(part: float, whole: float, usual: float, weight: float = 4.0) -> Reading:
    """`part / whole`, shrunk towards `usual` as if `weight` more had been seen."""
    return Reading((part + usual * weight) / (whole + weight), part, whole)


def _rate(count: float, whole: float, usual: float) -> Reading:
    """`count` in 100 of `whole`, shrunk towards `usual`."""
    return Reading(100 * _share(count, whole, usual / 100, 8.0).value, count, whole)


def _per_100(count: float, table: Table, usual: float) -> Reading:
    return _rate(count, float(table.substantive.sum()), usual)


def _count(number: float, whole: float | None = None) -> Reading:
    return Reading(float(number), float(number), whole)


def _turns_with(table: Table, flag: Column) -> int:
    return int((_turn_sums(table, flag) > 0).sum())


# Words of a next step said by whoever takes it; fewer only accept one.
OWN_WORDS: Final = 4


def _turn_sums(table: Table, values: Column) -> Column:
    """Sum of `values` over each turn, shape (turns,)."""
    if not len(table):
        return np.zeros(0)
    start = table.turn - table.turn[0]
    return np.bincount(start, weights=values).astype(np.float64)


@_metric("Share of the words that the coachee speaks", "share of words")
def coachee_word_share(table: Table) -> Reading:
    """Who holds the floor."""
    return _share(float((table.words * table.coachee).sum()), float(table.words.sum()), 0.45, 40)


@_metric("Share of the coach's substance that is questions", "share")
def question_share(table: Table) -> Reading:
    """Questions among questions, tellings and reflections."""
    return _share(float(table["question"].sum()), float(table.substantive.sum()), 0.35)


@_metric("Share of the questions that are open and set the coachee talking", "share")
def open_share(table: Table) -> Reading:
    """Open among all questions, where an answer came."""
    return _share(float(answered(table).sum()), float(table["question"].sum()), 0.4)


@_metric("Answered open questions about how the coachee works", "per 100")
def thinking_questions(table: Table) -> Reading:
    """Open questions with focus on development that set somebody talking.

    They ask for thinking, not for status. One that gets no answer made nobody think, and one
    that is read out again in the same words is not another.
    """
    return _per_100(float(thinking(table).sum()), table, 8)


@_metric("Closed and leading questions in a row", "share")
def question_series(table: Table) -> Reading:
    """Share of questions that are closed or leading and follow another such question."""
    narrow = (table["closed"] + table["leading"])[table["question"] > 0]
    in_row = float((narrow[1:] * narrow[:-1]).sum())
    return _share(in_row, float(len(narrow)), 0.35)


@_metric("Questions stacked on a question without waiting", "share")
def stacked_questions(table: Table) -> Reading:
    """Share of questions followed by more of the coach's own question or telling in the turn."""
    same_turn = table.turn[1:] == table.turn[:-1]
    more = (table["question"] + table["telling"])[1:]
    stacked = float((table["question"][:-1] * more * same_turn).sum())
    return _share(stacked, float(table["question"].sum()), 0.25)


@_metric("The coachee's words given back", "per 100")
def given_back(table: Table) -> Reading:
    """Reflections: on human-coded sessions the best sign of a good one (docs/scoring.md)."""
    return _per_100(float(table["given_back"].sum()), table, 5)


@_metric("Words of the coachee after an open question", "words")
def answer_length(table: Table) -> Reading:
    """Mean words of the coachee's turn that follows a coach's turn with an open question."""
    asked = _turn_sums(table, table["open"]) > 0
    answers = _turn_sums(table, table.words * table.coachee)[1:][asked[:-1]]
    words = float(np.minimum(answers, 60).sum())
    return Reading((words + 3 * 15) / (len(answers) + 3), words, len(answers))


@_metric("Share of the coach's substance that is telling", "share")
def telling_share(table: Table) -> Reading:
    """Tellings among questions, tellings and reflections."""
    return _share(float(table["telling"].sum()), float(table.substantive.sum()), 0.5)


@_metric("Share of the coach's words in long turns", "share of words")
def monologue_share(table: Table) -> Reading:
    """Share of the coach's words in turns of 60 words or more."""
    turns = _turn_sums(table, table.words * table.coach)
    return _share(float(turns[turns >= 60].sum()), float(turns.sum()), 0.2, 60)


@_metric("Challenges", "per 100")
def challenges(table: Table) -> Reading:
    """Utterances that press on what the coachee said or plans, each wording once."""
    return _per_100(float((table["challenge"] * table.fresh).sum()), table, 8)


@_metric("Share of unsupported claims that were pressed", "share")
def pressed_share(table: Table) -> Reading:
    """Unsupported claims whose next coach turn challenges, among all unsupported claims."""
    missed, pressed = missed_and_pressed(table)
    return _share(float(len(pressed)), float(len(missed) + len(pressed)), 0.4)


@_metric("Missed challenges", "per 100")
def missed_challenges(table: Table) -> Reading:
    """Unsupported claims that the coach's next turn lets pass, by the coach's substance."""
    return _per_100(float(len(missed_and_pressed(table)[0])), table, 6)


@_metric("Quarters of the conversation with a challenge", "share")
def challenge_spread(table: Table) -> Reading:
    """Share of the conversation's four quarters that hold at least one challenge."""
    held = sum(bool(quarter.any()) for quarter in np.array_split(table["challenge"], 4))
    return Reading(held / 4, held, 4)


@_metric("Share of the coach's words on how the coachee works", "share of words")
def development_share(table: Table) -> Reading:
    """Words with focus development among words with focus development or deal."""
    grows = float((table.words * table["development"]).sum())
    return _share(grows, grows + float((table.words * table["deal"]).sum()), 0.35, 40)


@_metric("Gaps named", "count")
def gaps_named(table: Table) -> Reading:
    """Turns that name a difference between what the coachee does and what good looks like."""
    return _count(_turns_with(table, table["mark_skill_gap"]))


@_metric("The coachee examines their own work", "per 100")
def self_examination(table: Table) -> Reading:
    """Coachee reflections by 100 coachee utterances."""
    seen = float((table["mark_reflection"] * table.coachee).sum())
    return _rate(seen, float(table.coachee.sum()), 6)


@_metric("Process before outcome", "share")
def process_balance(table: Table) -> Reading:
    """The coach's process marks among process and outcome marks."""
    process = float((table["mark_process"] * table.coach).sum())
    outcome = float((table["mark_outcome"] * table.coach).sum())
    return _share(process, process + outcome, 0.5)


@_metric("Guidance on how to do it", "per 100")
def process_guidance(table: Table) -> Reading:
    """Guidance that points at how the work is done."""
    return _per_100(float((table["guidance"] * table["mark_process"]).sum()), table, 8)


@_metric("Feedback on what the coachee did", "per 100")
def feedback_rate(table: Table) -> Reading:
    """Feedback by 100 substantive coach utterances."""
    return _per_100(float(table["feedback"].sum()), table, 6)


@_metric("Guidance on how the coachee works", "per 100")
def development_guidance(table: Table) -> Reading:
    """Guidance and feedback with focus on development."""
    told = (table["guidance"] + table["feedback"]) * table["development"]
    return _per_100(float(told.sum()), table, 10)


@_metric("Guidance given after listening", "share")
def guidance_after_listening(table: Table) -> Reading:
    """Share of guidance and feedback whose ten utterances before hold a question and an answer."""
    told = np.flatnonzero((table["guidance"] + table["feedback"]) > 0)
    asked, answered = table["question"] + table["given_back"], table.words * table.coachee
    listened = (
        asked[max(0, i - 10) : i].sum() > 0 and answered[max(0, i - 10) : i].sum() >= 15
        for i in told
    )
    return _share(float(sum(listened)), float(len(told)), 0.6)


@_metric("Next steps", "count")
def action_turns(table: Table) -> Reading:
    """Turns that assign, offer or accept a concrete next step."""
    return _count(_turns_with(table, steps(table)))


@_metric("Next steps in the coachee's own words", "count")
def coachee_actions(table: Table) -> Reading:
    """Turns of the coachee that say a next step; "okay" to somebody else's is no words of one."""
    said = _turn_sums(table, steps(table) * table.coachee * table.words)
    return _count(float((said >= OWN_WORDS).sum()))


@_metric("Next steps with a day", "count")
def dated_actions(table: Table) -> Reading:
    """Turns with a next step that also name a day or a date."""
    some = _turns_with(table, steps(table))
    return _count(_turns_with(table, steps(table) * table.dated), some)


@_metric("Earlier agreements checked", "count")
def follow_ups(table: Table) -> Reading:
    """Turns that check or report something agreed before the meeting."""
    return _count(_turns_with(table, table["mark_follow_up"]))


@_metric("The current initiative reinforced", "count")
def initiative_turns(table: Table) -> Reading:
    """Turns that reinforce a programme, method or tool, or check that it is used."""
    return _count(_turns_with(table, table["mark_initiative"]))


@_metric("Share of the coach's substance on customer conversations", "share")
def call_share(table: Table) -> Reading:
    """Planning, doing and debriefing calls, among all activities."""
    others = table["opportunity"] + table["account"] + table["territory"]
    calls = float(table["call"].sum())
    return _share(calls, calls + float(others.sum()), 0.3)


def answered(table: Table) -> Column:
    """1 where an open question was asked anew and answered."""
    return table["open"] * table.answered * table.fresh


def thinking(table: Table) -> Column:
    """The same, about how the coachee works."""
    return answered(table) * table["development"]


def steps(table: Table) -> Column:
    """1 where a next step is assigned, offered or taken; an open question only asks for one."""
    return table["mark_action_item"] * (1 - table["open"])


def missed_and_pressed(table: Table) -> tuple[list[int], list[int]]:
    """Unsupported claims by what the coach's next turn did with them.

    Returns:
        Indices of the claims that passed unpressed, and of those that were challenged. A
        claim that no coach turn follows is in neither.
    """
    missed: list[int] = []
    pressed: list[int] = []
    claims = np.flatnonzero((table["mark_unsupported"] * table.coachee) > 0)
    coach_rows = np.flatnonzero(table.coach > 0)
    challenged = _turn_sums(table, table["challenge"]) > 0
    for claim, place in zip(claims, np.searchsorted(coach_rows, claims), strict=True):
        if place < len(coach_rows):
            answer = table.turn[coach_rows[place]] - table.turn[0]
            (pressed if challenged[answer] else missed).append(int(claim))
    return missed, pressed


def compute_metrics(table: Table) -> dict[str, float]:
    """Every metric of a conversation by name."""
    return values(read_metrics(table))


def values(readings: Mapping[str, Reading]) -> dict[str, float]:
    """What is scored, by the metric's name."""
    return {name: reading.value for name, reading in readings.items()}


def read_metrics(table: Table) -> dict[str, Reading]:
    """Every metric of a conversation by name, with what was counted."""
    return {name: metric.compute(table) for name, metric in METRICS.items()}
