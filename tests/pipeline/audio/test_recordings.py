import os
import subprocess
import sys

import numpy as np
import pytest

from models.conversation import Word
from models.errors import CoachscoreError
from pipeline.audio.openai_whisper import WhisperRecogniser
from pipeline.audio.transcription import Passage, Recognition, WhisperModelMissing
from pipeline.recordings import NoSpeechError, transcribe_recording

GERMAN = "Was ist dir heute wichtig geworden?"


@pytest.fixture
def transcribe(german):
    def _transcribe(path, model=german, **options):
        recogniser = WhisperRecogniser(str(model))
        return transcribe_recording(
            path, "talk.wav", recogniser=recogniser, max_seconds=300, **options
        )

    return _transcribe


def by_turns(readers):
    """Four turns of 4 s, 1 s apart; shape (2, samples), one reader in each channel."""
    sound = np.zeros((2, 20 * 16000), np.float32)
    for turn in range(4):
        who, at = turn % 2, turn * 5 * 16000
        sound[who, at : at + 64000] = readers[who][turn * 64000 : (turn + 1) * 64000]
    return sound


def reader_at(second):
    return f"Speaker {int(second // 5) % 2 + 1}"


@pytest.mark.parametrize("bleed", [0.0, 0.1])
def test_two_channels_are_two_speakers(write, readers, transcribe, bleed):
    clean = by_turns(readers)
    path = write("a.flac", clean + bleed * clean[::-1], "flac")
    shares = []
    found = transcribe(path, progress=lambda *told: shares.append(told))
    assert found.source_format == "audio"
    assert found.language == "de"
    assert {p.speaker for p in found.participants} == {"Speaker 1", "Speaker 2"}
    assert [s.start for s in found.segments] == sorted(s.start for s in found.segments)
    for segment in found.segments:
        assert segment.speaker == reader_at((segment.start + segment.end) / 2)
        assert segment.speaker_confidence > 0.9
    assert list(dict(shares)) == ["decode", "speech", "recognise"]
    assert shares[-1] == ("recognise", pytest.approx(1))
    assert f"separated by channel; confidence {0.99 if bleed else 1:.2f}" in found.notes[0]


def test_one_channel_is_separated_by_voice(write, readers, transcribe):
    path = write("a.flac", by_turns(readers).sum(axis=0, keepdims=True), "flac")
    found = transcribe(path)
    assert found.participants[0].speaker == "Speaker 1"
    assert "by voice" in found.notes[0]
    for segment in found.segments:
        assert segment.speaker == reader_at((segment.start + segment.end) / 2)
        assert 0.5 < segment.speaker_confidence <= 1
    assert found.made_by.name.startswith("openai-whisper/")
    assert found.segments[0].words[0].text == "Was"


def test_one_voice_says_that_it_may_be_wrong(write, speech, transcribe):
    found = transcribe(write("a.flac", speech[None], "flac"))
    assert [p.speaker for p in found.participants] == ["Speaker 1"]
    assert "only one voice" in found.notes[0]
    assert GERMAN in " ".join(s.text for s in found.segments)


def test_noise_in_the_second_channel_is_no_second_speaker(write, speech, transcribe):
    hiss = np.random.default_rng(0).normal(0, 0.003, len(speech)).astype(np.float32)
    found = transcribe(write("a.flac", np.vstack([hiss, speech]), "flac"))
    assert [p.speaker for p in found.participants] == ["Speaker 1"]


def test_silence_is_said_to_be_silence(write, transcribe):
    path = write("a.flac", np.zeros((1, 160_000), np.float32), "flac")
    with pytest.raises(NoSpeechError, match=r"talk\.wav holds 10 s of sound, but nobody speaks"):
        transcribe(path)


def test_speech_without_words_is_no_transcript(write, speech, transcribe, monkeypatch):
    nothing = Recognition((), "en", repetitive=1)
    monkeypatch.setattr(WhisperRecogniser, "transcribe", lambda *_, **__: nothing)
    with pytest.raises(NoSpeechError, match="no words"):
        transcribe(write("a.flac", speech[None], "flac"))


def test_left_out_repetition_is_noted(write, speech, transcribe, monkeypatch):
    word = Word(text=" Ja", start=1, end=2, probability=1)
    some = Recognition((Passage(1, 2, (word,)),), "de", repetitive=2, invented=1)
    monkeypatch.setattr(WhisperRecogniser, "transcribe", lambda *_, **__: some)
    notes = transcribe(write("a.flac", speech[None], "flac")).notes
    assert "repetition by the recogniser: 2 passage" in notes[1]
    assert "near-silence: 1 passage" in notes[2]


def test_a_missing_model_is_said_before_the_recording_is_read(tmp_path, transcribe):
    with pytest.raises(WhisperModelMissing):
        transcribe(tmp_path / "gone.wav", model="gigantic")
    assert issubclass(NoSpeechError, CoachscoreError)


def test_importing_costs_nothing_heavy():
    heavy = "{'torch', 'whisper', 'av', 'librosa', 'sklearn', 'onnxruntime', 'scipy'}"
    code = f"import sys, pipeline.recordings; sys.exit(str({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"


def test_the_process_that_asks_stays_small(write, readers, german, tmp_path):
    """Two recordings and a voice are heard in one process, and nothing of that in ours."""
    path = write("a.flac", by_turns(readers), "flac")
    code = f"""
import os, sys, tempfile
from pathlib import Path
from models.conversation import Segment
from pipeline import hearing, stages
from pipeline.settings import Settings
settings = Settings(home=Path({str(tmp_path)!r}), whisper_model={str(german)!r})
path, told = Path({str(path)!r}), []
recording = stages.probe(path)
found = [stages.transcribe(recording, settings, lambda *at: told.append(at)) for _ in range(2)]
turns = [Segment(index=i, speaker=f"Speaker {{i % 2 + 1}}", start=5 * i, end=5 * i + 4, text="x",
                 speaker_confidence=1) for i in range(4)]
spoken = found[0].model_copy(update={{"segments": tuple(turns)}})
voices = hearing.hear_voices(path, "a.flac", spoken, settings)
process = hearing._process(hearing.ears(settings), hearing._limits(settings))
print(found[0] == found[1], sorted({{phase for phase, _ in told}}), sorted(voices), process._done)
left = [name for name in os.listdir(tempfile.gettempdir()) if "coachscore" in name]
print("torch" in sys.modules, "whisper" in sys.modules, left)
"""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert done.stdout.splitlines() == [
        "True ['decode', 'recognise', 'speech'] ['Speaker 1', 'Speaker 2'] 3",
        "False False []",
    ], done.stderr
