"""A meeting's page: what it shows, what can be heard, and contesting from it."""

import io
import re
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from models.conversation import Recording
from pipeline import stages
from pipeline.analysis import load_analysis
from pipeline.meetings.meetings import Meeting
from pipeline.people.audit import AuditFilter
from pipeline.people.policy import Reach
from pipeline.service import Service
from pipeline.sql import now
from pipeline.uploads.uploads import MeetingDetails, receive, register


@pytest.fixture
def upload(
    service: Service,
    organisation: Any,
    analyse: Callable[[Service, Meeting], None],
) -> Callable[[bytes, str], Meeting]:
    """A finished meeting of Mia's, which those above her see."""

    def make(content: bytes, name: str) -> Meeting:
        details = MeetingDetails(
            owner_id=organisation.ids["mia"],
            coachee="Ben",
            held_at=datetime(2026, 3, 4, tzinfo=UTC),
            consent_by="person",
        )
        made = register(service, receive(io.BytesIO(content), name, service.settings), details)
        analyse(service, made)
        return made

    return make


@pytest.fixture
def meeting(upload: Callable[[bytes, str], Meeting], labelled_talk: Path) -> Meeting:
    return upload(labelled_talk.read_bytes(), "talk.json")


@pytest.fixture
def heard(
    upload: Callable[[bytes, str], Meeting],
    labelled_talk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Meeting:
    """A recording, of which the words are known, one sentence every two seconds."""
    real = stages.transcribe
    text = Recording(sha256="0" * 64, name="t", path=str(labelled_talk), medium="transcript")

    def transcribe(_: Recording, *others: Any) -> Any:
        read = real(text, *others)
        timed = (
            s.model_copy(update={"start": 2.0 * s.index, "end": 2.0 * s.index + 1.5})
            for s in read.segments
        )
        return read.model_copy(update={"segments": tuple(timed)})

    monkeypatch.setattr(stages, "transcribe", transcribe)
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(range(256)) * 500)
    return upload(file.getvalue(), "call.wav")


@pytest.fixture
def claim(service: Service, meeting: Meeting) -> int:
    """The first missed challenge."""
    return load_analysis(service.store, meeting.analysis_id).scored.missed_challenges[0]


def release(service: Service, meeting: Meeting) -> None:
    from sqlalchemy import update

    from pipeline.service_tables import MeetingRow

    mine = MeetingRow.id == meeting.id
    service.database.run(update(MeetingRow).where(mine).values(visible_to_vp_at=now()))


def contest(client: TestClient, meeting: Meeting, at: int, marks: list[str], note: str = "") -> Any:
    sent = {"marks": marks, "note": note}
    return client.post(f"/meetings/{meeting.id}/contest/{at}", data=sent)


def overall(service: Service, owner: UUID, meeting: Meeting) -> float | None:
    return service.meetings.seen(Reach(own=owner), meeting.id).overall


def test_every_quote_leads_to_a_sentence_on_the_page(
    client_of: Callable[[str], TestClient], meeting: Meeting
) -> None:
    text = client_of("mia").get(f"/meetings/{meeting.id}").text
    there = set(re.findall(r'<li id="(u\d+)"', text))
    assert len(there) > 50
    led = set(re.findall(r'href="#(u\d+)"', text))
    assert led == there & led
    for criterion in ("inquiry", "challenge", "development", "guidance", "commitment"):
        assert f'href="#{criterion}"' in text
        assert f'id="{criterion}"' in text


def test_filters_live_in_the_address(
    client_of: Callable[[str], TestClient], meeting: Meeting
) -> None:
    mia = client_of("mia")
    for name in ("questions", "challenges", "missed", "guidance"):
        text = mia.get(f"/meetings/{meeting.id}?show={name}").text
        assert f'data-show="{name}"' in text
        assert text.count('aria-current="true"') == 1
        assert f"?show={name}#transcript" in text
    assert 'data-show="all"' in mia.get(f"/meetings/{meeting.id}?show=nonsense").text


def test_the_timeline_has_its_table(
    client_of: Callable[[str], TestClient], meeting: Meeting
) -> None:
    text = client_of("mia").get(f"/meetings/{meeting.id}").text
    picture = text.partition('class="rows"')[2].partition("The same as a table")[0]
    drawn = re.findall(r'<rect class="(?:deal|development|neither)"', picture)
    table = text.partition("The same as a table")[2].partition("</table>")[0]
    assert len(drawn) > 10
    assert table.count("<tr>") == len(drawn) + 1


