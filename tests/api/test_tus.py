"""Resumable uploads: cut, found again, refused, expired; and progress told live."""

import base64
import io
import json
import os
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.meetings.purging import purge
from pipeline.service import Service
from pipeline.sql import now
from pipeline.uploads import resuming

Client = Callable[..., TestClient]
TUS = {"tus-resumable": "1.0.0"}
TALK = b"Ana: How did it go?\nBen: Fine, I think.\n"
FORM = {
    "filename": "../talk.txt",
    "coachee": "Ben",
    "held_at": "2026-03-04T09:30+01:00",
    "consent": "true",
    "kind": "",
}


def metadata(**changed: str) -> str:
    pairs = (FORM | changed).items()
    return ",".join(f"{n} {base64.b64encode(v.encode()).decode()}".strip() for n, v in pairs)


def create(client: Any, size: int = len(TALK), **changed: str) -> Any:
    headers = TUS | {"upload-length": str(size), "upload-metadata": metadata(**changed)}
    return client.post("/uploads", headers=headers)


def patch(client: Any, location: str, at: int, part: Any, **headers: str) -> Any:
    sent = {"upload-offset": str(at), "content-type": "application/offset+octet-stream"}
    return client.patch(location, headers=TUS | sent | headers, content=part)


def offset(client: Any, location: str) -> int:
    return int(client.head(location, headers=TUS).headers["upload-offset"])


def kept(service: Service) -> set[Path]:
    return set(service.settings.upload_dir.iterdir())


def test_what_the_server_says_it_can_do(client_of: Client, service: Service) -> None:
    answer = client_of().options("/uploads")
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,termination"
    most = service.settings.max_upload_mb * 1_000_000
    assert answer.headers["tus-max-size"] == str(most)
    assert create(client_of("max"), most + 1).status_code == 413


def test_a_file_in_parts_becomes_one_meeting(client_of: Client, service: Service) -> None:
    client = client_of("max")
    made = create(client)
    assert (made.status_code, made.headers["tus-resumable"]) == (201, "1.0.0")
    location = made.headers["location"]
    assert "GMT" in made.headers["upload-expires"]
    first = patch(client, location, 0, TALK[:13])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "13")
    assert "coachscore-meeting" not in first.headers
    assert offset(client, location) == 13
    assert "talk.txt" in client.get("/upload").text  # To be gone on with after a reload.
    last = patch(client, location, 13, TALK[13:])
    address = last.headers["coachscore-meeting"]
    # A sender who missed that answer learns it again, by either way.
    assert client.head(location, headers=TUS).headers["coachscore-meeting"] == address
    again = patch(client, location, len(TALK), b"")
    assert (again.status_code, again.headers["coachscore-meeting"]) == (204, address)
    max_ = service.people.by_email("max@example.com")
    (view,) = service.meetings.list(service.viewer(max_.id).reach)
    meeting = view.meeting
    assert (meeting.file_name, meeting.coachee) == ("talk.txt", "Ben")
    assert meeting.held_at.isoformat() == "2026-03-04T08:30:00+00:00"
    assert meeting.consent_by == f"person:{max_.id}"
    assert meeting.consent_at < meeting.created_at
    assert Path(meeting.path).read_bytes() == TALK
    assert client.delete(location, headers=TUS).status_code == 204
    assert Path(meeting.path).exists()


def test_the_same_file_again_is_the_same_meeting(client_of: Client, service: Service) -> None:
    client, before = client_of("max"), len(kept(service))
    answers = [patch(client, create(client).headers["location"], 0, TALK) for _ in range(2)]
    first, second = (answer.headers["coachscore-meeting"] for answer in answers)
    assert first == second
    assert len(kept(service)) == before + 1


def test_only_the_next_byte_is_taken(client_of: Client) -> None:
    client = client_of("max")
    location = create(client).headers["location"]
    assert patch(client, location, 5, TALK[5:]).status_code == 409
    patch(client, location, 0, TALK[:5])
    wrong = patch(client, location, 0, TALK[:5])
    assert (wrong.status_code, wrong.json()["title"]) == (409, "This part does not fit")
    assert wrong.headers["tus-resumable"] == "1.0.0"
    assert patch(client, location, 5, TALK).status_code == 413
    assert offset(client, location) == 5


