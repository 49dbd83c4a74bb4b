import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.conversation import Participant, Provenance, Segment, Transcript
from pipeline.speaker_edits import SpeakerEdits, SpeakerEditsError

SAID = ("Speaker 1", "Speaker 2", "Speaker 1", "Speaker 3", "Speaker 2", None)


def transcript(speakers=SAID, **roles):
    return Transcript(
        segments=tuple(
            Segment(index=i, speaker=name, text=f"Line {i}.", speaker_confidence=0.7)
            for i, name in enumerate(speakers)
        ),
        participants=tuple(
            Participant(speaker=n, role=roles.get(n)) for n in dict.fromkeys(speakers) if n
        ),
        source_format="audio",
        made_by=Provenance(name="hand", version="1"),
    )


def speakers(found):
    return [segment.speaker for segment in found.segments]


def edited(**edits):
    return SpeakerEdits.parse(**edits).apply(transcript())


def test_without_edits_nothing_changes():
    assert SpeakerEdits().apply(transcript()) == transcript()


def test_two_speakers_become_one():
    found = edited(merge=["Speaker 3=Speaker 2"])
    assert speakers(found) == [
        "Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2", "Speaker 2", None,
    ]  # fmt: skip
    assert [p.speaker for p in found.participants] == ["Speaker 1", "Speaker 2"]


def test_segments_go_to_somebody_else_or_somebody_new():
    found = edited(assign=["2-3 = Speaker 2", "4=Cy"])
    assert speakers(found) == [
        "Speaker 1", "Speaker 2", "Speaker 2", "Speaker 2", "Cy", None,
    ]  # fmt: skip
    assert [s.speaker_confidence for s in found.segments] == [0.7, 0.7, 1, 1, 1, 0.7]
    assert "Cy" in [p.speaker for p in found.participants]


def test_a_name_is_shown_instead_of_a_number():
    found = edited(rename=["Speaker 1=Ana", "Speaker 2=Ben"], merge=["Speaker 3=Speaker 1"])
    assert speakers(found) == ["Ana", "Ben", "Ana", "Ana", "Ben", None]


def test_two_may_swap_names():
    found = edited(rename=["Speaker 1=Speaker 2", "Speaker 2=Speaker 1"])
    assert speakers(found)[:2] == ["Speaker 2", "Speaker 1"]


def test_a_role_that_the_file_gave_follows_the_name():
    before = transcript(("A", "B"), A="coach")
    found = SpeakerEdits.parse(rename=["A=Ana"]).apply(before)
    assert found.participants == (
        Participant(speaker="Ana", role="coach"), Participant(speaker="B"),
    )  # fmt: skip


def test_what_was_recognised_stays_as_it_was():
    before = transcript()
    SpeakerEdits.parse(merge=["Speaker 3=Speaker 2"]).apply(before)
    assert before == transcript()


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"merge": ["Speaker 9=Speaker 1"]}, "Nobody is called “Speaker 9”"),
        ({"merge": ["Speaker 1=Ana"]}, "Nobody is called “Ana”; there are “Speaker 1”"),
        ({"rename": ["Dora=Ana"]}, "Nobody is called “Dora”"),
        ({"rename": ["Speaker 1=Speaker 2"]}, "merged, not renamed"),
        ({"rename": ["Speaker 1=Ana", "Speaker 2=Ana"]}, "merged, not renamed"),
        ({"merge": ["Speaker 1=Speaker 2", "Speaker 2=Speaker 1"]}, "nobody else"),
        ({"assign": ["70-80=Speaker 1"]}, "Segments 70 to 80 are not there; the last one is 5"),
        ({"assign": ["two=Speaker 1"]}, "“two” is no segment"),
        ({"assign": ["2"]}, "“this=that”"),
        ({"merge": ["=Ana"]}, "“this=that”"),
    ],
)
def test_what_does_not_fit_says_so(edits, said):
    with pytest.raises(SpeakerEditsError, match=said):
        edited(**edits)


def test_later_edits_come_on_top():
    first = SpeakerEdits.parse(merge=["Speaker 3=Speaker 2"], rename=["Speaker 1=Anna"])
    both = first.then(SpeakerEdits.parse(assign=["0=Speaker 2"], rename=["Speaker 1=Ana"]))
    assert speakers(both.apply(transcript())) == [
        "Speaker 2", "Speaker 2", "Ana", "Speaker 2", "Speaker 2", None,
    ]  # fmt: skip


def test_a_name_given_before_is_followed_to_the_one_given_later():
    before = SpeakerEdits.parse(rename=["Speaker 1=Ana"])
    later = before.then(SpeakerEdits.parse(rename=["Speaker 1=Anna"]))
    assert before.follow("Ana", later) == "Anna"
    assert before.follow("Speaker 2", later) == "Speaker 2"


NAMES = st.sampled_from(["Speaker 1", "Speaker 2", "Speaker 3"])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=5))
def test_merging_loses_no_words_and_always_ends(pairs):
    with contextlib.suppress(SpeakerEditsError):  # In a circle nobody is left to merge into.
        found = edited(merge=[f"{a}={b}" for a, b in pairs])
        assert [s.text for s in found.segments] == [s.text for s in transcript().segments]
        assert set(speakers(found)) - {None} <= {"Speaker 1", "Speaker 2", "Speaker 3"}
