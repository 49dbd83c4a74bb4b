import urllib.error
from itertools import pairwise

import numpy as np
import pytest
import whisper

from pipeline.audio.speech import Region
from pipeline.audio.transcription import WhisperModelMissing, WhisperRecogniser

SOUND = np.random.default_rng(0).normal(0, 0.1, 16000 * 120).astype(np.float32)
REGIONS = (Region(2.0, 6.0), Region(40.0, 44.0), Region(70.0, 95.0), Region(110.0, 111.0))


@pytest.fixture
def heard(monkeypatch):
    """What reaches Whisper: a list of (seconds, options)."""
    calls = []
    real = whisper.transcribe

    def listen(model, sound, **options):
        calls.append((len(sound) / 16000, options))
        return real(model, sound, **options)

    monkeypatch.setattr(whisper, "transcribe", listen)
    return calls


def test_words_come_with_times_of_the_recording(german):
    found = WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS)
    words = [word for passage in found.passages for word in passage.words]
    assert (
        "".join(w.text for w in found.passages[0].words) == " Was ist dir heute wichtig geworden?"
    )
    assert all(any(r.start <= w.start <= w.end <= r.end for r in REGIONS) for w in words)
    assert all(a.end <= b.start for a, b in pairwise(words))
    assert words[0].end - words[0].start == pytest.approx(0.4, abs=0.25)
    assert all(0.9 < w.probability <= 1 for w in words)
    assert {p.start for p in found.passages} >= {words[0].start}
    assert any(70 <= p.start < 71 for p in found.passages)


def test_only_speech_reaches_the_recogniser(german, heard):
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS)
    assert [seconds for seconds, _ in heard] == pytest.approx([8, 26])
    WhisperRecogniser(str(german)).transcribe(SOUND, ())
    assert len(heard) == 2


def test_the_language_is_detected_once_and_kept(german, checkpoint, heard):
    assert WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS).language == "de"
    assert [options["language"] for _, options in heard] == [None, "de"]
    welsh = checkpoint(" bore da", language="cy")
    assert WhisperRecogniser(str(welsh)).transcribe(SOUND, REGIONS).language == "cy"
    assert WhisperRecogniser(str(german)).transcribe(SOUND, (), language="fr").language == "fr"


def test_whispers_safeguards_are_on(german, heard):
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS[:1])
    options = heard[0][1]
    assert options["condition_on_previous_text"] is False
    assert options["word_timestamps"] is True
    assert len(options["temperature"]) > 1
    for threshold in ("compression_ratio", "logprob", "no_speech", "hallucination_silence"):
        assert options[f"{threshold}_threshold"] is not None


def test_a_loop_of_one_word_is_left_out_and_counted(checkpoint):
    loop = checkpoint(" you" * 14)
    found = WhisperRecogniser(str(loop)).transcribe(SOUND, [Region(2.0, 4.0)])
    assert found.passages == ()
    assert found.repetitive == 1


def test_progress_reaches_one(german):
    shares = []
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS, progress=shares.append)
    assert shares == [0.5, 1.0]


def test_a_model_is_loaded_once(german, monkeypatch):
    WhisperRecogniser(str(german)).prepare()
    monkeypatch.setattr(whisper, "load_model", lambda *_, **__: pytest.fail("loaded again"))
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS[:1])


def test_the_model_is_named_without_its_folder_and_told_by_its_content(german, checkpoint):
    first = WhisperRecogniser(str(german)).prepare()
    second = WhisperRecogniser(str(checkpoint(" Guten Tag"))).prepare()
    assert first.name == f"openai-whisper/{german.stem}"
    assert first.version != second.version


def no_network(*_, **__):
    raise urllib.error.URLError("Name or service not known")


@pytest.mark.parametrize("model", ["base", "nowhere/base.pt", "gigantic"])
def test_a_missing_model_says_both_ways(model, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(WhisperModelMissing) as caught:
        WhisperRecogniser(model).prepare()
    for part in (
        model,
        "large-v3",
        "path of a checkpoint",
        "COACHSCORE_WHISPER_MODEL",
        "--whisper",
    ):
        assert part in caught.value.message


def test_a_file_that_is_no_checkpoint_says_so(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(WhisperModelMissing, match="no openai-whisper checkpoint"):
        WhisperRecogniser(str(path)).prepare()
