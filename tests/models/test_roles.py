import numpy as np
import pytest

from models.roles import RoleModel

ASKS = ("What would you ask", "How would you open", "What did you learn", "Why does it matter")
SAYS = ("I think I could ask", "I should have opened", "I learned a lot", "It matters to me")


def talks(make_labelled, count, noise):
    """Conversations in which somebody coaches; in some sentences each says what the other would."""
    rng = np.random.default_rng(count)
    found = []
    for number in range(count):
        rows = []
        for _ in range(20):
            said = [f"{rng.choice(words)} on day {rng.integers(9)}" for words in (ASKS, SAYS)]
            if rng.random() < noise:
                said.reverse()
            rows += [("coach", said[0], None), ("coachee", said[1], None)]
        found.append(make_labelled(rows, id=str(number), author=f"a{number}"))
    return found


@pytest.fixture(scope="module")
def model(make_labelled):
    return RoleModel().fit(talks(make_labelled, 12, 0.3))


def lines(talk, count):
    return [(u.speaker, u.text) for u in talk.conversation.utterances[:count]]


def test_how_sure_it_is_agrees_with_how_often_it_is_right(make_labelled, model):
    calibrated = RoleModel()
    calibrated.words, calibrated.model = model.words, model.model
    calibrated.calibrate(talks(make_labelled, 30, 0.3))
    sure, right = [], []
    for talk in talks(make_labelled, 40, 0.3):
        chances = calibrated.probabilities(lines(talk, 6))
        best = max(chances, key=lambda who: chances[who])
        sure.append(chances[best])
        right.append(best == talk.conversation.roles.coach)
    assert calibrated.steepness != RoleModel.steepness
    assert np.mean(sure) == pytest.approx(np.mean(right), abs=0.12)


def test_a_model_that_was_never_calibrated_has_its_odds_as_they_are(make_labelled, model):
    (talk,) = talks(make_labelled, 1, 0.0)
    chances = model.probabilities(lines(talk, 10))
    odds = dict(zip(sorted(chances), model._odds(lines(talk, 10)), strict=True))
    first, second = sorted(chances)
    assert np.log(chances[first] / chances[second]) == pytest.approx(
        np.clip(odds[first] - odds[second], -np.log(99), np.log(99)), abs=0.02
    )


def test_nothing_makes_it_certain(make_labelled, model):
    (talk,) = talks(make_labelled, 1, 0.0)
    long = lines(talk, 40) * 20
    sure = RoleModel()
    sure.words, sure.model, sure.steepness = model.words, model.model, (3.0, 1.0)
    chances = sure.probabilities(long)
    assert max(chances.values()) == pytest.approx(0.99, abs=0.001)
    assert sum(sure.probabilities([*long, ("Cy", "Me too.")]).values()) == pytest.approx(1)
