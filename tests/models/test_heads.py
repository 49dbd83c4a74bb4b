import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.heads import HEADS, WIDTH, decode, link, target, targets
from models.labelled import UtteranceLabels, gold_tags
from models.labels import ROLES

# The codebook's tables, spelled out: a label lost or renamed in the code is noticed here.
CODEBOOK = {
    "coach.act": {"question", "telling", "reflection", "other"},
    "coach.question_form": {"open", "closed", "leading"},
    "coach.telling_kind": {"guidance", "feedback", "information"},
    "coach.challenge": {"challenge"},
    "coach.focus": {"deal", "development", "neither"},
    "coach.activity": {"call", "opportunity", "account", "territory", "none"},
}
MARKS = {"skill_gap", "process", "outcome", "action_item", "follow_up", "initiative"}
THRESHOLDS = {head.key: 0.5 for head in HEADS if head.is_flag}

ROWS = [
    ("coachee", "It went well.", {"marks": ["unsupported", "outcome"]}),
    (
        "coach",
        "How do you know?",
        {
            "act": "question",
            "question_form": "open",
            "challenge": True,
            "focus": "deal",
            "activity": "call",
        },
    ),
    (
        "coach",
        "Ask for the budget first.",
        {
            "act": "telling",
            "telling_kind": "guidance",
            "challenge": False,
            "focus": "development",
            "activity": "opportunity",
            "marks": ["process", "skill_gap"],
        },
    ),
    ("coachee", "I should have.", {"marks": ["reflection"]}),
    (
        "coach",
        "Okay.",
        {"act": "other", "challenge": False, "focus": "neither", "activity": "none"},
    ),
]


def test_every_label_of_the_codebook_has_its_column():
    found = {head.key: set(head.classes) for head in HEADS}
    marks = {f"coach.{m}": {m} for m in MARKS}
    marks |= {f"coachee.{m}": {m} for m in MARKS | {"unsupported", "reflection"}}
    assert found == CODEBOOK | marks
    columns = [c for head in HEADS for c in range(head.columns.start, head.columns.stop)]
    assert columns == list(range(WIDTH))


def test_a_head_is_learnt_only_where_the_codebook_defines_it():
    by_key = {head.key: head for head in HEADS}
    told = UtteranceLabels(act="telling", telling_kind="feedback", challenge=True, focus="deal")
    assert target(by_key["coach.act"], told, "coach") == 1
    assert target(by_key["coach.telling_kind"], told, "coach") == 1
    assert target(by_key["coach.challenge"], told, "coach") == 1
    assert target(by_key["coach.process"], told, "coach") == 0
    assert target(by_key["coach.question_form"], told, "coach") is None
    assert target(by_key["coach.activity"], told, "coach") is None
    assert target(by_key["coachee.unsupported"], told, "coach") is None
    assert target(by_key["coach.act"], told, "other") is None
    assert target(by_key["coach.act"], None, "coach") is None


def test_labels_written_as_probabilities_are_read_back(make_labelled, make_talk):
    item = make_labelled(ROWS)
    matrix = np.zeros((len(ROWS), WIDTH), dtype=np.float32)
    for head in HEADS:
        for row, value in enumerate(targets(head, [item])):
            if value >= 0:
                matrix[row, head.start + (0 if head.is_flag else value)] = (
                    value if head.is_flag else 1
                )
    decoded = decode(matrix, item.conversation.utterances, THRESHOLDS)
    assert decoded == gold_tags(item).tags


@given(
    data=st.data(),
    roles=st.lists(st.sampled_from(ROLES), min_size=1, max_size=6),
    threshold=st.floats(0, 1),
)
def test_whatever_the_probabilities_tags_obey_the_codebook(
    data, roles, threshold, make_talk, obey_codebook
):
    shape = (len(roles), WIDTH)
    matrix = data.draw(arrays.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))
    talk = make_talk((role, "Well.") for role in roles)
    obey_codebook(decode(matrix, talk, dict.fromkeys(THRESHOLDS, threshold)), talk)


def test_a_flag_left_out_says_how_sure_that_is(make_talk):
    matrix = np.full((1, WIDTH), 0.2, dtype=np.float32)
    (tags,) = decode(matrix, make_talk([("coach", "Fine.")]), THRESHOLDS)
    assert (tags.challenge.value, tags.challenge.p) == (False, pytest.approx(0.8))
    assert tags.marks.value == ()
    assert tags.marks.p["process"] == pytest.approx(0.2)


@given(arrays.arrays(np.float32, (3, WIDTH), elements=st.floats(-60, 60, width=32)))
def test_scores_become_probabilities(scores):
    found = link(scores)
    assert ((found >= 0) & (found <= 1)).all()
    for head in HEADS:
        if not head.is_flag:
            assert found[:, head.columns].sum(axis=1) == pytest.approx(1, abs=1e-4)