def test_another_persons_upload_is_not_there(client_of: Client) -> None:
    location = create(client_of("max")).headers["location"]
    for who, status in (("mia", 404), ("vic", 404), ("ada", 404), ("full", 401), ("nobody", 401)):
        client = client_of(who)
        assert client.head(location, headers=TUS).status_code == status
        assert patch(client, location, 0, TALK).status_code == status
        assert client.delete(location, headers=TUS).status_code == status
        if status == 404:
            assert "talk.txt" not in client.get("/upload").text
    assert offset(client_of("max"), location) == 0


def test_a_wrong_file_is_refused_with_its_last_part(client_of: Client, service: Service) -> None:
    client, before = client_of("max"), kept(service)
    location = create(client, 15).headers["location"]
    answer = patch(client, location, 0, b"just some words")
    assert (answer.status_code, "no transcript" in answer.json()["detail"]) == (400, True)
    assert kept(service) == before
    assert client.head(location, headers=TUS).status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"consent": "false"}, "agreed to it"),
        ({"coachee": ""}, "coachee"),
        ({"held_at": "2026-03-04T09:30"}, "held_at"),
        ({"kind": "party"}, "kind"),
    ],
)
def test_what_is_said_about_it_is_checked_before(
    client_of: Client, service: Service, changed: dict[str, str], said: str
) -> None:
    before = kept(service)
    answer = create(client_of("max"), **changed)
    assert (answer.status_code, said in answer.json()["detail"]) == (400, True)
    assert kept(service) == before


