import urllib.error
from itertools import pairwise

import numpy as np
import pytest

from pipeline.audio import faster_whisper, openai_whisper, windowed
from pipeline.audio.faster_whisper import FasterWhisperRecogniser
from pipeline.audio.openai_whisper import WhisperRecogniser
from pipeline.audio.speech import Region
from pipeline.audio.transcription import EngineMissing, WhisperModelMissing
from pipeline.audio.windowed import Decoded

SOUND = np.random.default_rng(0).normal(0, 0.1, 16000 * 120).astype(np.float32)
REGIONS = (Region(2.0, 6.0), Region(40.0, 44.0), Region(70.0, 95.0), Region(110.0, 111.0))
GERMAN = " Was ist dir heute wichtig geworden?"
ENGINES = {"openai-whisper": WhisperRecogniser, "faster-whisper": FasterWhisperRecogniser}
MODULES = {"openai-whisper": openai_whisper, "faster-whisper": faster_whisper}


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def recogniser(engine, checkpoint, convert):
    """A recogniser that hears the same words in any sound."""

    def make(text=GERMAN, language="de"):
        path = checkpoint(text, language)
        return ENGINES[engine](str(path if engine == "openai-whisper" else convert(path)))

    return make


@pytest.fixture
def heard(monkeypatch):
    """What reaches the model: the seconds of each window, in order."""
    calls = []
    real = windowed.cut_out

    def listen(samples, regions):
        sound = real(samples, regions)
        calls.append(len(sound) / 16000)
        return sound

    monkeypatch.setattr(windowed, "cut_out", listen)
    return calls


@pytest.fixture
def decoded(engine, monkeypatch):
    """Each call of the model's decoder: how many windows, in which language, how warm."""
    calls = []
    model = MODULES[engine]._Model
    real = model.decode

    def decode(self, features, language, temperature):
        calls.append((len(features), language, temperature))
        return real(self, features, language, temperature)

    monkeypatch.setattr(model, "decode", decode)
    return calls


def test_words_come_with_times_of_the_recording(recogniser):
    found = recogniser().transcribe(SOUND, REGIONS)
    words = [word for passage in found.passages for word in passage.words]
    assert "".join(w.text for w in found.passages[0].words) == GERMAN
    assert all(any(r.start <= w.start <= w.end <= r.end for r in REGIONS) for w in words)
    assert all(a.end <= b.start for a, b in pairwise(words))
    assert words[0].end - words[0].start == pytest.approx(0.4, abs=0.25)
    assert all(0.9 < w.probability <= 1 for w in words)
    assert {p.start for p in found.passages} >= {words[0].start}
    assert any(70 <= p.start < 71 for p in found.passages)


def test_only_speech_reaches_the_recogniser_longest_first(recogniser, heard):
    german = recogniser()
    german.transcribe(SOUND, REGIONS)
    assert heard == pytest.approx([26, 8])
    german.transcribe(SOUND, ())
    assert len(heard) == 2


def test_windows_are_decoded_together(recogniser, decoded):
    german, regions = recogniser(), [Region(at, at + 16) for at in range(0, 110, 17)]
    found = german.transcribe(SOUND, regions)
    assert [count for count, _, _ in decoded] == [4, 3]
    assert [p.start for p in found.passages] == sorted(p.start for p in found.passages)
    assert len(found.passages) == 7
    alone = [german.transcribe(SOUND, [r]).passages[0] for r in regions[:3]]
    for one, other in zip(alone, found.passages, strict=False):
        assert [w.text for w in one.words] == [w.text for w in other.words]
        assert one.start == pytest.approx(other.start, abs=0.05)


def test_the_language_is_detected_once_and_kept(recogniser, decoded):
    german = recogniser()
    assert german.transcribe(SOUND, REGIONS).language == "de"
    assert decoded == [(2, "de", 0.0)]
    assert recogniser(" bore da", "cy").transcribe(SOUND, REGIONS).language == "cy"
    assert german.transcribe(SOUND, (), language="fr").language == "fr"


