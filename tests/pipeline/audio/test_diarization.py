"""The goals of `tests/bench/diarization.py` on a few of its conversations, loosely."""

import sys
from pathlib import Path

import numpy as np
import pytest

from models.conversation import Provenance, Segment, Transcript
from pipeline.audio.diarization import diarize
from pipeline.audio.speech import Region, speech_regions
from pipeline.audio.voiceprints import match, voice_prints

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch):
    """The script and the module that joins conversations for it."""
    pytest.importorskip("pyannote.metrics", reason="pyannote.metrics measures it")
    monkeypatch.syspath_prepend(BENCH)
    import diarization
    import joins

    if not joins.LIBRISPEECH.is_dir():
        pytest.skip("the shared recordings are not here")
    yield diarization, joins
    for name in ("diarization", "joins"):
        sys.modules.pop(name)


@pytest.mark.parametrize(
    ("kind", "readers", "der"),
    [
        ("clean", ("1998", "2414"), 0.10),
        ("clean", ("1688", "2033", "2609"), 0.12),
        ("hard", ("2033", "2609"), 0.18),
    ],
)
def test_voices_are_told_apart(bench, kind, readers, der):
    script, joins = bench
    found = script.measure([joins.talk(readers, joins.SETS[kind], seed=500)])
    assert found.der < der
    assert found.confused < 0.05
    assert found.counted == 1


def test_a_monologue_is_one_voice(bench):
    _, joins = bench
    talk = joins.talk(("1998",), joins.SETS["hard"], seed=500, seconds=60)
    spans = diarize(talk.sound, speech_regions(talk.sound))
    assert {span.speaker for span in spans} == {"Speaker 1"}


def test_a_voice_enrolled_in_one_meeting_is_found_in_another(bench):
    _, joins = bench
    prints = []
    for kind, seed in (("clean", 1), ("clean", 2)):
        talk = joins.talk(("1998", "2033"), joins.SETS[kind], seed=seed, seconds=40)
        said = tuple(
            Segment(index=i, speaker=t.speaker, start=t.start, end=t.end, text="x")
            for i, t in enumerate(talk.turns)
        )
        made_by = Provenance(name="joins", version="1")
        transcript = Transcript(segments=said, source_format="audio", made_by=made_by)
        prints.append(voice_prints([talk.sound], transcript))
    for reader, voice in prints[0].items():
        found = match(voice, prints[1])
        assert found.speaker == reader
        assert found.confidence > 0.8


def test_spans_hold_no_pauses_and_stay_within_what_was_asked(speech):
    gap = np.zeros(32_000, np.float32)
    spans = diarize(np.concatenate([gap, speech, gap]), [Region(1.0, 6.0), Region(8.0, 14.5)])
    assert spans[0].start > 1.8
    assert spans[-1].end < 13.5
    assert all(span.end <= 6.0 or span.start >= 8.0 for span in spans)


def test_the_same_conversation_is_joined_each_time(bench):
    _, joins = bench
    one, other = (joins.talk(("1998", "2414"), joins.SETS["hard"], 7, 20) for _ in range(2))
    assert one.turns == other.turns
    assert (one.sound == other.sound).all()
