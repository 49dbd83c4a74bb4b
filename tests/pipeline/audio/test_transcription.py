import urllib.error
from itertools import pairwise

import numpy as np
import pytest
import torch
import whisper

from pipeline.audio import openai_whisper
from pipeline.audio.openai_whisper import WhisperRecogniser
from pipeline.audio.speech import Region
from pipeline.audio.transcription import WhisperModelMissing

SOUND = np.random.default_rng(0).normal(0, 0.1, 16000 * 120).astype(np.float32)
REGIONS = (Region(2.0, 6.0), Region(40.0, 44.0), Region(70.0, 95.0), Region(110.0, 111.0))


@pytest.fixture
def heard(monkeypatch):
    """What reaches Whisper: the seconds of each spectrogram, in order."""
    calls = []
    real = whisper.log_mel_spectrogram
    pad = whisper.pad_or_trim

    def listen(sound, length):
        calls.append(len(sound) / 16000)
        return pad(sound, length)

    monkeypatch.setattr(whisper, "pad_or_trim", listen)
    monkeypatch.setattr(whisper, "log_mel_spectrogram", real)
    return calls


@pytest.fixture
def decoded(monkeypatch):
    """Each call of Whisper's decoder: how many windows, and its options."""
    calls = []
    real = whisper.decode

    def decode(model, features, options):
        calls.append((len(features), options))
        return real(model, features, options)

    monkeypatch.setattr(whisper, "decode", decode)
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


def test_only_speech_reaches_the_recogniser_longest_first(german, heard):
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS)
    assert heard == pytest.approx([26, 8])
    WhisperRecogniser(str(german)).transcribe(SOUND, ())
    assert len(heard) == 2


def test_windows_are_decoded_together(german, decoded):
    regions = [Region(at, at + 16) for at in range(0, 110, 17)]
    found = WhisperRecogniser(str(german)).transcribe(SOUND, regions)
    assert [count for count, _ in decoded] == [4, 3]
    assert [p.start for p in found.passages] == sorted(p.start for p in found.passages)
    assert len(found.passages) == 7
    alone = [WhisperRecogniser(str(german)).transcribe(SOUND, [r]).passages[0] for r in regions]
    for one, other in zip(alone, found.passages, strict=True):
        assert [w.text for w in one.words] == [w.text for w in other.words]
        assert one.start == pytest.approx(other.start, abs=0.05)


def test_the_language_is_detected_once_and_kept(german, checkpoint, decoded):
    assert WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS).language == "de"
    assert [options.language for _, options in decoded] == ["de"]
    welsh = checkpoint(" bore da", language="cy")
    assert WhisperRecogniser(str(welsh)).transcribe(SOUND, REGIONS).language == "cy"
    assert WhisperRecogniser(str(german)).transcribe(SOUND, (), language="fr").language == "fr"


def result(text, logprob=-0.2, no_speech=0.1, compression=1.0):
    return whisper.DecodingResult(
        audio_features=torch.zeros(1),
        language="de",
        tokens=[],
        text=text,
        avg_logprob=logprob,
        no_speech_prob=no_speech,
        compression_ratio=compression,
    )


def test_only_windows_that_fail_are_decoded_again(german, monkeypatch):
    bad = {"loop": {"compression": 3.0}, "doubt": {"logprob": -1.5}}
    silent = {"logprob": -1.5, "no_speech": 0.9}
    asked = []

    def decode(_model, features, options):
        asked.append((features[:, 0].tolist(), options.temperature))
        if options.temperature < 0.4:
            kinds = [result("fine"), result("x", **bad["loop"]), result("y", **bad["doubt"])]
            kinds.append(result("", **silent))
            return [kinds[int(at)] for at in features[:, 0]]
        return [result("better") for _ in features]

    monkeypatch.setattr(whisper, "decode", decode)
    model = openai_whisper._load(str(german), None)
    found = openai_whisper._decoded(model, torch.arange(4.0)[:, None], "de")
    assert [r.text for r in found] == ["fine", "better", "better", ""]
    assert asked == [([0, 1, 2, 3], 0.0), ([1, 2], 0.2), ([1, 2], 0.4)]


def test_what_whisper_left_unfinished_is_heard_again(german, heard, monkeypatch):
    real, rests = openai_whisper.read_tokens, iter([10.0, None, None, None])
    monkeypatch.setattr(openai_whisper, "read_tokens", lambda *a: (real(*a)[0], next(rests)))
    shares = []
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS[2:3], progress=shares.append)
    assert heard == pytest.approx([25, 15])
    assert shares == pytest.approx([0.4, 1.0])


def test_a_loop_of_one_word_is_left_out_and_counted(checkpoint):
    loop = checkpoint(" you" * 14)
    found = WhisperRecogniser(str(loop)).transcribe(SOUND, [Region(2.0, 4.0)])
    assert found.passages == ()
    assert found.repetitive == 1


def test_progress_reaches_one(german):
    shares = []
    WhisperRecogniser(str(german)).transcribe(SOUND, REGIONS, progress=shares.append)
    assert shares == [1.0]


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
