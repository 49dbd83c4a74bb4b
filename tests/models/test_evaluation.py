import pytest

from models.evaluation import LabelResult, compare, compare_tags, rank_correlation
from models.labelled import gold_tags

QUESTION = {"act": "question", "question_form": "open", "challenge": False, "focus": "deal"}


def test_a_flag_against_figures_worked_out_by_hand():
    wanted = [True, True, False, False, False]
    found = [True, False, True, False, False]
    # One of two found is right, one of two wanted is found. Agreed 3 of 5; by chance
    # 2/5 · 2/5 + 3/5 · 3/5 = 0.52, so kappa is (0.6 - 0.52) / 0.48.
    assert compare("process", wanted, found) == LabelResult(
        label="process",
        n=5,
        accuracy=0.6,
        support=2,
        precision=0.5,
        recall=0.5,
        f1=0.5,
        kappa=0.167,
    )


def test_a_field_against_figures_worked_out_by_hand():
    wanted = ["open", "open", "closed", "leading"]
    found = ["open", "closed", "closed", "open"]
    # F1 is 1/2 for open, 2/3 for closed, 0 for leading. Agreed 2 of 4; by chance
    # 1/2 · 1/2 + 1/4 · 1/2 + 1/4 · 0 = 0.375, so kappa is 0.125 / 0.625.
    assert compare("form", wanted, found) == LabelResult(
        label="form", n=4, accuracy=0.5, f1=0.389, kappa=0.2
    )


def test_a_value_that_nobody_labelled_does_not_lower_the_mean():
    found = compare("act", ["question", "telling"], ["question", "reflection"])
    assert found.f1 == 0.5


@pytest.mark.parametrize("value", [True, False, "deal"])
def test_where_all_is_one_value_kappa_is_undefined(value):
    assert compare("x", [value] * 3, [value] * 3).kappa is None


def test_disagreement_on_everything_is_less_than_chance():
    assert compare("x", [True, False], [False, True]).kappa == -1


def test_tags_are_compared_by_side_and_where_both_have_the_field(make_labelled):
    telling = {**QUESTION, "act": "telling", "question_form": None, "telling_kind": "guidance"}
    rows = [
        ("coach", "What did he say?", QUESTION),
        ("coach", "Tell me.", QUESTION),
        ("coach", "Ask him.", {**telling, "marks": ["process"]}),
        ("coachee", "Fine, I think.", {"marks": ["unsupported"]}),
        ("coachee", "He will.", {"marks": ["unsupported"]}),
        ("coach", "Unlabelled.", None),
    ]
    item = make_labelled(rows)
    wrong = [*rows]
    wrong[1] = ("coach", "Tell me.", telling)
    wrong[4] = ("coachee", "He will.", {"marks": []})
    tags = gold_tags(make_labelled(wrong)).tags
    found = {r.label: r for r in compare_tags([item], [tags])}
    assert (found["act"].n, found["question_form"].n, found["telling_kind"].n) == (3, 1, 1)
    asked = found["act=question"]
    assert (asked.support, asked.precision, asked.recall) == (2, 1, 0.5)
    claims = found["coachee unsupported"]
    assert (claims.n, claims.support, claims.recall) == (2, 2, 0.5)
    assert found["coach process"].n == 3
    assert "activity" not in found


def test_tags_that_do_not_fit_the_utterances_are_refused(make_labelled):
    item = make_labelled([("coach", "Well.", QUESTION)])
    with pytest.raises(ValueError, match="zip"):
        compare_tags([item], [()])


def test_rank_correlation():
    assert rank_correlation([10, 20, 90], [1, 2, 3]) == 1
    assert rank_correlation([90, 20, 10], [1, 2, 3]) == -1
    assert rank_correlation([50, 50, 50], [1, 2, 3]) is None
    assert rank_correlation([], []) is None
