import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.conversation import Provenance, RoleAssignment, Segment, Transcript, Word
from models.cues import words
from pipeline.captions.reader import read_transcript
from pipeline.presenting import sample_files
from pipeline.segmentation import sentences, split_utterances

ROLES = RoleAssignment(roles={"Ana": "coach", "Ben": "coachee"}, source="given", confidence=1)


def segments(*rows):
    """Segments from speaker, text and perhaps start and end."""
    return tuple(
        Segment(
            index=i,
            speaker=row[0],
            text=row[1],
            start=row[2] if len(row) > 2 else None,
            end=row[3] if len(row) > 2 else None,
        )
        for i, row in enumerate(rows)
    )


def split(parts, one_sentence=False):
    return split_utterances(
        Transcript(
            segments=parts,
            source_format="hand",
            made_by=Provenance(name="hand", version="1"),
            one_sentence_per_segment=one_sentence,
        ),
        ROLES,
    ).utterances


def test_sentences_given_are_kept_whole_in_number_and_order():
    parts = segments(
        ("Ana", "Well. And then? I see."), ("Ana", "and"), ("Ben", "so it went on"), ("Ben", "?")
    )
    found = split(parts, one_sentence=True)
    assert [u.text for u in found] == [s.text for s in parts]
    assert [u.source for u in found] == [u.index for u in found] == [0, 1, 2, 3]
    assert [u.role for u in found] == ["coach", "coach", "coachee", "coachee"]


def test_a_turn_of_several_sentences_is_split():
    found = split(segments(("Ana", "Good. What did he say? Tell me!"), ("Ben", "Nothing.")))
    assert [u.text for u in found] == ["Good.", "What did he say?", "Tell me!", "Nothing."]
    assert [u.source for u in found] == [0, 0, 0, 1]


def test_a_written_sentence_is_kept_however_long():
    text = (
        "So when they tell you that it is expensive you have got to hit them with the downtime "
        "number right away."
    )
    assert [p.text for p in sentences(text)] == [text]


def test_a_quotation_begins_with_its_mark():
    text = 'You apologise a lot. "Sorry to bother you" is how you begin. He said "no."'
    assert [p.text for p in sentences(text)] == [
        "You apologise a lot.",
        '"Sorry to bother you" is how you begin.',
        'He said "no."',
    ]


def test_an_amount_and_a_title_do_not_end_a_sentence():
    text = "Dr. Weiss wants it for 3.5 million, e.g. by the 4.30 train."
    assert [p.text for p in sentences(text)] == [text]


def test_captions_broken_in_mid_sentence_are_joined_and_timed_by_share():
    parts = segments(
        ("Ana", "Who else has to", 10.0, 12.0), ("Ana", "agree? And when?", 12.0, 16.0)
    )
    asked, when = split(parts)
    assert asked.text == "Who else has to agree?"
    assert when.text == "And when?"
    assert (asked.start, when.end) == (10.0, 16.0)
    assert (asked.source, when.source) == (0, 1)
    # "agree?" are 6 of the 16 letters of a caption of 4 seconds; "And" begins at the 7th.
    assert asked.end == pytest.approx(12 + 4 * 6 / 16)
    assert when.start == pytest.approx(12 + 4 * 7 / 16)


@pytest.mark.parametrize(
    "second",
    [
        ("Ben", "agree?", 12.0, 13.0),  # Somebody else.
        ("Ana", "agree?", 20.0, 21.0),  # Long after.
    ],
)
def test_captions_that_do_not_go_on_are_not_joined(second):
    assert len(split(segments(("Ana", "Who has to", 10.0, 12.0), second))) == 2


def test_a_sentence_over_several_captions_has_the_least_of_their_confidence():
    sure, unsure = segments(("Ana", "Who has to", 1.0, 2.0), ("Ana", "agree?", 2.0, 3.0))
    (found,) = split((sure, unsure.model_copy(update={"speaker_confidence": 0.4})))
    assert found.speaker_confidence == 0.4


def test_a_long_turn_without_punctuation_loses_no_word():
    text = "so i called them and he said well it is fine and then what did you say to that " * 90
    found = split(segments(("Ben", text.strip())))
    assert " ".join(u.text for u in found) == text.strip()


def test_known_word_times_are_used():
    said = ["So", "it", "went.", "What", "now?"]
    timed = tuple(
        Word(text=w, start=i * 1.0, end=i + 0.4, probability=0.9) for i, w in enumerate(said)
    )
    (part,) = segments(("Ana", " ".join(said), 0.0, 9.0))
    first, second = split((part.model_copy(update={"words": timed}),))
    assert (first.start, first.end) == (0.0, 2.4)
    assert (second.start, second.end) == (3.0, 4.4)


def test_without_times_there_are_none():
    (found,) = split(segments(("Ana", "When?")))
    assert (found.start, found.end) == (None, None)


def test_a_voice_without_a_name_is_nobody_s_side():
    (found,) = split(segments((None, "Hello there.")))
    assert (found.speaker, found.role) == ("Unknown speaker", "other")


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ana", "Ben", None]),
            st.text(max_size=120).map(lambda t: " ".join(t.split())).filter(bool),
            st.floats(0, 100),
            st.floats(0, 5),
        ),
        max_size=8,
    )
)
def test_any_transcript_keeps_its_words_in_order_and_its_times_inside(rows):
    parts = segments(*((name, text, start, start + long) for name, text, start, long in rows))
    found = split(parts)
    said = [w for u in found for w in words(u.text)]
    assert said == [w for s in parts for w in words(s.text)]
    assert [u.index for u in found] == list(range(len(found)))
    assert [u.source for u in found] == sorted(u.source for u in found)
    for u in found:
        assert u.speaker == (parts[u.source].speaker or "Unknown speaker")
        start, end = parts[u.source].start, parts[u.source].end
        assert start - 0.001 <= u.start <= end + 0.001  # Times are rounded to milliseconds.


def test_recognised_speech_without_punctuation_is_split():
    sample = sample_files()[5]
    heard = read_transcript(sample.read_bytes(), sample.name)
    texts = [s.text for s in heard.segments if s.speaker == heard.segments[0].speaker]
    found = sentences(" ".join(texts))
    # Fifty-odd captions of one to three sentences each, read as one run.
    assert len(texts) / 2 < len(found) < len(texts) * 4
