"""Blending families, context, and the small models of roles and kinds, fitted here."""

import itertools
import random

import numpy as np
import pytest

from models.blend import Blend
from models.context import context_features
from models.features import numbers
from models.heads import HEADS, WIDTH, link
from models.kinds import KindModel
from models.labelled import gold_tags
from models.roles import RoleModel

ASKED = [
    "what did you learn from the call",
    "walk me through the meeting",
    "how will you open next time",
    "what would you do differently there",
]
SAID = [
    "i called them and they liked it",
    "i think they will sign this month",
    "i sent the quote on monday",
    "i should have asked about the budget",
]
TOPICS = {"one_on_one": "your weekend and last week", "deal_review": "the contract and its price"}


def synthetic(make_labelled, count=16):
    """Conversations in which Ana coaches, speaks first, and talks of the kind's topic."""
    rng = random.Random(0)  # noqa: S311 -- words, not a secret
    corpus = []
    for number, kind in zip(range(count), itertools.cycle(TOPICS), strict=False):
        rows = []
        for _ in range(6):
            rows.append(("coach", f"{rng.choice(ASKED)} with {TOPICS[kind]}", None))
            rows.append(("coachee", f"{rng.choice(SAID)} with {TOPICS[kind]}", None))
        corpus.append(make_labelled(rows, id=str(number), author=f"a{number}", kind=kind))
    return corpus


@pytest.fixture(scope="module")
def roles(make_labelled):
    return RoleModel().fit(synthetic(make_labelled))


@pytest.fixture(scope="module")
def two_families():
    """Targets, a family that mostly knows them, and one that guesses."""
    rng = np.random.default_rng(0)
    n = 400
    wanted = {h.key: rng.integers(0, max(len(h.classes), 2), n) for h in HEADS}
    scores = rng.normal(0, 1, (n, WIDTH))
    for head in HEADS:
        if head.is_flag:
            scores[:, head.start] += np.where(wanted[head.key] == 1, 1.5, -1.5)
        else:
            scores[np.arange(n), head.start + wanted[head.key]] += 2
    return wanted, link(scores), link(rng.normal(0, 2, (n, WIDTH)))


def test_the_blend_learns_whom_to_trust(two_families):
    wanted, knows, guesses = two_families
    blend = Blend().fit([guesses, knows], wanted)
    for head in HEADS:
        worse, better = blend.weights[head.key]
        assert 0 <= worse < better


def test_the_blend_is_as_good_as_its_better_family_and_adds_up(two_families):
    wanted, knows, guesses = two_families
    found = Blend().fit([knows, guesses], wanted).predict([knows, guesses])
    assert found.shape == knows.shape
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 1)).all()
    for head in HEADS:
        y, part = wanted[head.key], found[:, head.columns]
        if head.is_flag:
            right = ((part[:, 0] >= 0.5) == y).mean()
            alone = ((knows[:, head.start] >= 0.5) == y).mean()
        else:
            assert part.sum(axis=1) == pytest.approx(1, abs=1e-4)
            right = (part.argmax(axis=1) == y).mean()
            alone = (knows[:, head.columns].argmax(axis=1) == y).mean()
        assert right >= alone - 0.03


def test_a_head_without_any_label_is_an_even_blend(two_families):
    wanted, knows, guesses = two_families
    unlabelled = {key: np.full_like(y, -1) for key, y in wanted.items()}
    blend = Blend().fit([knows, guesses], unlabelled)
    assert blend.weights["coach.act"] == pytest.approx([0.5, 0.5])
    assert blend.bias["coach.act"] == pytest.approx(np.zeros(4))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 30])
def test_context_has_one_width_for_any_length(make_talk, count):
    talk = make_talk([("coach", "What next?"), ("coachee", "The price.")] * 15)[:count]
    rng = np.random.default_rng(0)
    matrix = rng.uniform(0, 1, (count, WIDTH)).astype(np.float32)
    found = context_features(matrix, talk, numbers(talk))
    alone = talk[:1]
    one = context_features(np.full((1, WIDTH), 0.5, dtype=np.float32), alone, numbers(alone))
    assert found.shape == (count, one.shape[1])
    assert np.isfinite(found).all()


def test_context_does_not_see_what_the_other_side_cannot_have(make_talk):
    talk = make_talk([("coachee", "Well."), ("coach", "Why?")])
    matrix = np.full((2, WIDTH), 0.5, dtype=np.float32)
    changed = matrix.copy()
    changed[0, HEADS[0].columns] = 0.99  # An act, for the coachee: not defined.
    dense = numbers(talk)
    assert (context_features(matrix, talk, dense) == context_features(changed, talk, dense)).all()


def test_neither_order_nor_name_makes_the_coach(roles):
    asking, answering = ASKED[:3], SAID[:3]
    for names in (("Ana", "Ben"), ("Ben", "Ana"), ("Zoe", "Abe")):
        coach, coachee = names
        pairs = [((coach, a), (coachee, b)) for a, b in zip(asking, answering, strict=True)]
        for turn in (1, -1):
            odds = roles.probabilities([line for pair in pairs for line in pair[::turn]])
            assert odds[coach] > 0.7
            assert sum(odds.values()) == pytest.approx(1)


def test_another_name_gives_the_same_probability(roles):
    lines = [("Ana", ASKED[0]), ("Ben", SAID[0]), ("Ana", SAID[1])]
    renamed = [({"Ana": "Zoe", "Ben": "Abe"}[name], text) for name, text in lines]
    before, after = roles.probabilities(lines), roles.probabilities(renamed)
    assert (after["Zoe"], after["Abe"]) == pytest.approx((before["Ana"], before["Ben"]))


def test_a_third_speaker_shares_the_probability(roles):
    lines = [("Ana", ASKED[0]), ("Ben", SAID[0]), ("Cy", SAID[2])]
    odds = roles.probabilities(lines)
    assert set(odds) == {"Ana", "Ben", "Cy"}
    assert max(odds, key=odds.get) == "Ana"
    assert sum(odds.values()) == pytest.approx(1)


def test_the_words_tell_the_kind(make_labelled):
    model = KindModel().fit(
        [*synthetic(make_labelled), make_labelled([("coach", "the contract", None)])]
    )
    for kind, topic in TOPICS.items():
        talk = [("coachee", SAID[0], None), ("coach", f"let us look at {topic}", None)] * 3
        found = model.probabilities(gold_tags(make_labelled(talk)))
        assert set(found) == set(TOPICS)
        assert found[kind] > 0.5
        assert sum(found.values()) == pytest.approx(1)


def test_the_tags_tell_the_kind_where_the_words_do_not(make_labelled):
    def talk(kind, **labels):
        said = {"act": "question", "challenge": False, **labels}
        return make_labelled([("coach", "go on then", said), ("coachee", "yes", {})] * 8, kind=kind)

    visit = {"focus": "development", "activity": "call"}
    sale = {"focus": "deal", "activity": "opportunity"}
    alike = [talk("ride_along", **visit), talk("deal_review", **sale)] * 6
    model = KindModel().fit([*alike, *synthetic(make_labelled)])
    assert model.probabilities(gold_tags(talk(None, **visit)))["ride_along"] > 0.5
    assert model.probabilities(gold_tags(talk(None, **sale)))["deal_review"] > 0.5
