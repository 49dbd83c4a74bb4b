import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import CRITERIA
from scoring.evidence import MOST, find_evidence
from scoring.metrics import METRICS
from scoring.table import build_table, probabilities

# What only the coachee can show; "both" can be shown by anybody; all else is the coach's.
COACHEE = {
    "unsupported claim that passed unpressed",
    "the coachee examines own work",
    "the coachee takes a next step",
}
BOTH = {"names a gap", "next step with a day", "next step without a day"}


WELL = "I went straight to the price and lost her."


def quotes(script, rows, name, p=1.0):
    tagged = script.tagged(rows, p)
    return find_evidence(build_table(tagged), probabilities(tagged), name)


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
        (
            "commitment",
            lambda s: s.tell("guidance", text="Write to her again.", marks=("action_item",)),
            "loses",
        ),
    ],
)
def test_what_shows_a_criterion_is_quoted(script, criterion, row, effect):
    talks = script.answer(text=WELL)
    rows = [script.okay(), script.answer(), row(script), script.okay(), talks]
    found = quotes(script, rows, criterion)
    assert [(e.index, e.effect) for e in found] == [(2, effect)]


def test_only_a_closed_question_after_another_is_a_series(script):
    rows = [script.ask("closed"), script.answer(), script.ask("closed"), script.answer()]
    assert [e.index for e in quotes(script, rows, "inquiry")] == [2]


def test_a_question_answered_by_the_coach_is_quoted(script):
    rows = [script.ask("closed"), script.tell(), script.answer(), script.ask("open")]
    rows.append(script.answer(text=WELL))
    found = {e.index: e.effect for e in quotes(script, rows, "inquiry")}
    assert found == {0: "loses", 3: "earns"}


def test_a_question_that_nobody_answers_costs(script):
    rows = [script.ask("open", "development"), script.answer(text="Hm.")]
    (quote,) = quotes(script, rows, "inquiry")
    assert (quote.effect, quote.why) == ("loses", "open question that got no answer")


def test_pressing_on_a_result_is_not_harping_on_it(script):
    pressed = script.tell(focus="deal", marks=("outcome",), challenge=True)
    assert quotes(script, [pressed, script.answer()], "development") == ()


def test_a_quote_says_how_sure_the_tags_are_that_make_it(script):
    rows = [script.ask("open", "development"), script.answer(text=WELL)]
    (quote,) = quotes(script, rows, "inquiry", p=0.9)
    assert quote.p == pytest.approx(0.81)  # Open, and about how the work is done.


def test_what_is_likely_wrong_stands_behind_the_rest(script):
    rows = [script.tell("feedback", "development", text=f"You did it {n}.") for n in range(MOST)]
    sure = script.tagged([*rows, script.answer()], 0.9)
    gap = script.tagged([script.tell(text="You never ask her.", marks=("skill_gap",))], 0.3)
    talk = [
        *((role, text, tags | {"marks": ("process",)}) for role, text, tags in rows),
        *[script.tell(text="You never ask her.", marks=("skill_gap",))] * 2,
    ]
    tagged = script.tagged(talk, 0.9)
    doubtful = [
        tags.model_copy(update={"marks": gap.tags[0].marks}) if tags.has("skill_gap") else tags
        for tags in tagged.tags
    ]
    tagged = sure.model_copy(update={"conversation": tagged.conversation, "tags": tuple(doubtful)})
    found = find_evidence(build_table(tagged), probabilities(tagged), "development")
    assert {e.why for e in found} == {"works on how it is done"}


def test_sure_and_telling_quotes_come_before_the_rest(script):
    long = script.ask("open", "development", text="How did you come to ask for that first?")
    rows = [script.ask("open", "development", text="How?"), script.answer(text=WELL)] * 6
    rows += [long, script.answer(text=WELL)]
    assert [e.index for e in quotes(script, rows, "inquiry")][-1] == len(rows) - 2
    assert len(quotes(script, rows, "inquiry")) == MOST


def test_silence_shows_nothing(script):
    assert all(quotes(script, [], name) == () for name in CRITERIA)