def test_a_recording_is_heard_in_parts_by_those_who_see_the_meeting(
    client_of: Callable[[str], TestClient], service: Service, heard: Meeting
) -> None:
    mia, path = client_of("mia"), f"/meetings/{heard.id}/audio"
    whole = mia.get(path)
    assert whole.headers["content-type"] == "audio/wav"
    part = mia.get(path, headers={"range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert mia.get(path, headers={"range": "bytes=99999999-"}).status_code == 416
    assert client_of("vic").get(path).status_code == 404
    release(service, heard)
    assert client_of("vic").get(path).status_code == 200
    assert client_of("max").get(path).status_code == 404


def test_many_parts_of_a_recording_are_one_line_of_the_log(
    client_of: Callable[[str], TestClient], service: Service, heard: Meeting
) -> None:
    mia = client_of("mia")
    for start in (0, 1000, 2000, 3000):
        mia.get(f"/meetings/{heard.id}/audio", headers={"range": f"bytes={start}-"})
    lines = service.audit.page(AuditFilter(object=f"meeting:{heard.id}"), None, 200).items
    assert len(lines) == 1


def test_sentences_of_a_recording_know_their_times(
    client_of: Callable[[str], TestClient], heard: Meeting, meeting: Meeting
) -> None:
    mia = client_of("mia")
    text = mia.get(f"/meetings/{heard.id}").text
    assert 'data-start="4.0" data-end="5.5"' in text
    assert f'src="/meetings/{heard.id}/audio"' in text
    silent = mia.get(f"/meetings/{meeting.id}").text
    assert "<audio" not in silent
    assert "data-start" not in silent


def test_the_owner_contests_and_those_above_see_both(
    client_of: Callable[[str], TestClient],
    service: Service,
    meeting: Meeting,
    claim: int,
    organisation: Any,
) -> None:
    mia, vic = client_of("mia"), client_of("vic")
    was = overall(service, organisation.ids["mia"], meeting)
    release(service, meeting)
    form = mia.get(f"/meetings/{meeting.id}/contest/{claim}").text
    assert re.search(r'value="unsupported" checked', form)
    answer = contest(mia, meeting, claim, [], "He <b>showed</b> the figures")
    assert answer.status_code == 303
    shown = mia.get(answer.headers["location"]).text
    assert re.search(r"worked out again in \d+\.\d s", shown)
    assert f"the machine alone gave {was:g}" in shown
    for text in (shown, vic.get(f"/meetings/{meeting.id}").text):
        assert "contested by Mia on" in text
        assert "not “unsupported claim”, was unsupported claim" in text
        assert "He &lt;b&gt;showed&lt;/b&gt; the figures" in text
        assert f"<b>{was:g}</b>" in text
    assert "/withdraw" in shown
    assert "/withdraw" not in vic.get(f"/meetings/{meeting.id}").text
    assert overall(service, organisation.ids["mia"], meeting) > was


def test_a_contest_is_withdrawn_from_the_page(
    client_of: Callable[[str], TestClient], meeting: Meeting, claim: int
) -> None:
    mia = client_of("mia")
    contest(mia, meeting, claim, [])
    text = mia.get(f"/meetings/{meeting.id}").text
    withdraw = re.search(r'action="(/meetings/[^"]+/withdraw)"', text)[1]
    assert client_of("vic").post(withdraw).status_code == 404
    assert mia.post(withdraw).status_code == 303
    text = mia.get(f"/meetings/{meeting.id}").text
    assert "Withdrawn: 1" in text
    assert "As the machine judged" not in text


def test_a_contest_that_changes_nothing_is_refused_in_the_form(
    client_of: Callable[[str], TestClient], meeting: Meeting, claim: int
) -> None:
    mia = client_of("mia")
    form = mia.get(f"/meetings/{meeting.id}/contest/{claim}").text
    same = re.findall(r'name="marks" value="(\w+)" checked', form)
    answer = contest(mia, meeting, claim, same)
    assert answer.status_code == 400
    assert "Nothing would change" in answer.text
    assert mia.get(f"/meetings/{meeting.id}/contest/9999").status_code == 404


def test_the_speakers_are_swapped_and_back(
    client_of: Callable[[str], TestClient],
    service: Service,
    meeting: Meeting,
    analyse: Callable[[Service, Meeting], None],
) -> None:
    mia = client_of("mia")
    text = mia.get(f"/meetings/{meeting.id}").text
    other = re.search(r'<select id="coach".*?<option value="([^"]+)"', text, re.DOTALL)[1]
    answer = mia.post(f"/meetings/{meeting.id}/coach", data={"coach": other})
    assert answer.status_code == 303
    waiting = mia.get(answer.headers["location"]).text
    assert "Waiting for its turn" in waiting
    assert f"The coach is <b>{other}</b>" in waiting
    swapped = service.meetings.seen(Reach(own=meeting.owner_id), meeting.id).meeting
    analyse(service, swapped)
    shown = mia.get(answer.headers["location"]).text
    assert f"{other} is taken to be the coach" in shown
    assert "As the machine judged" in shown
