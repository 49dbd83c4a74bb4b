from pathlib import Path

import numpy as np
import pytest
import whisper

from pipeline.audio.diarization import diarize
from pipeline.audio.speech import Region, speech_regions
from pipeline.audio.voices import embed, mel_filters

PAUSE = np.zeros(4800, np.float32)


def test_mel_filters_are_those_of_librosa():
    # Whisper carries a table that librosa computed.
    table = np.load(Path(whisper.__file__).parent / "assets" / "mel_filters.npz")["mel_80"]
    assert mel_filters(80) == pytest.approx(table, abs=1e-7)


def test_embeddings_are_unit_vectors_that_cover_the_regions(speech):
    regions = speech_regions(speech)
    voices = embed(speech, [*regions, Region(10.9, 11.0)])
    assert np.linalg.norm(voices.embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    assert sum(s.seconds for s in voices.spans[:-1]) == pytest.approx(
        sum(r.seconds for r in regions)
    )


def joined(readers, turns=10):
    """Two readers by turns of 2 to 6 s; the sound and (start, end, reader)."""
    rng = np.random.default_rng(1)
    sound, truth, at, used = [], [], 0.0, [0, 0]
    for turn in range(turns):
        who, seconds = turn % 2, rng.uniform(2, 6)
        part = readers[who][used[who] : used[who] + int(seconds * 16000)]
        used[who] += len(part)
        sound += [part, PAUSE]
        truth.append((at, at + len(part) / 16000, who))
        at += (len(part) + len(PAUSE)) / 16000
    return np.concatenate(sound), truth


def test_two_readers_in_one_channel_are_told_apart(readers):
    sound, truth = joined(readers)
    spans = diarize(sound, speech_regions(sound))
    assert {s.speaker for s in spans} == {"Speaker 1", "Speaker 2"}
    assert spans[0].speaker == "Speaker 1"
    right = total = 0.0
    for span in spans:
        for start, end, who in truth:
            shared = max(0.0, min(end, span.end) - max(start, span.start))
            total += shared
            right += shared * (span.speaker == f"Speaker {who + 1}")
    assert right / total > 0.95
    assert np.mean([s.confidence for s in spans]) == pytest.approx(right / total, abs=0.08)


def test_one_reader_stays_one(readers):
    spans = diarize(readers[0], speech_regions(readers[0]))
    assert {s.speaker for s in spans} == {"Speaker 1"}
    assert max(s.confidence for s in spans) < 1


def test_a_single_word_is_somebody():
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    assert [s.speaker for s in diarize(noise, [Region(0.2, 0.6)])] == ["Speaker 1"]
    assert diarize(noise, ()) == ()
