import pytest

from scoring.metrics import METRICS
from scoring.text import render_scoreboard, render_text


def test_text(make_report, snapshot):
    assert render_text(make_report(confidence=0.7), transcript=True) == snapshot


def test_text_without_enough_evidence(make_report, snapshot):
    assert render_text(make_report(enough=False, times=False)) == snapshot


def test_scoreboard(make_report, snapshot):
    reports = [make_report(), make_report(confidence=0.6), make_report(enough=False)]
    assert render_scoreboard(reports) == snapshot


@pytest.mark.parametrize("width", [40, 60, 90])
def test_text_keeps_its_width(make_report, width):
    report = make_report(words="long " * 200)
    lines = render_text(report, width, transcript=True).splitlines()
    table = [line for line in lines if "weighs" in line]  # A bar keeps a least length.
    assert max(len(line) for line in lines if line not in table) <= width


def test_scoreboard_keeps_its_width_with_long_names(make_report):
    report = make_report(coach="A name of very great length indeed")
    longer = report.model_copy(update={"title": "A title that goes on and on " * 4})
    assert max(len(line) for line in render_scoreboard([longer]).splitlines()) <= 100


def test_no_metric_is_called_by_its_key(make_report):
    text = render_text(make_report(), transcript=True)
    assert not [name for name in METRICS if "_" in name and name in text]
