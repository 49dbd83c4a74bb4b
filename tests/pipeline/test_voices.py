"""Voices that are enrolled: what is kept, for whom, and how long."""

from collections.abc import Iterator
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import select

from models.conversation import Provenance, Segment, Transcript
from pipeline.audio.voiceprints import VoicePrint, match, voice_prints
from pipeline.people.people import People
from pipeline.people.voices import EnrolledVoices
from pipeline.service_tables import VoiceRow
from pipeline.settings import Settings
from pipeline.sql import Database, NotStoredError


def voice(*numbers: float, made_by: str = "e 1", seconds: float = 10.0) -> VoicePrint:
    vector = np.array(numbers) / np.linalg.norm(numbers)
    return VoicePrint(made_by=made_by, seconds=seconds, vector=tuple(vector.tolist()))


ANA, BEN = voice(1, 0.1, 0), voice(0.2, 1, 0.3)


@pytest.fixture
def database(database_url: str, tmp_path) -> Iterator[Database]:
    database = Database.open(Settings(home=tmp_path, database_url=database_url))
    yield database
    database.close()


@pytest.fixture
def enrolled(database: Database) -> EnrolledVoices:
    return EnrolledVoices(database)


def test_an_enrolled_voice_is_kept_replaced_and_forgotten(database, enrolled):
    person = People(database).add("ana@example.com", "Ana", "manager")
    assert enrolled.get(person) is None
    assert enrolled.enrol(person, BEN, enrolled.ask(person))
    first = enrolled.get(person)
    assert enrolled.enrol(person, ANA, enrolled.ask(person))
    second = enrolled.get(person)
    assert second.voice.vector == pytest.approx(ANA.vector, abs=1e-5)
    assert second.agreed_at >= first.agreed_at
    assert enrolled.forget(person)
    assert enrolled.get(person) is None
    assert not enrolled.forget(person)


def test_a_voice_goes_with_its_person(database, enrolled):
    people = People(database)
    people.add("root@example.com", "Root", "admin")
    person = people.add("ana@example.com", "Ana", "manager")
    enrolled.enrol(person, ANA, enrolled.ask(person))
    mark = enrolled.ask(person)
    people.remove(person)
    assert not enrolled.enrol(person, ANA, mark)
    assert enrolled.get(person) is None
    assert database.all(select(VoiceRow.person_id)) == []


def test_nobody_s_voice_is_not_kept(enrolled):
    with pytest.raises(NotStoredError):
        enrolled.ask(uuid4())


@pytest.mark.parametrize("before", [True, False])
def test_a_voice_deleted_while_it_is_worked_out_stays_so(database, enrolled, before):
    person = People(database).add("ana@example.com", "Ana", "manager")
    if before:
        enrolled.enrol(person, BEN, enrolled.ask(person))
    mark = enrolled.ask(person)
    assert (enrolled.get(person) is not None) == before
    assert enrolled.forget(person)
    assert not enrolled.enrol(person, ANA, mark)
    later = enrolled.ask(person)
    assert not enrolled.enrol(person, ANA, mark)
    assert enrolled.enrol(person, BEN, later)
    assert not enrolled.enrol(person, ANA, later)
    assert enrolled.get(person).voice.vector == pytest.approx(BEN.vector, abs=1e-5)


def test_of_what_gave_no_voice_nothing_is_kept(database, enrolled):
    person = People(database).add("ana@example.com", "Ana", "manager")
    enrolled.give_up(person, enrolled.ask(person))
    assert database.all(select(VoiceRow.person_id)) == []
    enrolled.enrol(person, BEN, enrolled.ask(person))
    enrolled.give_up(person, enrolled.ask(person))  # The older one stays.
    assert enrolled.get(person) is not None


def test_the_speaker_who_sounds_like_it_is_found():
    heard = {"Speaker 1": BEN, "Speaker 2": voice(1, 0.2, 0.1)}
    found = match(ANA, heard)
    assert found.speaker == "Speaker 2"
    assert 0.9 < found.confidence <= 0.98


def test_voices_too_alike_leave_doubt():
    found = match(ANA, {"Speaker 1": voice(1, 0.15, 0), "Speaker 2": voice(1, 0.1, 0.15)})
    assert 0.5 <= found.confidence < 0.7


@pytest.mark.parametrize(
    "heard",
    [
        {},
        {"Speaker 1": ANA},
        {"Speaker 1": voice(0, 0, 1), "Speaker 2": BEN},
        {"Speaker 1": ANA.model_copy(update={"made_by": "e 2"}), "Speaker 2": BEN},
    ],
)
def test_nobody_is_found_where_nobody_sounds_like_it(heard):
    assert match(ANA, heard) is None


def talk(*segments):
    return Transcript(
        segments=tuple(
            Segment(index=i, speaker=who, start=a, end=b, text="x", speaker_confidence=sure)
            for i, (who, a, b, sure) in enumerate(segments)
        ),
        source_format="audio",
        made_by=Provenance(name="hand", version="1"),
    )


def test_only_sure_and_long_enough_speech_makes_a_voice():
    sound = np.random.default_rng(0).normal(0, 0.1, 40 * 16_000).astype(np.float32)
    given = talk(("A", 0, 8, 0.9), ("B", 8, 16, 0.5), ("C", 16, 18, 1.0), (None, 18, 30, 1.0))
    found = voice_prints([sound], given)
    assert set(found) == {"A"}
    assert found["A"].seconds == pytest.approx(8)
    assert np.linalg.norm(found["A"].vector) == pytest.approx(1)
