"""Means, periods and slopes of scores."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from pipeline.coaching import trends
from pipeline.coaching.trends import ScorePoint, Summary, by_period, overlap, tally

OWNER = uuid4()


def point(overall: float | None, day: int = 0, half: float = 8.0) -> ScorePoint:
    known = overall is not None
    return ScorePoint(
        meeting_id=uuid4(),
        owner_id=OWNER,
        held_at=datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=day),
        kind="one_on_one",
        verdict="partly coaching" if known else "not enough evidence",
        overall=overall,
        low=overall - half if known else None,
        high=overall + half if known else None,
    )


def test_few_scores_have_no_mean() -> None:
    found = tally([point(50), point(60), point(None)]).summary()
    assert found == Summary(meetings=3, scored=2, mean=None, low=None, high=None)


def test_the_interval_is_students() -> None:
    from scipy.stats import t

    scores = [30.0, 55.0, 60.0, 90.0]
    found = tally([point(s) for s in scores]).summary()
    mean, error = 58.75, 24.622144504490257 / 2
    assert found.mean == round(mean, 1)
    assert found.low == pytest.approx(mean - t.ppf(0.95, 3) * error, abs=0.1)
    assert found.high == pytest.approx(mean + t.ppf(0.95, 3) * error, abs=0.1)
    for freedom in (1, 5, 30, 31, 60, 500):
        assert trends._t90(freedom) == pytest.approx(t.ppf(0.95, freedom), abs=2e-3)


def test_scores_that_agree_by_chance_stay_uncertain() -> None:
    found = tally([point(50, half=16.45)] * 4).summary()
    assert found.high - found.mean == pytest.approx(2.353 * 10 / 2, abs=0.1)


def test_the_interval_stays_on_the_scale() -> None:
    found = tally([point(99), point(97), point(60)]).summary()
    assert 0 <= found.low < found.mean < found.high == 100


def test_periods_begin_on_mondays_and_firsts() -> None:
    points = [point(50, day) for day in (0, 6, 7, 27, 100)]
    weeks = by_period(reversed(points), "week")
    assert [(w.start, w.meetings) for w in weeks] == [
        (date(2026, 1, 5), 2),
        (date(2026, 1, 12), 1),
        (date(2026, 1, 26), 1),
        (date(2026, 4, 13), 1),
    ]
    assert [(m.start, m.end) for m in by_period(points, "month")] == [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 4, 1), date(2026, 4, 30)),
    ]
    quarters = by_period([*points, point(50, 350)], "quarter")
    assert [(q.start, q.end) for q in quarters][-1] == (date(2026, 10, 1), date(2026, 12, 31))
    assert quarters[0].mean == 50


def test_a_slope_has_a_direction_only_where_it_is_clear() -> None:
    clear = tally([point(30 + day, day, 1) for day in (0, 10, 20, 30, 40)]).slope()
    assert (clear.points_per_30_days, clear.direction) == (30, "rising")
    down = tally([point(80 - day, day, 1) for day in (0, 10, 20, 30, 40)]).slope()
    assert down.direction == "falling"
    unsure = tally([point(s, day * 7) for day, s in enumerate((40, 60, 35, 70, 50))]).slope()
    assert unsure.direction == "no clear change"
    assert unsure.low < 0 < unsure.high
    assert tally([point(50, day) for day in range(4)]).slope() is None
    assert tally([point(50)] * 5).slope() is None


def test_summaries_are_told_apart_by_their_intervals() -> None:
    low, high = tally([point(20)] * 9).summary(), tally([point(90)] * 9).summary()
    assert not overlap(low, high)
    assert overlap(low, low)
    assert overlap(low, tally([]).summary())
