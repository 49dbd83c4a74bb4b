import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import CRITERIA
from scoring.evidence import MOST, find_evidence
from scoring.metrics import METRICS
from scoring.table import build_table

# What only the coachee can show; "both" can be shown by anybody; all else is the coach's.
COACHEE = {
    "unsupported claim that passed unpressed",
    "the coachee examines own work",
    "the coachee takes a next step",
}
BOTH = {"names a gap", "next step with a day", "next step without a day"}


def quotes(script, rows, name, p=1.0):
    tagged = script.tagged(rows, p)
    return find_evidence(tagged, build_table(tagged), name)


@given(st.data())
def test_quotes_are_few_real_and_from_the_right_side(script, any_rows, data):
    rows = data.draw(any_rows(40))
    for name in CRITERIA:
        found = quotes(script, rows, name)
        indices = [e.index for e in found]
        assert indices == sorted(set(indices))
        assert all(0 <= i < len(rows) for i in indices)
        for effect in ("earns", "loses"):
            assert sum(e.effect == effect for e in found) <= MOST
        for e in found:
            role = rows[e.index][0]
            assert set(e.metrics) <= set(METRICS)
            if e.why in COACHEE:
                assert role == "coachee"
            elif e.why not in BOTH:
                assert role == "coach"


@pytest.mark.parametrize(
    ("criterion", "row", "effect"),
    [
        ("inquiry", lambda s: s.ask("open", "development"), "earns"),
        ("inquiry", lambda s: s.reflect(), "earns"),
        ("inquiry", lambda s: s.ask("leading"), "loses"),
        ("inquiry", lambda s: s.tell(text="word " * 60), "loses"),
        ("challenge", lambda s: s.tell(challenge=True), "earns"),
        ("challenge", lambda s: s.answer("unsupported"), "loses"),
        ("development", lambda s: s.tell(marks=("skill_gap",)), "earns"),
        ("development", lambda s: s.answer("reflection"), "earns"),
        ("development", lambda s: s.ask("closed", "deal", marks=("outcome",)), "loses"),
        ("guidance", lambda s: s.tell("feedback", "development"), "earns"),
        ("guidance", lambda s: s.tell("guidance", "deal"), "loses"),
        ("commitment", lambda s: s.answer("action_item", text="I will, by Friday."), "earns"),
        ("commitment", lambda s: s.ask(marks=("follow_up",)), "earns"),
        ("commitment", lambda s: s.tell("guidance", marks=("action_item",)), "loses"),
    ],
)
def test_what_shows_a_criterion_is_quoted(script, criterion, row, effect):
    rows = [script.okay(), script.answer(), row(script), script.okay(), script.answer()]
    found = quotes(script, rows, criterion)
    assert [(e.index, e.effect) for e in found] == [(2, effect)]


def test_only_a_closed_question_after_another_is_a_series(script):
    rows = [script.ask("closed"), script.answer(), script.ask("closed"), script.answer()]
    assert [e.index for e in quotes(script, rows, "inquiry")] == [2]


def test_a_question_answered_by_the_coach_is_quoted(script):
    rows = [script.ask("closed"), script.tell(), script.answer(), script.ask("open")]
    found = {e.index: e.effect for e in quotes(script, rows, "inquiry")}
    assert found == {0: "loses", 3: "earns"}


def test_sure_and_telling_quotes_come_before_the_rest(script):
    long = script.ask("open", "development", text="How did you come to ask for that first?")
    rows = [script.ask("open", "development", text="How?"), script.answer()] * 6 + [long]
    assert [e.index for e in quotes(script, rows, "inquiry")][-1] == len(rows) - 1
    assert len(quotes(script, rows, "inquiry")) == MOST


def test_silence_shows_nothing(script):
    assert all(quotes(script, [], name) == () for name in CRITERIA)
