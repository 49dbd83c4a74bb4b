import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import CRITERIA, KINDS
from pipeline.rubrics import load_rubric
from scoring.metrics import METRICS
from scoring.rubric import RubricError, parse_rubric

FOLDER = resources.files("scoring") / "rubrics"
COMMON = (FOLDER / "common.toml").read_text(encoding="utf-8")
OWN = 'kind = "deal_review"\nversion = "2"\ntitle = "Deals"\n'

FIGURES = st.fixed_dictionaries({name: st.floats(-50, 150) for name in METRICS})


def directions(rubric):
    """Whether more or less of a metric is better, by metric."""
    found = {}
    for criterion in rubric.criteria:
        for measure in criterion.measures:
            found.setdefault(measure.metric, set()).add(measure.high > measure.low)
    return found


def scores(rubric, metrics):
    criteria = {c.name: c.score(metrics) for c in rubric.criteria}
    return criteria, rubric.overall(criteria)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_rubric_is_whole(kind):
    rubric = load_rubric(kind)
    assert tuple(c.name for c in rubric.criteria) == CRITERIA
    assert sum(c.weight for c in rubric.criteria) + rubric.weakest_half == pytest.approx(
        1, abs=2e-3
    )
    assert rubric.provenance.name == f"rubric/{kind}"
    for criterion in rubric.criteria:
        assert criterion.title
        assert criterion.source
        assert sum(m.points for m in criterion.measures) > 0
        assert all(len(m.advice) > 20 for m in criterion.measures)


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_never_earns_in_one_criterion_what_it_costs_in_another(kind):
    torn = [metric for metric, ways in directions(load_rubric(kind)).items() if len(ways) > 1]
    assert torn == []


@given(metrics=FIGURES, kind=st.sampled_from(KINDS), data=st.data())
def test_more_of_a_good_thing_never_lowers_a_score(metrics, kind, data):
    rubric = load_rubric(kind)
    ways = directions(rubric)
    name = data.draw(st.sampled_from(sorted(ways)))
    (more_is_better,) = ways[name]
    by = data.draw(st.floats(0, 100))
    better = metrics | {name: metrics[name] + (by if more_is_better else -by)}
    (before, overall), (after, new_overall) = scores(rubric, metrics), scores(rubric, better)
    assert all(after[c] >= before[c] - 1e-9 for c in CRITERIA)
    assert new_overall >= overall - 1e-9


@given(metrics=FIGURES, kind=st.sampled_from(KINDS))
def test_scores_stay_on_their_scale(metrics, kind):
    criteria, overall = scores(load_rubric(kind), metrics)
    assert all(0 <= points <= 100 for points in criteria.values())
    assert 0 <= overall <= 100


def test_points_rise_straight_from_low_to_high_in_both_directions():
    measures = {m.metric: m for c in load_rubric("deal_review").criteria for m in c.measures}
    for measure in measures.values():
        middle = (measure.low + measure.high) / 2
        beyond = measure.high + (measure.high - measure.low)
        assert measure.earned(measure.low) == 0
        assert measure.earned(middle) == pytest.approx(measure.points / 2)
        assert measure.earned(beyond) == measure.points


def test_a_kind_adds_to_what_is_common():
    own = f"""{OWN}
[[measures]]
criterion = "guidance"
metric = "follow_ups"
low = 0.0
high = 2.0
points = 5.0
advice = "Ask what became of it."
"""
    plain, added = parse_rubric(COMMON, OWN), parse_rubric(COMMON, own)
    assert added.title == "Deals"
    assert added.version.endswith("+2")
    (more,) = [c.measures for c in added.criteria if c.name == "guidance"]
    (less,) = [c.measures for c in plain.criteria if c.name == "guidance"]
    assert [m.metric for m in more] == [*(m.metric for m in less), "follow_ups"]


MEASURE = """
[[measures]]
criterion = "guidance"
metric = "call_share"
low = 0.1
high = 0.5
points = 6.0
advice = "Plan it."
"""


@pytest.mark.parametrize(
    ("common", "own", "said"),
    [
        ("version = \n", OWN, "line 1"),
        (
            COMMON,
            OWN + MEASURE.replace("call_share", "vibes"),
            r"criteria\.3\.measures\.\d+: .*vibes",
        ),
        (COMMON, OWN + MEASURE.replace("0.5", "0.1"), "low and high must differ"),
        (COMMON, OWN + MEASURE.replace("6.0", "-6.0"), r"criteria\.3\.measures\.\d+\.points"),
        (COMMON, OWN + MEASURE.replace("advice", "advise"), r"criteria\.3\.measures\.\d+\.advice"),
        (COMMON, OWN + MEASURE.replace('criterion = "guidance"\n', ""), "criterion"),
        (COMMON, OWN + MEASURE.replace('"guidance"', '"guidence"'), "guidence"),
        (COMMON, OWN.replace("deal_review", "standup"), "kind"),
        (COMMON, OWN.replace("version", "edition"), "version"),
        (COMMON.replace("[weights]", "[weighs]"), OWN, "weights"),
        (COMMON.replace("[weights]\ninquiry = 0.", "[weights]\ninquiry = 0.9"), OWN, "add up to"),
        (COMMON.replace('name = "inquiry"', 'name = "enquiry"'), OWN, "enquiry|inquiry"),
        (COMMON.replace("[weights]\n", "typo = 1\n[weights]\n"), OWN, "typo"),
        (
            COMMON.replace("development_share = ", "growth_share = ", 1),
            OWN,
            "logit: .*growth_share",
        ),
        ("weights = 3\ncriteria = 4\nversion = '1'", OWN, "shape of a rubric"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_said_with_its_place(common, own, said):
    with pytest.raises(RubricError, match=said):
        parse_rubric(common, own)


def test_a_folder_without_a_rubric_is_named(tmp_path):
    with pytest.raises(RubricError, match=r"common\.toml cannot be read"):
        load_rubric("deal_review", tmp_path)


def test_an_own_rubric_is_used_in_place_of_the_shipped_one(tmp_path):
    (tmp_path / "common.toml").write_text(COMMON, encoding="utf-8")
    (tmp_path / "deal_review.toml").write_text(OWN, encoding="utf-8")
    assert load_rubric("deal_review", tmp_path).title == "Deals"


def test_a_curve_as_steep_as_one_likes_stays_on_the_scale():
    steep = parse_rubric(COMMON, OWN).model_copy(update={"centre": 2000.0, "spread": 1.0})
    assert steep.overall(dict.fromkeys(CRITERIA, 0.0)) == pytest.approx(0)
    assert steep.overall(dict.fromkeys(CRITERIA, 100.0)) == pytest.approx(0)


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_curve_without_a_number_is_refused(value):
    broken = re.sub(r"(?m)^centre = .*$", f"centre = {value}", COMMON)
    with pytest.raises(RubricError, match="centre"):
        parse_rubric(broken, OWN)
