"""The fictional organisation: made once, found again, in a folder of its own."""

from pathlib import Path

import pytest

from pipeline import demo
from pipeline.captions.reader import read_transcript
from pipeline.people.policy import Reach
from pipeline.service import Service
from pipeline.settings import Settings


@pytest.fixture
def one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two meetings each are enough to see how they are made."""
    few = {name: held[-2:] for name, held in demo._MEETINGS.items()}
    monkeypatch.setattr(demo, "_MEETINGS", few)


def test_its_log_does_not_push_the_sign_ins_off_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.demo_settings(Settings(home=tmp_path)).log_level == "warning"
    monkeypatch.setenv("COACHSCORE_LOG_LEVEL", "info")
    assert demo.demo_settings(Settings(home=tmp_path)).log_level == "info"


def test_it_is_made_once_and_opened_with_a_new_password(tmp_path: Path, one_each: None) -> None:
    settings = demo.demo_settings(Settings(home=tmp_path, database_url="sqlite:///elsewhere.db"))
    assert settings.home == tmp_path / "demo"
    assert settings.database_url is None
    service = Service.open(settings)
    first = demo.prepare(service)
    views = service.meetings.list(Reach(released=None))
    assert len(first.people) == 5
    # The newest one is still seen by its manager alone.
    assert len(views) == 7
    assert {view.owner_name for view in views} == {
        "Vera Quist", "Mara Holt", "Tom Reyes", "Ines Auer",
    }  # fmt: skip
    again = demo.prepare(service)
    assert again.people == first.people
    assert again.password != first.password
    assert service.meetings.list(Reach(released=None)) == views
    service.close()


def test_every_conversation_is_there_and_has_times_and_two_speakers() -> None:
    held = [one for meetings in demo._MEETINGS.values() for one in meetings]
    assert len({one.talk for one in held}) == len(held)
    for one in held:
        read = read_transcript(demo._captions(one, "Mara").encode(), "talk.vtt")
        assert {s.speaker for s in read.segments} == {"Mara", one.coachee.split()[0]}
        assert read.segments[-1].end == pytest.approx(one.minutes * 60, abs=1)
        assert not any("{" in s.text for s in read.segments)
