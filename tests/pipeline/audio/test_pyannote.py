"""pyannote.audio as it is called, with a stand-in for its pipeline and its real annotation."""

import os
import subprocess
import sys
from functools import partial
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from pyannote.core import Annotation, Segment

from models.conversation import Word
from pipeline.audio import pyannote
from pipeline.audio.openai_whisper import WhisperRecogniser
from pipeline.audio.pyannote import DiarizerMissing, diarize
from pipeline.audio.speech import Region
from pipeline.audio.transcription import EngineMissing, Passage
from pipeline.audio.turns import assign_speakers
from pipeline.recordings import transcribe_recording

SOUND = np.zeros(20 * 16000, np.float32)
REGIONS = [Region(0.5, 9.5), Region(11, 18)]


def word(text, start, end):
    return Word(text=text, start=start, end=end, probability=1)


@pytest.fixture(autouse=True)
def _fresh():
    yield
    pyannote._load.cache_clear()


@pytest.fixture
def stand_in(monkeypatch):
    """Put a library in place whose pipeline finds these (start, end, label)."""
    asked = SimpleNamespace(models=[], sounds=[])

    def put(*found, hands_out=True):
        annotation = Annotation()
        for start, end, label in found:
            annotation[Segment(start, end)] = label

        class Pipeline:
            @classmethod
            def from_pretrained(cls, model):
                asked.models.append((model, os.environ["PYANNOTE_METRICS_ENABLED"]))
                if hands_out is None:
                    raise OSError("no network")
                return cls() if hands_out else None

            def to(self, _device):
                return self

            def __call__(self, file):
                asked.sounds.append((tuple(file["waveform"].shape), file["sample_rate"]))
                return SimpleNamespace(exclusive_speaker_diarization=annotation)

        module = ModuleType("pyannote.audio")
        module.Pipeline = Pipeline
        monkeypatch.setitem(sys.modules, "pyannote.audio", module)
        monkeypatch.delenv("PYANNOTE_METRICS_ENABLED", raising=False)
        return asked

    return put


def test_its_annotation_becomes_our_turns(stand_in):
    asked = stand_in((1, 4, "B"), (4, 9, "A"), (11, 17, "B"))
    spans = diarize(SOUND, REGIONS, "weights")
    assert [(s.start, s.end, s.speaker) for s in spans] == [
        (1, 4, "Speaker 1"),
        (4, 9, "Speaker 2"),
        (11, 17, "Speaker 1"),
    ]
    assert asked.sounds == [((1, 320_000), 16_000)]
    words = (word(" How", 2, 2.5), word(" so?", 2.5, 3), word(" Well.", 5, 6), word(" Hm.", 12, 13))
    turns = list(assign_speakers([Passage(2, 13, words)], spans))
    assert [(t.speaker, "".join(w.text for w in t.words)) for t in turns] == [
        ("Speaker 1", " How so?"),
        ("Speaker 2", " Well."),
        ("Speaker 1", " Hm."),
    ]


def test_its_telemetry_is_off_before_it_is_imported_and_it_is_loaded_once(stand_in):
    asked = stand_in((1, 4, "A"))
    diarize(SOUND, REGIONS, "weights")
    diarize(SOUND, REGIONS, "weights")
    assert asked.models == [("weights", "0")]


def test_where_it_hears_nobody_there_is_one_speaker_and_doubt(stand_in):
    stand_in()
    spans = diarize(SOUND, REGIONS, "weights")
    assert [(s.start, s.speaker, s.confidence) for s in spans] == [
        (0.5, "Speaker 1", 0.5),
        (11, "Speaker 1", 0.5),
    ]
    assert diarize(SOUND, [], "weights") == ()


@pytest.mark.parametrize(("hands_out", "why"), [(None, "no network"), (False, "does not hand out")])
def test_missing_weights_say_what_to_do(stand_in, hands_out, why):
    stand_in(hands_out=hands_out)
    with pytest.raises(DiarizerMissing, match=f"{why}.*hf auth login.*COACHSCORE_PYANNOTE_MODEL"):
        diarize(SOUND, REGIONS, "weights")


def test_where_it_is_not_installed_the_message_says_how_to(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyannote.audio", None)
    with pytest.raises(EngineMissing, match=r"pip install 'coachscore\[pyannote\]'"):
        diarize(SOUND, REGIONS, "weights")


def test_it_is_not_imported_unless_it_is_chosen():
    code = "import sys, pipeline.audio.pyannote; sys.exit(str('pyannote.audio' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "False"


def test_a_recording_is_separated_by_it(stand_in, write, speech, german):
    stand_in((0, 5, "A"), (5, 11, "B"))
    found = transcribe_recording(
        write("a.flac", speech[None], "flac"),
        "a.flac",
        recogniser=WhisperRecogniser(str(german)),
        max_seconds=60,
        diarizer=partial(diarize, model="weights"),
    )
    assert "by voice" in found.notes[0]
    assert found.segments[0].speaker == "Speaker 1"
