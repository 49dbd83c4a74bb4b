import pytest

from models.conversation import Provenance, Segment, Transcript, Word
from pipeline.quality import assess


def segment(index, speaker, start, end, words=10, sure=0.9, told=0.95):
    step = (end - start) / words
    timed = tuple(
        Word(text="so", start=start + i * step, end=start + (i + 1) * step, probability=sure)
        for i in range(words)
    )
    return Segment(
        index=index,
        speaker=speaker,
        start=start,
        end=end,
        text="so " * words,
        words=timed,
        speaker_confidence=told,
    )


def transcript(*segments, source="audio"):
    made_by = Provenance(name="test", version="1")
    return Transcript(segments=segments, source_format=source, made_by=made_by)


def turns(**changes):
    """Ten turns of 4 s and ten words: 150 words a minute."""
    return [segment(i, "AB"[i % 2], i * 5, i * 5 + 4, **changes) for i in range(10)]


def test_a_clear_recording_is_as_good_as_its_words():
    found = assess(transcript(*turns()))
    assert found.recognition == pytest.approx(0.9)
    assert (found.overlap, found.unknown_speaker) == (0, 0)
    assert found.words_per_minute == pytest.approx(150)
    assert found.overall == pytest.approx(0.9)


def test_unknown_speakers_cost_their_share():
    nobody = [segment(9, None, 60, 64), segment(10, "A", 65, 69, told=0.5)]
    found = assess(transcript(*turns()[:8], *nobody))
    assert found.unknown_speaker == pytest.approx(0.2)
    assert found.overall == pytest.approx(0.9 * 0.8)


def test_speaking_at_once_is_time_of_two_speakers_not_of_one():
    both = [segment(0, "A", 0, 4), segment(1, "B", 2, 6), segment(2, "B", 5, 7)]
    found = assess(transcript(*both))
    assert found.overlap == pytest.approx(2 / 7, abs=1e-4)


@pytest.mark.parametrize("words", [2, 60])
def test_a_rate_that_nobody_speaks_at_lowers_the_quality(words):
    found = assess(transcript(*turns(words=words)))
    assert found.overall < 0.5
    assert found.recognition == pytest.approx(0.9)


def test_of_a_transcript_file_only_the_speakers_are_judged():
    found = assess(transcript(*turns(sure=0.1), source="whisper-json"))
    assert (found.recognition, found.overlap, found.words_per_minute) == (None, None, None)
    assert found.overall == 1
    assert assess(transcript(segment(0, None, 0, 4), source="vtt")).overall == 0


def test_an_empty_transcript_has_a_quality():
    assert assess(transcript()).recognition == 0
