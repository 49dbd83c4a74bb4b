"""One's own voice: agreed to, shown, used for later recordings, deleted; nobody else's."""

import io
import wave
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from models.conversation import Transcript
from pipeline import stages
from pipeline.audio.voiceprints import VoicePrint
from pipeline.jobs import Workplace, open_job
from pipeline.meetings.deletion import delete_person
from pipeline.people import enrolment
from pipeline.people.audit import AuditFilter
from pipeline.uploads.uploads import MeetingDetails, receive, register


def sound(seed):
    """Two seconds of noise as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        noise = np.random.default_rng(seed).normal(0, 1000, 32_000)
        out.writeframes(noise.astype(np.int16).tobytes())
    file.seek(0)
    return file


PRINT = VoicePrint(made_by="e 1", seconds=42.4, vector=(0.6, 0.8))


@pytest.fixture
def heard(monkeypatch):
    """What is found of voices in a recording, by speaker; and of which it was asked."""
    found = SimpleNamespace(voices={"Ana": PRINT}, asked=[])

    def hear(path, name, transcript, settings):
        assert path.is_file()
        assert isinstance(transcript, Transcript)
        found.asked.append(name)
        return found.voices

    monkeypatch.setattr(enrolment, "hear_voices", hear)
    monkeypatch.setattr("pipeline.known_people.hear_voices", hear)
    return found


@pytest.fixture
def record(service, organisation, fake_stages, analyse):
    """Add a finished recording of somebody; its coach is Ana."""

    def add(who="mia", seed=0, done=True):
        owner = organisation.ids[who]
        details = MeetingDetails(
            owner_id=owner,
            coachee="Ben",
            held_at=datetime(2026, 3, 4, 9, tzinfo=UTC),
            consent_by=f"person:{owner}",
        )
        meeting = register(
            service, receive(sound(seed), f"talk {seed}.wav", service.settings), details
        )
        if done:
            analyse(service, meeting)
        return meeting

    return add


def enrol(client, meeting, **more):
    return client.post("/voice", data={"meeting": str(meeting.id), "agreed": "true"} | more)


def test_without_a_recording_there_is_nothing_to_take_it_from(client_of):
    page = client_of("mia").get("/voice")
    assert page.status_code == 200
    assert "there is none yet" in page.text
    assert "Delete my voice" not in page.text


def test_a_voice_is_enrolled_shown_and_deleted(client_of, service, organisation, record, heard):
    meeting, mia = record(), client_of("mia")
    assert "the coach is Ana" in mia.get("/voice").text
    assert enrol(mia, meeting).headers["location"] == "/voice"
    page = mia.get("/voice").text
    assert "Your voice is enrolled" in page
    assert "42 seconds" in page
    assert service.voices.get(organisation.ids["mia"]).voice.vector == PRINT.vector
    assert mia.post("/voice/delete").status_code == 303
    assert service.voices.get(organisation.ids["mia"]) is None
    assert "Your voice is enrolled" not in mia.get("/voice").text
    me = f"voice:{organisation.ids['mia']}"
    lines = service.audit.page(AuditFilter(object=me), None, 200).items
    noted = [entry.action for entry in lines]
    assert noted == ["delete", "create"]


def test_without_agreeing_nothing_is_kept(client_of, service, organisation, record, heard):
    meeting, mia = record(), client_of("mia")
    answer = mia.post("/voice", data={"meeting": str(meeting.id)})
    assert answer.status_code == 400
    assert "Confirm that you want your voice to be kept" in answer.text
    assert (heard.asked, service.voices.get(organisation.ids["mia"])) == ([], None)


def test_too_little_speech_says_so(client_of, service, organisation, record, heard):
    heard.voices.clear()
    answer = enrol(client_of("mia"), record())
    assert answer.status_code == 400
    assert "Ana is heard for less than 5 seconds" in answer.text
    assert service.voices.get(organisation.ids["mia"]) is None


@pytest.mark.parametrize("before", [True, False])
def test_a_voice_deleted_while_it_is_enrolled_does_not_come_back(
    client_of, service, organisation, record, monkeypatch, heard, before
):
    meeting, mia, me = record(), client_of("mia"), organisation.ids["mia"]
    if before:
        enrol(mia, meeting)

    def hear(*_):
        mia.post("/voice/delete")
        return {"Ana": PRINT}

    monkeypatch.setattr(enrolment, "hear_voices", hear)
    answer = enrol(mia, meeting)
    assert answer.status_code == 400
    assert "Your voice was deleted or taken anew" in answer.text
    assert service.voices.get(me) is None
    assert "Your voice is enrolled" not in answer.text
    lines = service.audit.page(AuditFilter(object=f"voice:{me}"), None, 200).items
    noted = [one.action for one in lines]
    assert noted == (["delete", "create"] if before else ["delete"])


def test_the_voice_of_who_is_deleted_while_it_is_enrolled_is_not_kept(
    client_of, service, organisation, record, monkeypatch
):
    meeting, me = record(), organisation.ids["mia"]

    def hear(*_):
        delete_person(service, me, "test")
        return {"Ana": PRINT}

    monkeypatch.setattr(enrolment, "hear_voices", hear)
    answer = enrol(client_of("mia"), meeting)
    assert (answer.status_code, "No such person" in answer.text) == (404, True)
    assert service.voices.get(me) is None


def test_no_voice_is_taken_from_somebody_elses_recording(client_of, service, record, heard):
    meeting = record("mia")
    for who in ("vic", "ada", "max"):
        assert enrol(client_of(who), meeting).status_code == 404
        assert meeting.title not in client_of(who).get("/voice").text
    assert heard.asked == []


def test_a_transcript_has_no_voice(client_of, organisation, heard):
    answer = client_of("mia").post(
        "/voice", data={"meeting": str(organisation.ids["released"]), "agreed": "true"}
    )
    assert answer.status_code == 404


def test_an_enrolled_voice_tells_who_coaches_in_later_recordings_alone(
    client_of, service, organisation, record, heard, monkeypatch
):
    clues = []
    real = stages.attribute
    first, mia = record(seed=1), client_of("mia")
    enrol(mia, first)
    heard.voices["Ben"] = PRINT.model_copy(update={"vector": (1.0, 0.0)})
    heard.asked.clear()
    monkeypatch.setattr(stages, "attribute", lambda *given: clues.append(given[2]) or real(*given))
    record(seed=2)
    assert clues[-1].voice.speaker == "Ana"
    assert heard.asked == ["talk 2.wav"]
    record("ned", seed=2)  # The same file of somebody who enrolled nothing.
    assert clues[-1].voice is None
    mia.post("/voice/delete")
    record(seed=3)
    assert clues[-1].voice is None
    assert heard.asked == ["talk 2.wav"]


def test_a_voice_deleted_before_the_work_began_is_not_used(
    client_of, service, organisation, record, heard, analyse
):
    mia = client_of("mia")
    enrol(mia, record(seed=1))
    waiting = record(seed=2, done=False)
    mia.post("/voice/delete")
    heard.asked.clear()
    analyse(service, waiting)
    assert heard.asked == []


def test_a_voice_deleted_amid_the_work_leaves_the_work_whole(client_of, service, record, heard):
    mia = client_of("mia")
    enrol(mia, record(seed=1))
    waiting = record(seed=2, done=False)
    place = Workplace(service.settings, service.store)
    before = open_job(place, waiting.analysis_id).keys
    mia.post("/voice/delete")
    assert open_job(place, waiting.analysis_id).keys == before
