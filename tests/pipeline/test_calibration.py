import random
import re
from importlib import resources

import pytest
import tomlkit

from models.conversation import Conversation, RoleAssignment, Utterance
from models.labelled import ConversationLabels, LabelledConversation, UtteranceLabels, gold_tags
from models.labels import CRITERIA, KINDS
from pipeline.calibration import calibrate, rated, settle
from scoring.metrics import compute_metrics
from scoring.rubric import parse_rubric
from scoring.table import build_table

COMMON = (resources.files("scoring") / "rubrics" / "common.toml").read_text(encoding="utf-8")
OWN = 'kind = "deal_review"\nversion = "1"\ntitle = "Deals"\n'


def conversation(number: int, rng: random.Random) -> LabelledConversation:
    """A conversation as good as it is rated: the better, the more open, pressing, developing."""
    good = rng.random()
    labels, utterances = [], []
    for i in range(40):
        coach = i % 2 == 0
        utterances.append(
            Utterance(
                index=i,
                source=i,
                speaker="Ana" if coach else "Ben",
                role="coach" if coach else "coachee",
                text="word " * rng.randint(3, 20),
            )
        )
        lucky = rng.random() < good
        if not coach:
            mark = rng.choice(["reflection", "action_item"] if lucky else ["unsupported"])
            labels.append(UtteranceLabels(marks=[mark]))
            continue
        asks = rng.random() < 0.3 + 0.4 * good
        labels.append(
            UtteranceLabels(
                act="question" if asks else "telling",
                question_form=("open" if lucky else "closed") if asks else None,
                telling_kind=None if asks else rng.choice(["guidance", "feedback"]),
                challenge=rng.random() < good / 2,
                focus="development" if lucky else "deal",
                activity=rng.choice(["call", "opportunity"]),
                marks=[rng.choice(["process", "skill_gap"] if lucky else ["outcome"])],
            )
        )
    rating = min(max(round(1 + 4 * good + rng.gauss(0, 0.3)), 1), 5)
    return LabelledConversation(
        id=str(number),
        author="hand",
        conversation=Conversation(
            utterances=tuple(utterances),
            roles=RoleAssignment(
                roles={"Ana": "coach", "Ben": "coachee"}, source="file", confidence=1
            ),
        ),
        labels=ConversationLabels(
            kind="deal_review",
            focus="development" if good > 0.5 else "deal_pursuit",
            style="questioning" if good > 0.4 else "telling",
            challenge_level=round(3 * good),
            ratings=dict.fromkeys(CRITERIA, rating),
            coaching=rating,
        ),
        utterance_labels=tuple(labels),
    )


@pytest.fixture(scope="module")
def corpus():
    rng = random.Random(1)  # noqa: S311 -- made-up conversations, not a secret
    return [conversation(i, rng) for i in range(60)]


@pytest.fixture(scope="module")
def fitted(corpus):
    return calibrate(COMMON, corpus, [gold_tags(c) for c in corpus])


def without_numbers(text):
    return re.sub(r"-?\d+(\.\d+)?(e-?\d+)?", "N", text)


def texts(value):
    """Everything written by hand, in order."""
    if isinstance(value, dict):
        return [t for k, v in value.items() for t in [k, *texts(v)]]
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    return [str(value)] if isinstance(value, str) else []


def test_only_numbers_change(fitted):
    assert fitted != COMMON
    assert texts(tomlkit.parse(fitted).unwrap()) == texts(tomlkit.parse(COMMON).unwrap())
    comments = [line for line in COMMON.splitlines() if line.startswith("#")]
    assert [line for line in fitted.splitlines() if line.startswith("#")] == comments
    assert without_numbers(fitted) == without_numbers(COMMON)


def test_the_fit_is_a_rubric_that_never_punishes_a_good_thing(fitted):
    before, after = parse_rubric(COMMON, OWN), parse_rubric(fitted, OWN)
    for old, new in zip(before.criteria, after.criteria, strict=True):
        assert new.base >= 0
        for was, now in zip(old.measures, new.measures, strict=True):
            assert now.points >= 0
            assert (now.high > now.low) == (was.high > was.low)
    assert all(w >= 0 for w in after.challenge_level.weights.values())


def test_the_score_ranks_as_the_experts_did(fitted, corpus):
    rubric = parse_rubric(fitted, OWN)
    found = []
    for item in corpus:
        metrics = compute_metrics(build_table(gold_tags(item)))
        found.append(rubric.overall({c.name: c.score(metrics) for c in rubric.criteria}))
    pairs = list(zip(found, [c.labels.coaching for c in corpus], strict=True))
    best = [score for score, rating in pairs if rating >= 4]
    worst = [score for score, rating in pairs if rating <= 2]
    assert min(len(best), len(worst)) > 10
    assert sum(best) / len(best) > sum(worst) / len(worst) + 30


def test_settling_moves_the_scale_only_and_covers_nine_in_ten(fitted, corpus):
    own = dict.fromkeys(KINDS, OWN)
    settled = settle(fitted, own, corpus, [gold_tags(c) for c in corpus])
    before, after = parse_rubric(fitted, OWN), parse_rubric(settled, OWN)
    scale = {"centre", "spread", "expert_sd"}
    assert after.model_dump(exclude=scale) == before.model_dump(exclude=scale)
    inside = 0
    for item in corpus:
        metrics = compute_metrics(build_table(gold_tags(item)))
        score = after.overall({c.name: c.score(metrics) for c in after.criteria})
        inside += abs(score - 25 * (item.labels.coaching - 1)) <= 1.645 * after.expert_sd + 0.2
    assert inside / len(corpus) >= 0.88


@pytest.mark.parametrize("missing", ["coaching", "focus", "style", "challenge_level"])
def test_a_conversation_without_a_label_is_not_fitted_on(missing):
    item = conversation(0, random.Random(1))  # noqa: S311
    assert rated(item)
    assert not rated(
        item.model_copy(update={"labels": item.labels.model_copy(update={missing: None})})
    )


def test_a_conversation_without_a_rating_is_not_fitted_on():
    item = conversation(0, random.Random(1))  # noqa: S311
    fewer = {name: item.labels.ratings[name] for name in CRITERIA[1:]}
    assert not rated(
        item.model_copy(update={"labels": item.labels.model_copy(update={"ratings": fewer})})
    )
