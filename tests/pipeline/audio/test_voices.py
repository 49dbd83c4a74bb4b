import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import whisper

from pipeline.audio import directions, voices
from pipeline.audio.clustering import posteriors
from pipeline.audio.diarization import diarize
from pipeline.audio.speech import Region, speech_regions
from pipeline.audio.voices import Voices, embed, mel_filters

PAUSE = np.zeros(4800, np.float32)


def test_mel_filters_are_those_of_librosa():
    # Whisper carries a table that librosa computed.
    table = np.load(Path(whisper.__file__).parent / "assets" / "mel_filters.npz")["mel_80"]
    assert mel_filters(80) == pytest.approx(table, abs=1e-7)


def test_embeddings_are_unit_vectors_that_cover_the_regions(speech):
    regions = speech_regions(speech)
    found = embed(speech, [*regions, Region(10.9, 11.0)])
    assert np.linalg.norm(found.embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    assert sum(s.seconds for s in found.spans[:-1]) == pytest.approx(
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


class Hiss:
    """Noise that is made when it is read, so that a long recording needs no memory."""

    def __init__(self, minutes):
        self.length = minutes * 60 * 16000

    def __len__(self):
        return self.length

    def __getitem__(self, part):
        start, stop, _ = part.indices(self.length)
        return np.random.default_rng(start).normal(0, 0.1, stop - start).astype(np.float32)


def peak(work):
    """Bytes that a function holds at most."""
    tracemalloc.start()
    work()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_stays_flat_however_long_the_speech_is(monkeypatch):
    def lstm(batch):
        return None, (batch.mean(dim=1).repeat(1, 7)[None, :, :256], None)

    monkeypatch.setattr(voices, "_network", lambda: {"lstm": lstm, "linear": lambda x: x})
    peaks = {}
    for minutes in (2, 20):
        regions = [Region(at, at + 30) for at in range(0, minutes * 60, 30)]
        peaks[minutes] = peak(lambda regions=regions, m=minutes: embed(Hiss(m), regions))
    # The embeddings and what joins them: 6 kB a second. The spectra alone would be 16.
    assert peaks[20] - peaks[2] < 18 * 60 * 8_000


def long_talk(seconds):
    """Two voices by turns of 4 s, as the encoder would describe them."""
    rng = np.random.default_rng(0)
    count = round(seconds / 0.4)
    who = np.arange(count) // 10 % 2
    raw = rng.normal(0, 1, (2, 256))[who] + rng.normal(0, 0.5, (count, 256))
    unit = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    spans = tuple(Region(at * 0.4, (at + 1) * 0.4) for at in range(count))
    return Voices(spans, unit, np.ones(count, dtype=bool)), who


def test_four_hours_are_compared_in_blocks():
    talk, _ = long_talk(4 * 3600)
    assert peak(lambda: directions.directions(talk)) < 90e6


def test_blocks_change_nothing_but_rounding(monkeypatch):
    talk, who = long_talk(240)
    whole = posteriors(talk)
    right = (whole.argmax(axis=1) == who).mean()
    assert max(right, 1 - right) > 0.95
    monkeypatch.setattr(directions, "_BLOCK", 7)
    assert posteriors(talk) == pytest.approx(whole, abs=1e-6)