class Tokens:
    """Of a model that knows three texts."""

    eot, timestamp_begin = 10, 11
    texts = ("fine", "loop " * 30, "doubt", "")

    def decode(self, tokens):
        return "".join(self.texts[token] for token in tokens)


def test_only_windows_that_fail_are_decoded_again():
    asked = []

    class Model:
        def decode(self, features, language, temperature):
            asked.append((features.tolist(), temperature))
            if temperature >= 0.4:
                return [Decoded([0], -0.2, 0.1) for _ in features]
            logprobs, silent = {2: -1.5, 3: -1.5}, {3: 0.9}
            return [Decoded([k], logprobs.get(k, -0.2), silent.get(k, 0.1)) for k in features]

    found = windowed._decoded(Model(), np.arange(4), Tokens(), "de")
    assert [Tokens().decode(r.tokens) for r in found] == ["fine", "fine", "fine", ""]
    assert asked == [([0, 1, 2, 3], 0.0), ([1, 2], 0.2), ([1, 2], 0.4)]


def test_what_whisper_left_unfinished_is_heard_again(recogniser, heard, monkeypatch):
    real, rests = windowed.read_tokens, iter([10.0, None, None, None])
    monkeypatch.setattr(windowed, "read_tokens", lambda *a: (real(*a)[0], next(rests)))
    shares = []
    recogniser().transcribe(SOUND, REGIONS[2:3], progress=shares.append)
    assert heard == pytest.approx([25, 15])
    assert shares == pytest.approx([0.4, 1.0])


def test_a_loop_of_one_word_is_left_out_and_counted(recogniser, decoded):
    found = recogniser(" you" * 14, "en").transcribe(SOUND, [Region(2.0, 4.0)])
    assert found.passages == ()
    assert found.repetitive == 1
    assert [temperature for _, _, temperature in decoded] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_a_stock_phrase_on_near_silence_is_left_out_and_counted(recogniser):
    quiet = SOUND * np.float32(0.001)
    found = recogniser(" Thank you for watching!", "en").transcribe(quiet, [Region(2.0, 4.0)])
    assert (found.passages, found.invented) == ((), 1)


def test_progress_reaches_one(recogniser):
    shares = []
    recogniser().transcribe(SOUND, REGIONS, progress=shares.append)
    assert shares == [1.0]


def test_a_model_is_loaded_once(engine, recogniser, monkeypatch):
    german = recogniser()
    german.prepare()
    again = lambda *_, **__: pytest.fail("loaded again")  # noqa: E731
    monkeypatch.setattr("whisper.load_model", again)
    monkeypatch.setattr("faster_whisper.WhisperModel", again)
    german.transcribe(SOUND, REGIONS[:1])


def test_the_model_is_named_without_its_folder_and_told_by_its_content(engine, recogniser):
    first, second = recogniser().prepare(), recogniser(" Guten Tag").prepare()
    assert first.name.startswith(f"{engine}/de-")
    assert first.version != second.version


def test_an_engine_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EngineMissing, match=r"pip install 'coachscore\[faster-whisper\]'"):
        FasterWhisperRecogniser("nowhere").prepare()


def no_network(*_, **__):
    raise urllib.error.URLError("Name or service not known")


@pytest.mark.parametrize("model", ["base", "nowhere/base", "gigantic"])
def test_a_missing_model_says_both_ways(engine, model, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    monkeypatch.setattr("huggingface_hub.snapshot_download", no_network)
    with pytest.raises(WhisperModelMissing) as caught:
        ENGINES[engine](model).prepare()
    for part in (model, "large-v3", f"which {engine} downloads", "COACHSCORE_WHISPER_MODEL"):
        assert part in caught.value.message
    assert "path of a checkpoint" in caught.value.message or "folder" in caught.value.message


def test_what_is_no_model_says_so(engine, tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"not a checkpoint")
    model, said = (path, "checkpoint") if engine == "openai-whisper" else (tmp_path, "model")
    with pytest.raises(WhisperModelMissing, match=f"is no .* ?{said}"):
        ENGINES[engine](str(model)).prepare()
