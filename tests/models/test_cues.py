import math

from hypothesis import given
from hypothesis import strategies as st

from models.cues import CUE_NAMES, cue_matrix, words
from models.labels import ROLES

LINES = st.lists(st.tuples(st.sampled_from(ROLES), st.text(max_size=60)), min_size=1, max_size=8)


def cue(row: list[float], name: str) -> float:
    return row[CUE_NAMES.index(name)]


def test_apostrophes_and_punctuation_make_no_other_word():
    assert words("Don't — you\u2019re “late”, aren't you?!") == [
        "dont",
        "youre",
        "late",
        "arent",
        "you",
    ]
    assert words("dont youre late arent you") == words("Don't you're late, aren't you")
    assert words(" ?! … 'tis 3.5% ") == ["tis", "3", "5"]
    assert words("🙂 --- _") == []


@given(st.text())
def test_words_are_lower_case_letters_and_digits(text):
    found = words(text)
    assert all(w and w == w.lower() and w.isalnum() for w in found)


@given(LINES)
def test_any_text_gives_finite_cues_of_the_right_width(make_talk, lines):
    rows = cue_matrix(make_talk(lines))
    assert [len(row) for row in rows] == [len(CUE_NAMES)] * len(lines)
    assert all(math.isfinite(value) for row in rows for value in row)


@given(LINES)
def test_only_one_cue_sees_a_question_mark(make_talk, lines):
    marked = cue_matrix(make_talk((role, text + "?") for role, text in lines))
    plain = cue_matrix(make_talk((role, text.replace("?", " ")) for role, text in lines))
    assert [row[0] for row in marked] == [1.0] * len(lines)
    assert [row[1:] for row in marked] == [row[1:] for row in plain]


def test_a_question_shows_without_its_mark(make_talk):
    (row,) = cue_matrix(make_talk([("coach", "so um what did he say")]))
    assert cue(row, "starts_wh")
    assert cue(row, "any_inverted")
    (row,) = cue_matrix(make_talk([("coach", "okay did you ask for the budget")]))
    assert cue(row, "inverted")


def test_words_given_back_are_heard(make_talk):
    rows = cue_matrix(
        make_talk(
            [
                ("coachee", "The architect frowned at the price."),
                ("coach", "The architect frowned."),
                ("coach", "Send the invoice tomorrow."),
            ]
        )
    )
    assert cue(rows[1], "echo_share") == 1
    assert cue(rows[2], "echo_share") == 0


def test_no_text_no_rows():
    assert cue_matrix(()) == []
