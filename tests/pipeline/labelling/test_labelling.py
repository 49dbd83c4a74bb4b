"""Labelling at the terminal: what is typed, what is kept, and what is shown at the end."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from models.labelled import read_labelled
from models.labels import (
    ACTS,
    COACH_MARKS,
    COACHEE_MARKS,
    CRITERIA,
    KINDS,
    QUESTION_FORMS,
    STYLES,
    TELLING_KINDS,
    ConversationFocus,
)
from pipeline.labelling import codes, report
from pipeline.labelling.loop import label, open_conversation
from pipeline.labelling.session import Session, SessionError
from pipeline.settings import Settings

CODEBOOK = Path(__file__).parents[3] / "docs" / "codebook.md"

TALK = {
    "id": "halden",
    "participants": [
        {"speaker": "Ana", "role": "coach"},
        {"speaker": "Ben", "role": "coachee"},
        {"speaker": "Cy", "role": "other"},
    ],
    "utterances": [
        {"speaker": "Ana", "text": "What did Halden say?", "start": 0.0, "end": 1.5},
        {"speaker": "Ben", "text": "They love it."},
        {"speaker": "Cy", "text": "Sorry, wrong room."},
        {"speaker": "Ana", "text": "Love it?"},
        {"speaker": "Ana", "text": "Mm."},
    ],
}
CODES = ["q.o D c", "+u", "r!", "o"]
WHOLE = ["d", "D", "q", "2", "3", "", "2", "3", "4", "3"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "halden.json"
    path.write_text(json.dumps(TALK), encoding="utf-8")
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "labels" / "halden.json"


@pytest.fixture
def given(file):
    return open_conversation(file, None, Settings())


@pytest.fixture
def work(given, out):
    """Type answers in a session on `out`; gives whether all was asked, and what was said."""

    def call(*typed):
        left, said = list(typed), []

        def ask(prompt):
            said.append(prompt)
            if not left:
                raise EOFError
            return left.pop(0)

        done = label(Session(given, out), ask, said.append)
        assert not left
        return done, "\n".join(said)

    return call


def labels(path):
    return [u.get("labels") for u in json.loads(path.read_text(encoding="utf-8"))["utterances"]]


QUESTION = {
    "act": "question", "question_form": "open", "challenge": False,
    "focus": "deal", "activity": "call", "marks": [],
}  # fmt: skip
ECHO = {
    "act": "reflection", "challenge": True, "focus": "deal", "activity": "call", "marks": [],
}  # fmt: skip
IDLE = {
    "act": "other", "challenge": False, "focus": "neither", "activity": "none", "marks": [],
}  # fmt: skip


def test_what_is_typed_is_kept_in_the_labelled_form(work, out):
    done, _ = work(*CODES, *WHOLE)
    assert done
    assert labels(out) == [QUESTION, {"marks": ["unsupported"]}, None, ECHO, IDLE]
    kept = read_labelled(out)
    assert (kept.id, kept.labels.kind, kept.labels.challenge_level) == ("halden", "deal_review", 2)
    assert kept.labels.ratings == {"inquiry": 3, "development": 2, "guidance": 3, "commitment": 4}
    assert kept.labels.coaching == 3
    assert kept.conversation.utterances[0].end == 1.5
    assert kept.conversation.roles.roles == {"Ana": "coach", "Ben": "coachee", "Cy": "other"}


def test_nothing_is_lost_by_stopping_and_the_same_command_goes_on(work, out):
    done, said = work("q.o D c", "+u", "x")
    assert not done
    assert "3 of 14" in said
    assert labels(out)[:2] == [QUESTION, {"marks": ["unsupported"]}]
    done, said = work("r!", "o", *WHOLE)
    assert done
    assert "> 0 Ana" not in said
    assert labels(out) == [QUESTION, {"marks": ["unsupported"]}, None, ECHO, IDLE]


def test_the_end_of_input_stops_too(work, out):
    assert work("q.o D c")[0] is False
    assert labels(out)[0] == QUESTION


def test_an_answer_is_taken_back(work, out):
    work("<", "q.c D c", "<", "q.o D c", "+r", "<", "+u", "r!", "o", "c", "<", "d")
    assert labels(out) == [QUESTION, {"marks": ["unsupported"]}, None, ECHO, IDLE]
    assert read_labelled(out).labels.kind == "deal_review"


def test_what_is_taken_back_and_left_is_not_in_the_file(work, out):
    work("q.o D c", "+u", "<", "x")
    assert labels(out)[:2] == [QUESTION, None]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("y", "begins with"),
        ("q", "begins with"),
        ("q.o", "needed the first time"),
        ("o D c", "leave them out"),
        ("q.o D c +u", "Marks here are"),
        ("q.o D c +x", "Marks here are"),
    ],
)
def test_what_is_not_understood_is_asked_again(work, out, typed, said):
    _, shown = work(typed, "q.o D c")
    assert said in shown
    assert labels(out)[0] == QUESTION


def test_a_rating_that_is_none_is_asked_again(work, out):
    _, shown = work(*CODES, "d", "D", "q", "4", "2", "7", "5")
    assert shown.count("Not understood") == 2
    assert read_labelled(out).labels.ratings == {"inquiry": 5}


def test_context_is_shown_and_the_model_s_opinion_is_not(work):
    _, said = work("q.o D c", "x")
    assert "    0 Ana (coach): What did Halden say?" in said
    assert "  > 1 Ben (coachee): They love it." in said
    assert "model" not in said


def test_a_file_of_another_conversation_is_left_alone(given, out):
    out.parent.mkdir()
    other = TALK | {"utterances": TALK["utterances"][:3]}
    out.write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(SessionError, match="another conversation"):
        Session(given, out)
    assert json.loads(out.read_text(encoding="utf-8")) == other


def test_a_write_that_fails_leaves_the_old_labels(given, out, monkeypatch):
    session = Session(given, out)
    session.answer("q.o D c")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(SessionError, match="No space"):
        session.answer("+u")
    assert labels(out)[:2] == [QUESTION, None]
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_a_transcript_is_labelled_with_the_coach_that_is_named(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text("Ana: How did it go?\nBen: Well, I think.\n", encoding="utf-8")
    item = open_conversation(path, "ben", Settings())
    assert item.conversation.roles.coach == "Ben"
    assert item.utterance_labels == (None, None)


def test_labels_in_the_file_are_not_copied_but_compared(work, out, tmp_path, monkeypatch, fakes):
    work(*CODES, *WHOLE)
    monkeypatch.setattr(report.stages, "tag", fakes.tagged)
    monkeypatch.setattr(report.stages, "score", lambda tagged, kind, _: fakes.scored(tagged, kind))
    first = open_conversation(out, None, Settings())
    again = Session(first, tmp_path / "second.json")
    assert again.at == 0
    for typed in ("q.c D c", "+u", "r!", "o", *WHOLE):
        again.answer(typed)
    shown = report.agreement(again.labelled(), first, Settings())
    own, others = shown.split("Agreement with the labels in the file")
    assert "Agreement with the model" in own
    assert re.search(r"act +3 +1\.00 +1\.00", others)
    assert re.search(r"question_form +1 +0\.00 +0\.00", others)
    assert "unsupported: only yours" in others
    assert "conversation focus: yours deal_pursuit, model development" in others


def test_there_is_a_code_for_every_label():
    acts = list(codes.ACTS.values())
    assert {a["act"] for a in acts} == set(ACTS)
    assert {a["question_form"] for a in acts if "question_form" in a} == set(QUESTION_FORMS)
    assert {a["telling_kind"] for a in acts if "telling_kind" in a} == set(TELLING_KINDS)
    assert set(codes.MARKS.values()) == set(COACH_MARKS) | set(COACHEE_MARKS)
    whole = codes.CONVERSATION
    assert set(whole) == {"kind", "focus", "style", "challenge_level", *CRITERIA, "coaching"}
    assert set(whole["kind"].values()) == set(KINDS)
    assert set(whole["focus"].values()) == set(get_args(ConversationFocus))
    assert set(whole["style"].values()) == set(STYLES)


def test_the_codebook_lists_the_codes():
    text = CODEBOOK.read_text(encoding="utf-8").split("## Codes for labelling")[1].split("## ")[0]
    for code in (*codes.ACTS, *codes.FOCUSES, *codes.ACTIVITIES, *codes.MARKS, "!", "+"):
        assert f"`{code}`" in text, code
    for name in (*codes.MARKS.values(), *codes.FOCUSES.values(), *codes.ACTIVITIES.values()):
        assert name in text, name


def test_what_was_left_out_is_asked_again_and_the_rest_is_kept(work, given, out):
    work(*CODES, "", *WHOLE[1:])
    again = Session(given, out)
    assert again.step == "kind"
    for _ in range(3):
        again.answer("")
    labels = read_labelled(out).labels
    assert (labels.focus, labels.style) == ("deal_pursuit", "questioning")


def test_labels_of_another_coach_are_not_gone_on_with(work, given, out):
    work(*CODES, *WHOLE)
    talk = given.conversation
    other = {"coach": "coachee", "coachee": "coach", "other": "other"}
    swapped = tuple(u.model_copy(update={"role": other[u.role]}) for u in talk.utterances)
    item = given.model_copy(
        update={"conversation": talk.model_copy(update={"utterances": swapped})}
    )
    with pytest.raises(SessionError, match="somebody else as the coach"):
        Session(item, out)
