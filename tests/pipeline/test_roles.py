import pytest

from models.conversation import Participant, Provenance, Segment, Transcript
from pipeline.clues import Clues, VoiceMatch
from pipeline.roles import RolesError, assign_roles

TALK = [
    ("Ana Lindt", "How did the call with Halden go, and what did you want to get out of it?"),
    ("Ben", "I think it went well, they like it, and they should sign this month."),
    ("Ana Lindt", "What did they say that makes you think so?"),
    ("Ben", "I should have asked who else decides, I just sent the quote."),
    ("Ana Lindt", "So what will you do differently when you call them on Thursday?"),
    ("Ben", "I will ask for the budget before I say anything about the price."),
]


def transcript(lines, **roles):
    return Transcript(
        segments=tuple(
            Segment(index=i, speaker=name, text=text) for i, (name, text) in enumerate(lines)
        ),
        participants=tuple(Participant(speaker=n, role=r) for n, r in roles.items()),
        source_format="hand",
        made_by=Provenance(name="hand", version="1"),
    )


@pytest.mark.parametrize("given", ["Ben", "ben", "BE"])
def test_the_user_s_word_decides(given):
    found = assign_roles(transcript(TALK, Ben="coachee"), given)
    assert found.roles == {"Ana Lindt": "coachee", "Ben": "coach"}
    assert (found.source, found.confidence) == ("given", 1)


def test_the_whole_name_goes_before_the_start_of_another():
    found = assign_roles(transcript([*TALK, ("Ben Okafor", "Hello, it is me again.")]), "Ben")
    assert found.coach == "Ben"


@pytest.mark.parametrize(("given", "fits"), [("Carl", "nobody"), ("B", "“Ben”, “Bea”")])
def test_a_name_that_does_not_fit_lists_those_that_do(given, fits):
    with pytest.raises(RolesError, match=f"“{given}” fits {fits}") as caught:
        assign_roles(transcript([*TALK, ("Bea", "Me too.")]), given)
    assert all(f"“{name}”" in caught.value.message for name in ("Ana Lindt", "Ben", "Bea"))


def test_the_file_s_word_decides_where_the_user_says_nothing():
    found = assign_roles(transcript(TALK, **{"Ana Lindt": "coachee", "Ben": "coach"}), None)
    assert found.coach == "Ben"
    assert (found.source, found.confidence) == ("file", 1)


def test_who_has_no_role_in_the_file_is_coached():
    found = assign_roles(transcript(TALK, **{"Ana Lindt": "coach"}), None)
    assert found.roles == {"Ana Lindt": "coach", "Ben": "coachee"}


def test_a_coach_of_the_file_who_never_speaks_does_not_leave_the_talk_without_one():
    found = assign_roles(transcript(TALK, Dora="coach"), None)
    assert found.coach in {"Ana Lindt", "Ben"}
    assert found.source == "content"


@pytest.mark.parametrize("names", [("Ana Lindt", "Ben"), ("Ben", "Ana Lindt"), ("Zoe", "Abe")])
def test_else_what_is_said_decides_and_not_the_names(names):
    renamed = dict(zip(("Ana Lindt", "Ben"), names, strict=True))
    found = assign_roles(transcript([(renamed[n], text) for n, text in TALK]), None)
    assert found.coach == names[0]
    assert found.source == "content"
    assert 0.5 < found.confidence <= 1


def test_who_speaks_second_may_be_the_coach():
    assert assign_roles(transcript([TALK[1], TALK[0], *TALK[3:1:-1]]), None).coach == "Ana Lindt"


def test_a_passer_by_is_neither():
    found = assign_roles(transcript([*TALK, ("Cy", "Sorry!")]), None)
    assert found.roles["Cy"] == "other"
    assert assign_roles(transcript([*TALK, ("Cy", "Sorry!")]), "Cy").coach == "Cy"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([(None, text) for _, text in TALK], "no speakers"),
        ([("Ana", text) for _, text in TALK], "“Ana”"),
        ([], "no speakers"),
    ],
)
def test_nobody_to_tell_apart_is_an_error_with_a_way_out(lines, said):
    for coach in (None, "Ana"):
        with pytest.raises(RolesError, match=said) as caught:
            assign_roles(transcript(lines), coach)
        assert "speaker names" in caught.value.message


def test_a_recording_with_one_voice_is_not_sent_back_to_an_export():
    one = transcript([("Speaker 1", "Well, how did it go?"), ("Speaker 1", "Fine.")])
    with pytest.raises(RolesError, match="Only one voice") as caught:
        assign_roles(one.model_copy(update={"source_format": "audio"}), None)
    assert "channel of their own" in caught.value.message
    assert "Export" not in caught.value.message


def by(clues, lines=TALK, coach=None, **roles):
    found = assign_roles(transcript(lines, **roles), coach, clues)
    return found.coach, found.source, found.confidence


NUMBERED = [("Speaker 1" if name == "Ben" else "Speaker 2", text) for name, text in TALK]
VOICE = VoiceMatch(speaker="Speaker 1", confidence=0.93)


def test_the_manager_s_voice_goes_before_names_and_words():
    clues = Clues(voice=VOICE, manager="Speaker 2")
    assert by(clues, NUMBERED) == ("Speaker 1", "voice", 0.93)
    assert by(clues, NUMBERED, coach="Speaker 2")[:2] == ("Speaker 2", "given")
    assert by(clues, NUMBERED, **{"Speaker 2": "coach"})[:2] == ("Speaker 2", "file")


def test_a_voice_that_says_nothing_here_decides_nothing():
    assert by(Clues(voice=VOICE))[1] == "content"


@pytest.mark.parametrize("manager", ["Ben", "Ben Okafor", "OKAFOR, Ben (Sales)"])
def test_the_manager_s_name_goes_before_words(manager):
    assert by(Clues(manager=manager)) == ("Ben", "names", 0.97)


def test_who_was_not_invited_by_the_manager_is_the_manager():
    assert by(Clues(manager="Dora Weiss", invited=("Ana Lindt",))) == ("Ben", "names", 0.9)


@pytest.mark.parametrize(
    "clues",
    [
        Clues(manager="Dora"),
        Clues(manager="Dora", invited=("Carl",)),
        Clues(manager="Dora", invited=("Ana Lindt", "Ben")),
        Clues(manager="7", invited=("?",)),
    ],
)
def test_names_that_do_not_tell_leave_it_to_what_is_said(clues):
    assert by(clues)[:2] == ("Ana Lindt", "content")
