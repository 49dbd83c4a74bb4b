"""From the bytes of a recording to a score, with weights that really recognise words.

The meeting was read aloud by two synthetic voices; its script is beside it.
"""

import re
import shutil
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from api.serve import serve
from models.conversation import Provenance
from pipeline import demo_recording as demo
from pipeline.analysis import Analysis
from pipeline.audio.stand_in import CHECKPOINT, NOTE, StandInError, is_stand_in
from pipeline.audio.transcription import digest
from pipeline.flows import analyze_files
from pipeline.jobs import AnalysisOptions
from pipeline.presenting import present
from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("COACHSCORE_WHISPER_MODEL", raising=False)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    return Settings(home=home, database_url=None, whisper_model=str(CHECKPOINT))


@pytest.fixture(scope="module")
def recording() -> Path:
    found = demo.demo_recording(Settings(whisper_model="small"))
    assert found is not None
    return found.path


@pytest.fixture(scope="module")
def analysis(settings: Settings, recording: Path) -> Analysis:
    (found,) = analyze_files([recording], AnalysisOptions(), settings)
    assert isinstance(found, Analysis), found
    return found


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def test_the_words_are_roughly_right_and_go_to_the_right_of_two_speakers(
    analysis: Analysis, recording: Path
) -> None:
    script = recording.with_suffix(".txt").read_text("utf-8").splitlines()
    said = [(word, line.split(": ")[0]) for line in script for word in words(line.split(": ")[1])]
    heard = [
        (word, utterance.speaker)
        for utterance in analysis.scored.tagged.conversation.utterances
        for word in words(utterance.text)
    ]
    assert {p.speaker for p in analysis.transcript.participants} == {"Speaker 1", "Speaker 2"}
    same = SequenceMatcher(None, [w for w, _ in said], [w for w, _ in heard], autojunk=False)
    blocks = [(a + i, b + i) for a, b, n in same.get_matching_blocks() for i in range(n)]
    assert len(blocks) / len(said) > 0.6
    pairs = Counter((said[a][1], heard[b][1]) for a, b in blocks)
    right = max(
        pairs["coach", one] + pairs["coachee", other]
        for one, other in (("Speaker 1", "Speaker 2"), ("Speaker 2", "Speaker 1"))
    )
    assert right / len(blocks) > 0.85


def test_it_ends_in_a_score_or_in_why_there_is_none(analysis: Analysis, settings: Settings) -> None:
    score = analysis.scored.score
    shown = present([analysis], "text", settings)
    if score.overall is None:
        assert "not enough evidence" in shown.lower()
    else:
        assert score.interval is not None
        low, high = score.interval
        assert 0 <= low <= score.overall <= high <= 100
        assert f"{score.overall:.0f}" in shown


def test_the_report_says_that_a_test_recogniser_heard_it(
    analysis: Analysis, settings: Settings
) -> None:
    assert NOTE in analysis.transcript.notes
    assert NOTE in " ".join(present([analysis], "text", settings).split())


def test_it_is_told_by_its_content_and_is_nobodys_default() -> None:
    made = Provenance(name="openai-whisper/renamed", version=f"1+{digest(CHECKPOINT)}")
    assert is_stand_in(made)
    assert not is_stand_in(Provenance(name="openai-whisper/small", version="1"))
    assert Settings.model_fields["whisper_model"].default == "small"


def test_a_service_does_not_start_with_it_under_any_name(tmp_path: Path) -> None:
    renamed = tmp_path / "small.pt"
    shutil.copy(CHECKPOINT, renamed)
    with pytest.raises(StandInError, match="Unset it for the default model"):
        serve(Settings(home=tmp_path, whisper_model=str(renamed)), lambda _: None)


def test_the_demo_takes_what_is_on_disk_and_never_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = demo.demo_recording(Settings(whisper_model="medium"))
    assert chosen is not None
    assert chosen.settings.whisper_model == str(CHECKPOINT)
    assert "test recogniser" in (chosen.line or "")
    (tmp_path / "whisper").mkdir()
    (tmp_path / "whisper" / "large-v3.pt").touch()
    for model in ("large", str(tmp_path / "whisper" / "large-v3.pt")):
        settings = Settings(whisper_model=model)
        found = demo.demo_recording(settings)
        assert found is not None
        assert (found.settings, found.line) == (settings, None)
    monkeypatch.setattr(demo, "CHECKPOINT", tmp_path / "gone.pt")
    assert demo.demo_recording(Settings(whisper_model="medium")) is None
