"""Uploading: what is taken, what is refused, and that it becomes one meeting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline import stages
from pipeline.jobs import Workplace, open_job
from pipeline.known_people import clues
from pipeline.progress import silent
from pipeline.service import Service

Client = Callable[..., TestClient]
FORM = {
    "coachee": " Ben  B. ",
    "held_at": "2026-03-04T09:30",
    "consent": "true",
    "utc_offset": "60",
}
TALK = ("../../talk.txt", b"Ana: How did it go?\nBen: Fine.\n")


def send(client: TestClient, *files: Any, **form: str) -> Any:
    return client.post("/upload", data=FORM | form, files=[("files", file) for file in files])


def kept(service: Service) -> set[Path]:
    return set(service.settings.upload_dir.iterdir())


def test_a_transcript_becomes_a_meeting(client_of: Client, service: Service) -> None:
    client = client_of("max")
    page = client.get(send(client, TALK).headers["location"])
    assert page.status_code == 200
    assert "Meeting with Ben B." in page.text
    assert "Waiting for its turn" in page.text
    (view,) = meetings_of(service, "max")
    meeting = view.meeting
    assert meeting.held_at.isoformat() == "2026-03-04T08:30:00+00:00"
    assert (meeting.file_name, meeting.file_size) == ("talk.txt", len(TALK[1]))
    assert (meeting.consent_by, view.status) == (f"person:{meeting.owner_id}", "queued")
    assert meeting.visible_to_vp_at > meeting.created_at
    assert Path(meeting.path).read_bytes() == TALK[1]
    assert Path(meeting.path).parent.parent == service.settings.upload_dir


def meetings_of(service: Service, name: str) -> Any:
    person = service.people.by_email(f"{name}@example.com")
    return service.meetings.list(service.viewer(person.id).reach)


def test_the_names_of_the_owner_and_the_coachee_tell_who_coaches(
    client_of: Client, service: Service
) -> None:
    lines = (
        "Ben: How did the call go, and what did you want to get out of it?",
        "Max: I think it went well, they like it, and they should sign this month.",
        "Ben: What did they say that makes you think so?",
        "Max: I should have asked who else decides, I just sent the quote.",
    )
    send(client_of("max"), ("talk.txt", "\n".join(lines).encode()), coachee="Ben B.")
    (view,) = meetings_of(service, "max")
    job = open_job(Workplace(service.settings, service.store), view.meeting.analysis_id)
    transcript = stages.transcribe(job.recording, service.settings, silent)
    by_words = stages.attribute(transcript, None).roles
    by_names = stages.attribute(transcript, None, clues(job, transcript)).roles
    assert (by_words.coach, by_words.source) == ("Ben", "content")
    assert (by_names.coach, by_names.source) == ("Max", "names")


def test_the_same_file_is_one_meeting_for_one_owner(client_of: Client, service: Service) -> None:
    client, before = client_of("max"), len(kept(service))
    first, again = send(client, TALK), send(client, ("other.txt", TALK[1]))
    assert first.headers["location"] == again.headers["location"]
    assert len(kept(service)) == before + 1
    other = send(client_of("ned"), TALK)
    assert other.headers["location"] != first.headers["location"]


def test_of_two_that_send_a_file_at_once_the_copy_that_stays_is_heard(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, client, quicker = service.files.keep, client_of("max"), client_of("max")

    def keep_slowly(slot: Path) -> str:
        """Meanwhile its sender does not wait, and sends it again."""
        location = keep(slot)
        monkeypatch.setattr(service.files, "keep", keep)
        send(quicker, TALK)
        return location

    monkeypatch.setattr(service.files, "keep", keep_slowly)
    send(client, TALK)
    (view,) = meetings_of(service, "max")
    assert service.store.recording(view.meeting.sha256).path == view.meeting.path
    assert Path(view.meeting.path).read_bytes() == TALK[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff\xe0 no talk", "accepted"),
        (b"just some words", "no transcript"),
        (b"ID3\x04 no sound", "recording cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_at_once(
    client_of: Client, service: Service, content: bytes, said: str
) -> None:
    before = kept(service)
    answer = send(client_of("max"), ("wrong.bin", content))
    assert answer.status_code == 400
    assert "wrong.bin" in answer.text
    assert said in answer.text.lower() or said in answer.text
    assert 'value=" Ben  B. "' in answer.text  # What was entered is still there.
    assert kept(service) == before


def test_of_several_files_the_good_ones_are_taken(client_of: Client, service: Service) -> None:
    answer = send(client_of("max"), TALK, ("wrong.txt", b"x"))
    assert answer.status_code == 400
    assert "wrong.txt" in answer.text
    assert len(meetings_of(service, "max")) == 1
    both = send(client_of("max"), TALK, ("b.txt", TALK[1] + b"Ana: Why?\n"))
    assert both.headers["location"] == "/"


def test_without_consent_nothing_is_kept(client_of: Client, service: Service) -> None:
    before = kept(service)
    answer = send(client_of("max"), TALK, consent="false")
    assert (answer.status_code, "agreed to it" in answer.text) == (400, True)
    assert kept(service) == before


def test_a_file_above_the_cap_is_refused_and_removed(client_of: Client, service: Service) -> None:
    before = kept(service)
    small = service.settings.model_copy(update={"max_upload_mb": 1})
    object.__setattr__(service, "settings", small)
    answer = send(client_of("max"), ("big.txt", b"Ana: Hm.\n" * 120_000))
    assert "more than 1 MB" in answer.text
    assert kept(service) == before


@pytest.mark.usefixtures("fake_stages")
def test_the_report_is_on_the_meetings_page(
    client_of: Client, service: Service, analyse: Any
) -> None:
    client = client_of("max")
    location = send(client, TALK).headers["location"]
    analyse(service, meetings_of(service, "max")[0].meeting)
    page = client.get(location).text
    assert "Not enough evidence" in page
    assert "Line 0." in page
    assert "no score" in client.get("/").text


def test_a_failed_analysis_says_why_and_is_tried_again(client_of: Client, service: Service) -> None:
    client = client_of("max")
    location = send(client, TALK).headers["location"]
    (view,) = meetings_of(service, "max")
    analysis = view.meeting.analysis_id
    service.work.claim("worker")
    service.store.fail_analysis(analysis, "It broke", "Mend it.")
    service.work.done("worker", analysis)
    page = client.get(location).text
    assert "It broke" in page
    assert "Mend it." in page
    send(client, TALK)
    assert "Waiting for its turn" in client.get(location).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"held_at": "0001-01-01T00:00", "utc_offset": "840"},
        {"held_at": "9999-12-31T23:00", "utc_offset": "-840"},
        {"coachee": "   "},
    ],
)
def test_a_form_that_cannot_be_right_is_refused(
    client_of: Client, service: Service, wrong: dict[str, str]
) -> None:
    before = kept(service)
    assert send(client_of("max"), TALK, **wrong).status_code in (400, 422)
    assert kept(service) == before