def test_another_protocol_is_refused(client_of: Client) -> None:
    client = client_of("max")
    location = create(client).headers["location"]
    old = client.head(location, headers={"tus-resumable": "0.2.2"})
    assert (old.status_code, old.headers["tus-version"]) == (412, "1.0.0")
    assert patch(client, location, 0, TALK, **{"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize("then", ["again", "discard", "purge"])
def test_a_database_that_is_away_costs_no_meeting_its_file(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    client, before = client_of("max"), kept(service)
    location = create(client).headers["location"]
    with monkeypatch.context() as away:
        away.setattr(service.work, "ask", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            patch(client, location, 0, TALK)
    (file,) = kept(service) - before
    if then == "again":
        done = patch(client, location, len(TALK), b"")
        assert (done.status_code, "coachscore-meeting" in done.headers) == (204, True)
    elif then == "discard":
        assert client.delete(location, headers=TUS).status_code == 204
    else:
        (upload,) = service.partial_uploads.unfinished()
        service.partial_uploads.extend(upload.id, now() - timedelta(seconds=1))
        purge(service)
    assert (file / "file").read_bytes() == TALK


def test_what_waited_too_long_is_gone(client_of: Client, service: Service) -> None:
    client, before = client_of("max"), kept(service)
    location = create(client).headers["location"]
    patch(client, location, 0, TALK[:5])
    (upload,) = service.partial_uploads.unfinished()
    service.partial_uploads.extend(upload.id, now() - timedelta(seconds=1))
    assert client.head(location, headers=TUS).status_code == 410
    assert patch(client, location, 5, TALK[5:]).status_code == 410
    assert client.delete(location, headers=TUS).status_code == 204
    assert kept(service) == before


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app under uvicorn in a thread, for what a test client cannot do: cut the line."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    app.state.leaving = lambda: server.should_exit  # As `api.serve` does.
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def browser(app: FastAPI, client_of: Client) -> Iterator[httpx.Client]:
    cookies = {"coachscore": client_of("max").cookies["coachscore"]}
    headers = {"sec-fetch-site": "same-origin"}
    with serving(app) as address:
        yield httpx.Client(base_url=address, cookies=cookies, headers=headers, timeout=30)


def sound(samples: int) -> bytes:
    """A recording of silence."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * samples))
    return made.getvalue()


def test_a_cut_connection_loses_nothing_that_arrived(
    browser: httpx.Client, service: Service
) -> None:
    talk = sound(600_000)  # 1.2 MB: a whole buffer, and a part of one.
    location = create(browser, len(talk)).headers["location"]

    def cut() -> Iterator[bytes]:
        yield talk[:1_100_000]
        raise ConnectionError("the line is cut")

    with pytest.raises(ConnectionError):
        patch(browser, location, 0, cut(), **{"content-length": str(len(talk))})
    for _ in range(100):
        if (there := offset(browser, location)) == 1_100_000:
            break
        time.sleep(0.05)
    assert there == 1_100_000
    answer = patch(browser, location, there, talk[there:])
    meeting = browser.get(answer.headers["coachscore-meeting"])
    assert meeting.status_code == 200
    (path,) = service.settings.upload_dir.glob(location.rsplit("/", 1)[1] + "/file")
    assert path.read_bytes() == talk


def test_memory_stays_flat_while_a_large_file_arrives(browser: httpx.Client) -> None:
    size, block = 200_000_000, b"\0" * (1 << 20)

    def body() -> Iterator[bytes]:
        left = size - 1  # The last byte would have it looked at.
        while left:
            yield block[:left]
            left -= min(left, len(block))

    location = create(browser, size).headers["location"]
    patch(browser, location, 0, b"\0")
    before, peaks = resident(), []

    def watched() -> Iterator[bytes]:
        for number, chunk in enumerate(body()):
            if number % 10 == 0:
                peaks.append(resident())
            yield chunk[:-1] if number == 0 else chunk

    sent = size - 2
    answer = patch(browser, location, 1, watched(), **{"content-length": str(sent)})
    assert answer.headers["upload-offset"] == str(size - 1)
    # Receiver and sender share the process, and still it is far below the size of the file.
    assert max(peaks) - before < 40_000_000


def resident() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_progress_is_told_live_to_those_who_may_see_it(
    client_of: Client, service: Service, browser: httpx.Client
) -> None:
    address = patch(browser, create(browser).headers["location"], 0, TALK).headers[
        "coachscore-meeting"
    ]
    assert client_of("mia").get(f"{address}/events").status_code == 404
    claim, told = service.work.claim("worker"), []
    with browser.stream("GET", f"{address}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data:"):
                told.append(json.loads(line[5:]))
                _go_on(service, claim.analysis_id, len(told))
    assert [one["status"] for one in told] == ["queued", "running", "running", "failed"]
    assert told[1]["title"] == "Looking at every sentence"
    assert (told[2]["share"], told[2]["note"]) == (0.5, "About 2 minutes left.")
    assert (told[3]["title"], told[3]["note"]) == ("It broke", "Mend it.")


def _go_on(service: Service, analysis_id: Any, step: int) -> None:
    if step == 1:
        service.store.start_stage(analysis_id, "tag")
    elif step == 2:
        service.store.tell_progress(analysis_id, 0.5, 130.0)
    elif step == 3:
        service.store.fail_analysis(analysis_id, "It broke", "Mend it.")
        service.work.done("worker", analysis_id)


def test_who_watches_does_not_hold_up_a_stop(app: FastAPI, client_of: Client) -> None:
    client = client_of("max")
    address = patch(client, create(client).headers["location"], 0, TALK).headers[
        "coachscore-meeting"
    ]
    cookies = {"coachscore": client.cookies["coachscore"]}
    with serving(app) as base, httpx.Client(base_url=base, cookies=cookies) as browser:
        asked = browser.build_request("GET", f"{address}/events")
        assert next(browser.send(asked, stream=True).iter_lines()).startswith("data:")
        began = time.monotonic()
    assert time.monotonic() - began < 4


def test_an_error_of_ours_leaves_the_whole_file_waiting(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    client = client_of("max")
    location = create(client).headers["location"]
    with monkeypatch.context() as patched:
        patched.setattr(resuming, "inspect", fails)
        with pytest.raises(OSError, match="allocate"):
            patch(client, location, 0, TALK)
    assert offset(client, location) == len(TALK)
    assert "coachscore-meeting" in patch(client, location, len(TALK), b"").headers
