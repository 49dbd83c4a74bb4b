import pytest

from models.conversation import Recording
from pipeline.estimate import Watch, expected_seconds

HOUR = Recording(sha256="0" * 64, name="a", path="a", medium="audio", seconds=3600, channels=1)


class Clock:
    """Time that passes when it is told to."""

    now = 0.0

    def __call__(self):
        return self.now


def simulated(factors, steps=40):
    """Each moment of an analysis that takes `factors` times what is expected of a phase."""
    expected = expected_seconds(HOUR, 0, "small")
    took = {phase: seconds * factors.get(phase, 1.0) for phase, seconds in expected.items()}
    clock, total = Clock(), sum(took.values())
    watch = Watch(expected, clock)
    for phase, seconds in took.items():
        begun = clock.now
        for step in range(steps):
            clock.now = begun + seconds * step / steps
            yield clock.now / total, total - clock.now, watch.at(phase, step / steps)
        clock.now = begun + seconds


@pytest.mark.parametrize("speed", [0.3, 0.5, 1.0, 2.0, 5.0])
def test_the_time_left_holds_within_30_percent_from_a_third_on(speed):
    for done, left, found in simulated({"recognise": speed}):
        if 1 / 3 <= done <= 0.9:
            assert found.seconds_left == pytest.approx(left, rel=0.3), done


def test_it_holds_from_the_start_where_the_machine_is_as_expected():
    for _, left, found in simulated({"voices": 1.2, "recognise": 0.85}):
        if left > 20:
            assert found.seconds_left == pytest.approx(left, rel=0.3)


def test_the_share_rises_to_the_end_and_never_goes_back():
    shares = [found.share for _, _, found in simulated({"recognise": 4.0})]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.05
    assert shares[-1] > 0.95


def test_a_transcript_takes_seconds_and_a_larger_model_longer():
    notes = HOUR.model_copy(update={"medium": "transcript", "seconds": None})
    assert list(expected_seconds(notes, 60_000, "small")) == [
        "transcribe",
        "attribute",
        "tag",
        "score",
    ]
    assert sum(expected_seconds(notes, 60_000, "small").values()) < 15
    small, large = (expected_seconds(HOUR, 0, m)["recognise"] for m in ("small", "large-v3"))
    assert large > 3 * small
