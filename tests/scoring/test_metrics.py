"""Every metric on a small conversation, against a figure worked out by hand.

A share of `part` in `whole` is shrunk towards its usual value as if some more had been
seen: (part + usual · weight) / (whole + weight).
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.metrics import METRICS, compute_metrics, missed_and_pressed, read_metrics
from scoring.table import FLAGS

LONG = "word " * 60


def asks_and_tells(s):
    """Three substantive sentences: two open questions about the work, one closed of a deal."""
    return [
        s.ask("open", "development"),
        s.answer("reflection"),
        s.ask("open", "development"),
        s.answer(text="a b c d e f g h i"),
        s.ask("closed", "deal"),
        s.answer(),
        s.okay(),
    ]


CASES = {
    # 4 · 3 + 9 words of answers; coach 1 + 1 + 1 + 1.
    "coachee_word_share": (asks_and_tells, (15 + 0.45 * 40) / (19 + 40)),
    "question_share": (asks_and_tells, (3 + 0.35 * 4) / (3 + 4)),
    # "Yes it is." answers the first question, and makes nobody think.
    "open_share": (asks_and_tells, (1 + 0.4 * 4) / (3 + 4)),
    "thinking_questions": (asks_and_tells, 100 * (1 + 0.08 * 8) / (3 + 8)),
    "answer_length": (asks_and_tells, (3 + 9 + 3 * 15) / (2 + 3)),
    "self_examination": (asks_and_tells, 100 * (1 + 0.06 * 8) / (3 + 8)),
    "question_series": (
        lambda s: [s.ask("closed"), s.ask("leading"), s.ask("open"), s.ask("closed")],
        (1 + 0.35 * 4) / (4 + 4),
    ),
    "stacked_questions": (
        lambda s: [s.ask(), s.ask(), s.answer(), s.ask(), s.okay(), s.answer(), s.ask(), s.tell()],
        (2 + 0.25 * 4) / (4 + 4),
    ),
    "given_back": (
        lambda s: [s.reflect(), s.tell(), s.answer("reflection"), s.okay()],
        100 * (1 + 0.05 * 8) / (2 + 8),
    ),
    "telling_share": (
        lambda s: [s.tell(), s.tell(), s.ask(), s.reflect(), s.okay()],
        (2 + 0.5 * 4) / (4 + 4),
    ),
    "monologue_share": (
        lambda s: [s.tell(text=LONG), s.answer(text=LONG), s.tell(text="a b"), s.okay()],
        (60 + 0.2 * 60) / (63 + 60),
    ),
    "challenges": (
        lambda s: [s.ask(challenge=True), s.okay(challenge=True), s.tell()],
        100 * (2 + 0.08 * 8) / (2 + 8),
    ),
    "pressed_share": (
        lambda s: [
            s.answer("unsupported"),
            s.ask(challenge=True),
            s.answer("unsupported"),
            s.okay(),
            s.answer("unsupported"),
        ],
        (1 + 0.4 * 4) / (2 + 4),
    ),
    "missed_challenges": (
        lambda s: [s.answer("unsupported"), s.okay(), s.tell(), s.answer()],
        100 * (1 + 0.06 * 8) / (1 + 8),
    ),
    "challenge_spread": (
        lambda s: [s.ask(challenge=True), s.ask(), s.ask(challenge=True), s.ask()],
        0.5,
    ),
    "development_share": (
        lambda s: [
            s.ask(focus="development", text="a b c"),
            s.tell(focus="deal", text="d"),
            s.okay(text="e f g"),
        ],
        (3 + 0.35 * 40) / (4 + 40),
    ),
    "gaps_named": (
        lambda s: [
            s.tell(marks=("skill_gap",)),
            s.tell(marks=("skill_gap",)),
            s.answer("skill_gap"),
            s.okay(),
        ],
        2,
    ),
    "process_balance": (
        lambda s: [
            s.tell(marks=("process",)),
            s.tell(marks=("process", "outcome")),
            s.answer("process"),
        ],
        (2 + 0.5 * 4) / (3 + 4),
    ),
    "process_guidance": (
        lambda s: [s.tell("guidance", marks=("process",)), s.tell("feedback", marks=("process",))],
        100 * (1 + 0.08 * 8) / (2 + 8),
    ),
    "feedback_rate": (
        lambda s: [s.tell("feedback"), s.tell("guidance"), s.okay()],
        100 * (1 + 0.06 * 8) / (2 + 8),
    ),
    "development_guidance": (
        lambda s: [
            s.tell("feedback", "development"),
            s.tell("guidance", "development"),
            s.tell("guidance", "deal"),
            s.tell("information", "development"),
        ],
        100 * (2 + 0.1 * 8) / (4 + 8),
    ),
    "guidance_after_listening": (
        lambda s: [
            s.tell("guidance"),
            s.ask(),
            s.tell("guidance"),
            s.answer(text="a b c d e f g h i j k l m n o"),
            s.tell("feedback"),
        ],
        (1 + 0.6 * 4) / (3 + 4),
    ),
    "action_turns": (
        lambda s: [
            s.tell("guidance", marks=("action_item",)),
            s.tell(marks=("action_item",)),
            s.answer("action_item"),
            s.ask("open", marks=("action_item",)),
        ],
        2,
    ),
    "coachee_actions": (
        lambda s: [
            s.tell(marks=("action_item",)),
            s.answer("action_item"),
            s.okay(),
            s.answer("action_item", text="I will write to her."),
            s.answer(),
        ],
        1,
    ),
    "dated_actions": (
        lambda s: [
            s.answer("action_item", text="I will send it by Friday."),
            s.answer("action_item", text="To her and to him, by Friday."),
            s.ask("open", text="And by Monday?", marks=("action_item",)),
            s.answer("action_item", text="I will send it."),
            s.answer(text="It is Monday."),
        ],
        1,
    ),
    "follow_ups": (
        lambda s: [s.ask(marks=("follow_up",)), s.answer("follow_up"), s.answer("follow_up")],
        2,
    ),
    "initiative_turns": (lambda s: [s.tell(marks=("initiative",)), s.answer(), s.okay()], 1),
    "call_share": (
        lambda s: [
            s.ask(activity="call"),
            s.ask(activity="opportunity"),
            s.ask(activity="territory"),
            s.ask(),
        ],
        (1 + 0.3 * 4) / (3 + 4),
    ),
}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_gives_the_figure_worked_out_by_hand(script, name):
    write, expected = CASES[name]
    found = METRICS[name].compute(script.table(write(script)))
    assert found.value == pytest.approx(expected)


def test_what_was_counted_is_kept_beside_what_is_scored(script):
    table = script.table(asks_and_tells(script))
    assert METRICS["open_share"].compute(table)[1:] == (1, 3)
    assert METRICS["coachee_word_share"].compute(table)[1:] == (15, 19)
    assert METRICS["answer_length"].compute(table)[1:] == (12, 2)
    assert METRICS["challenge_spread"].compute(table)[1:] == (0, 4)
    assert METRICS["gaps_named"].compute(table)[1:] == (0, None)


def test_where_nothing_could_be_done_there_was_no_occasion(script):
    readings = read_metrics(script.table([script.okay(), script.answer(), script.tell()]))
    none = {name for name, reading in readings.items() if reading.whole == 0}
    assert {"pressed_share", "open_share", "answer_length", "dated_actions"} <= none
    assert not none & {"question_share", "challenges", "gaps_named", "action_turns"}


WELL = "I went straight to the price and lost her."


@pytest.mark.parametrize(
    ("rows", "counted"),
    [
        (lambda s: [s.answer(text=WELL)], 1),
        (lambda s: [s.answer(text="Not sure.")], 0),
        (lambda s: [s.okay(text="Mm."), s.answer(text=WELL)], 1),
        (lambda s: [s.answer(text="I went"), s.okay(text="Mm."), s.answer(text="to the price")], 0),
        (lambda s: [s.answer(text="Well I"), s.okay(), s.answer(text="went to the price")], 1),
        (lambda s: [s.answer(text="No."), s.tell(), s.answer(text=WELL)], 0),
        (lambda s: [s.other(text=WELL)], 0),
        (lambda s: [], 0),
    ],
)
def test_a_question_counts_where_it_sets_the_coachee_talking(script, rows, counted):
    table = script.table([script.ask("open", "development"), *rows(script)])
    assert METRICS["thinking_questions"].compute(table).part == counted
    assert METRICS["open_share"].compute(table).part == counted


def test_the_same_sentence_said_again_counts_once(script):
    def asked(*texts):
        rows = [
            row
            for text in texts
            for row in (
                script.ask("open", "development", text=text),
                script.answer(text=WELL),
            )
        ]
        return METRICS["thinking_questions"].compute(script.table(rows)).part

    stock = "What could you do differently?"
    assert asked(*[stock] * 10) == asked(stock, stock.upper()) == 1
    assert asked(stock, "What would you try first?") == 2
    assert asked("And then?", "And then?") == 2  # Anybody says that twice.
    pressed = [script.ask(challenge=True, text="How do you know that?"), script.answer()]
    assert METRICS["challenges"].compute(script.table(pressed * 8)).part == 1


@given(st.data())
def test_any_conversation_gives_sane_figures(script, any_rows, data):
    found = compute_metrics(script.table(data.draw(any_rows(25))))
    assert set(found) == set(METRICS)
    for name, value in found.items():
        assert math.isfinite(value), name
        assert value >= 0, name
        if METRICS[name].unit.startswith("share"):
            assert value <= 1, name
        if METRICS[name].unit == "count":
            assert value == round(value), name


def test_one_lucky_sentence_is_not_perfection(script):
    lucky = [script.ask(), script.answer(text=WELL)]
    short = compute_metrics(script.table(lucky))
    long = compute_metrics(script.table(lucky * 40))
    assert 0.4 < short["open_share"] < 0.6
    assert long["open_share"] > 0.9


def test_a_day_is_a_day_however_it_is_named(script):
    named = [
        *("by Friday", "TOMORROW", "before the 14th", "by end of March", "next week", "by noon"),
        *("by the nineteenth", "on the twenty-first", "12 May", "within two weeks", "in 3 days"),
        *("at 9 o'clock", "the end of the month", "this weekend", "first thing", "until midday"),
    ]
    unnamed = [
        *("soon", "I will do it", "in a way", "maybe", "Fridayish", "next time", "you may go"),
        *("at the end of the demo", "the first thing", "before the next call", "the third one"),
    ]
    assert [t for t in named if not script.table([script.answer(text=t)]).dated.all()] == []
    assert [t for t in unnamed if script.table([script.answer(text=t)]).dated.any()] == [
        "the first thing"
    ]


def test_act_other_carries_no_substance(script):
    table = script.table([script.okay(), script.answer(), script.reflect()])
    assert table.substantive.tolist() == [0, 0, 1]
    assert set(table.flags) == set(FLAGS)
    assert table.turn.tolist() == [0, 1, 2]
    assert all(np.isin(column, (0, 1)).all() for column in table.flags.values())


MISSED = {
    "claim, then a challenge": (
        lambda s: [s.answer("unsupported"), s.ask(challenge=True)],
        ([], [0]),
    ),
    "claim, then okay": (lambda s: [s.answer("unsupported"), s.okay()], ([0], [])),
    "a challenge later in the same turn": (
        lambda s: [s.answer("unsupported"), s.okay(), s.tell(challenge=True)],
        ([], [0]),
    ),
    "a challenge one turn too late": (
        lambda s: [s.answer("unsupported"), s.okay(), s.answer(), s.ask(challenge=True)],
        ([0], []),
    ),
    "two claims, one turn that presses": (
        lambda s: [s.answer("unsupported"), s.answer("unsupported"), s.ask(challenge=True)],
        ([], [0, 1]),
    ),
    "two claims, one turn that does not": (
        lambda s: [s.answer("unsupported"), s.answer(), s.answer("unsupported"), s.tell()],
        ([0, 2], []),
    ),
    "a claim at the end": (lambda s: [s.ask(challenge=True), s.answer("unsupported")], ([], [])),
    "the coach breaks in and then presses": (
        lambda s: [
            s.answer("unsupported"),
            s.okay(),
            s.answer("unsupported"),
            s.ask(challenge=True),
        ],
        ([0], [2]),
    ),
    "somebody else speaks in between": (
        lambda s: [s.answer("unsupported"), s.other(), s.ask(challenge=True)],
        ([], [0]),
    ),
    "somebody else makes the claim": (lambda s: [s.other("unsupported"), s.okay()], ([], [])),
    "a challenge before the claim": (
        lambda s: [s.ask(challenge=True), s.answer("unsupported"), s.okay()],
        ([1], []),
    ),
    "nobody coaches": (lambda s: [s.answer("unsupported"), s.other()], ([], [])),
}


@pytest.mark.parametrize("case", MISSED)
def test_missed_and_pressed(script, case):
    write, expected = MISSED[case]
    assert missed_and_pressed(script.table(write(script))) == expected


@given(st.data())
def test_every_claim_is_pressed_missed_or_last(script, any_rows, data):
    rows = data.draw(any_rows(20))
    missed, pressed = missed_and_pressed(script.table(rows))
    last_coach = max((i for i, row in enumerate(rows) if row[0] == "coach"), default=-1)
    claims = {
        i
        for i, (role, _, tags) in enumerate(rows)
        if role == "coachee" and "unsupported" in tags["marks"] and i < last_coach
    }
    assert set(missed) | set(pressed) == claims
    assert not set(missed) & set(pressed)
