from itertools import pairwise

import pytest

from models.conversation import Word
from pipeline.audio.diarization import Span
from pipeline.audio.transcription import Passage
from pipeline.audio.turns import assign_speakers, to_segments


def passage(text, start=0.0, step=0.5):
    words = tuple(
        Word(
            text=f" {w}", start=start + i * step, end=start + i * step + step - 0.05, probability=1
        )
        for i, w in enumerate(text.split())
    )
    return Passage(words[0].start, words[-1].end, words)


def spans(*borders):
    return tuple(
        Span(start, end, f"Speaker {i % 2 + 1}", 0.9)
        for i, (start, end) in enumerate(pairwise(borders))
    )


def said(passages, spans):
    return [(s.speaker, s.text) for s in to_segments(assign_speakers(passages, spans))]


def test_a_change_moves_to_the_end_of_the_sentence():
    heard = [passage("How did it go? Quite well I think")]
    for border in (1.6, 2.0, 2.6):
        assert said(heard, spans(0, border, 9)) == [
            ("Speaker 1", "How did it go?"),
            ("Speaker 2", "Quite well I think"),
        ]


def test_a_change_far_from_any_seam_stays_where_it_was_heard():
    heard = [passage("so tell me about the plan that you made for this")]
    assert said(heard, spans(0, 2.5, 9)) == [
        ("Speaker 1", "so tell me about the"),
        ("Speaker 2", "plan that you made for this"),
    ]


def test_a_short_answer_between_two_questions_survives():
    heard = [passage("Did you ask her? Yes. And then?")]
    assert said(heard, spans(0, 2.1, 2.4, 9)) == [
        ("Speaker 1", "Did you ask her?"),
        ("Speaker 2", "Yes."),
        ("Speaker 1", "And then?"),
    ]


def test_words_outside_all_spans_go_to_the_nearest():
    assert said([passage("late words", start=20)], spans(0, 5, 9)) == [("Speaker 2", "late words")]


def test_words_far_from_any_voice_are_nobodys_for_certain():
    near, far = (
        to_segments(assign_speakers([passage("late words", start=at)], spans(0, 5, 9)))
        for at in (8.5, 12.0)
    )
    assert near[0].speaker_confidence == pytest.approx(0.9)
    assert far[0].speaker_confidence == 0.5


def test_a_long_pause_ends_a_segment_and_segments_count_up_in_time():
    first, last = passage("one two"), passage("five six", start=8)
    both = Passage(first.start, last.end, first.words + last.words)
    found = to_segments([*assign_speakers([passage("three", start=4), both], spans(0, 99))])
    assert [(s.index, s.text, s.start) for s in found] == [
        (0, "one two", 0),
        (1, "three", 4),
        (2, "five six", 8),
    ]
    assert found[0].words[0].text == "one"


def test_moved_words_lower_the_confidence():
    heard = [passage("How did it go? Quite well")]
    straight, moved = (
        to_segments(assign_speakers(heard, spans(0, border, 9))) for border in (2.0, 1.4)
    )
    assert straight[0].speaker_confidence > moved[0].speaker_confidence > 0.5


def test_text_without_spaces_stays_without():
    words = tuple(
        Word(text=t, start=i, end=i + 0.9, probability=1) for i, t in enumerate("今日は何")
    )
    assert said([Passage(0, 4, words)], spans(0, 9)) == [("Speaker 1", "今日は何")]


def test_every_sentence_can_be_given_to_somebody_else():
    heard = [passage("Well, that was that. I think so too. And then")]
    assert said(heard, spans(0, 9)) == [
        ("Speaker 1", "Well, that was that."),
        ("Speaker 1", "I think so too."),
        ("Speaker 1", "And then"),
    ]


def test_a_yes_that_either_may_have_said_is_nobody_s():
    def between(confidence):
        yes = Span(2.0, 2.5, "Speaker 2", confidence)
        return (Span(0, 2.0, "Speaker 1", 0.9), yes, Span(2.5, 9, "Speaker 1", 0.9))

    heard = [passage("Did you ask her? Yes. And then?")]
    assert said(heard, between(0.9))[1] == ("Speaker 2", "Yes.")
    assert said(heard, between(0.55)) == [
        ("Speaker 1", "Did you ask her?"),
        (None, "Yes."),
        ("Speaker 1", "And then?"),
    ]
