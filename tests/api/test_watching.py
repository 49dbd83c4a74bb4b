"""Watching the service: health, readiness, metrics, and logs that hold ids and no words."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline import database
from pipeline.jobs import Workplace, failing
from pipeline.logs import configure
from pipeline.queue.work import Claim
from pipeline.queue.worker import Worker
from pipeline.queue.workers import Workers
from pipeline.service import Service

Client = Callable[..., TestClient]
MARKER = "Zanzibarquux"
TALK = f"Ana: How did {MARKER} go?\nBen: Well, {MARKER} bought.\n"
FORM = {"coachee": MARKER, "held_at": "2026-03-04T09:30", "consent": "true"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, service: Service) -> Iterator[Callable[[], str]]:
    """Everything that was written, in the form for programs."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure(service.settings.model_copy(update={"log_format": "json"}))
    yield stream.getvalue
    root.handlers[:], root.level = before, level


@pytest.fixture
def worker(service: Service, fake_stages: None) -> Worker:
    from pipeline.flows import analyze_queued

    def make(place: Workplace, claim: Claim) -> None:
        analyze_queued(place, claim.analysis_id)

    return Worker(service.settings, service.database, make)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def upload(client: TestClient, name: str = f"{MARKER}.txt", content: str = TALK) -> UUID | None:
    answer = client.post("/upload", data=FORM, files={"files": (name, content.encode())})
    return answer.headers.get("location", "").rsplit("/", 1)[-1]


def test_no_word_reaches_the_log_and_ids_do(
    client_of: Client, worker: Worker, organisation: Any, told: Callable[[], str]
) -> None:
    mia = client_of("mia")
    meeting = upload(mia)
    assert worker.step()
    mia.get(f"/meetings/{meeting}", params={"show": MARKER})
    mia.get(f"/{MARKER}", params={"q": MARKER})
    mia.post("/upload", data=FORM | {"consent": ""}, files={"files": ("x", MARKER.encode())})
    upload(mia, content=f"\0{MARKER}")
    mia.get("/api/v1/meetings", params={MARKER: MARKER})
    mia.get(f"/api/v1/people/{MARKER}")
    client_of("nobody").post("/sign-in", data={"email": f"{MARKER}@x.example", "password": MARKER})
    text = told()
    lines = objects(text)
    assert MARKER.lower() not in text.lower()
    assert "mia@example.com" not in text
    by = f"person:{organisation.ids['mia']}"
    page = next(one for one in lines if one.get("route") == "/meetings/{meeting_id}")
    assert (page["meeting"], page["by"], page["status"]) == (meeting, by, 200)
    assert page["ms"] > 0
    assert page["level"] == "INFO"
    stages = [one for one in lines if one["message"] == "stage made"]
    assert [one["stage"] for one in stages] == ["transcribe", "attribute", "tag", "score"]
    assert {one["meeting"] for one in stages} == {meeting}
    (ended,) = [one for one in lines if one["message"] == "ended"]
    assert (ended["meeting"], ended["result"]) == (meeting, "done")
    (uploaded,) = [one for one in lines if one["message"] == "uploaded"]
    assert (uploaded["meeting"], uploaded["bytes"]) == (meeting, len(TALK))
    assert uploaded["analysis"] == ended["analysis"]
    assert len({one["request"] for one in lines if one["message"] == "request"}) == 8


def test_an_error_is_told_by_its_kind_and_never_in_its_own_words(
    app: FastAPI, worker: Worker, client_of: Client, told: Callable[[], str], fakes: Any
) -> None:
    @app.get("/broken/{meeting_id}")
    def broken(meeting_id: str) -> None:
        try:
            int(MARKER)
        except ValueError as error:
            raise RuntimeError(f"{MARKER} in {meeting_id}") from error

    def bad(*_: object) -> None:
        raise KeyError(MARKER)

    mia = TestClient(app, raise_server_exceptions=False)
    answer = mia.get(f"/broken/{MARKER}", headers={"x-request-id": "from-the-proxy-1"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "from-the-proxy-1"
    upload(client_of("mia"))
    worker._make = bad
    assert worker.step()
    text = told()
    assert MARKER not in text.replace("raise", "")
    (line,) = [one for one in objects(text) if one.get("status") == 500]
    assert (line["request"], line["route"]) == ("from-the-proxy-1", "/broken/{meeting_id}")
    assert "builtins.ValueError" in line["error"]
    assert "builtins.RuntimeError" in line["error"]
    assert "in broken" in line["error"]
    (failed,) = [one for one in objects(text) if one["message"] == "went wrong"]
    assert "KeyError" in failed["error"]


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "has blanks in it", f"{'é' * 10}", "a\tb-c-d-e-f"]
)
def test_what_is_no_request_id_gets_one(client_of: Client, given: str) -> None:
    answer = client_of().get("/health", headers={"x-request-id": given.encode()})
    assert len(answer.headers["x-request-id"]) == 32
    assert given not in answer.headers["x-request-id"]


def test_a_terminal_reads_plain_lines(
    client_of: Client, told: object, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure(service.settings)
    client_of("mia").get("/upload")
    (line,) = stream.getvalue().splitlines()
    assert " INFO request " in line
    assert "method=GET route=/upload status=200 ms=" in line


def test_what_is_less_serious_can_be_left_out(
    app: FastAPI, told: object, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure(service.settings.model_copy(update={"log_level": "warning"}))
    somebody = TestClient(app, raise_server_exceptions=False)
    somebody.get("/sign-in")
    assert stream.getvalue() == ""
    somebody.get("/broken")
    assert " ERROR request " in stream.getvalue()


def test_the_service_lives_without_what_it_needs(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.database, "first", None)
    assert client_of().get("/health").json() == {"status": "ok"}


def test_what_is_missing_is_said(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.readiness._KEPT_SECONDS", 0)

    def missing() -> list[str]:
        answer = client_of().get("/ready")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert str(service.settings.home) not in answer.text
        return [one["part"] for one in answer.json()["missing"]]

    assert missing() == ["worker"]
    workers = Workers(service.database)
    with workers.beating("one"):
        workers.beat("one")  # Its thread may not have got to it.
        assert client_of().get("/ready").json() == {"status": "ready"}
        with monkeypatch.context() as patch:
            patch.setattr(database, "HEAD", "9999")
            assert missing() == ["database"]
        with monkeypatch.context() as patch:
            patch.setattr("models.artefacts.FILES", {"tagger": "gone.pickle.gz"})
            assert missing() == ["models"]
        folder = service.settings.upload_dir
        folder.rename(folder.with_name("away"))
        folder.write_text("a file where the folder was")
        assert missing() == ["storage"]
    assert "worker" in missing()  # It left.


def test_however_many_ask_whether_it_is_ready_it_looks_once(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    look = service.files.check
    monkeypatch.setattr(service.files, "check", lambda: (looked.append(1), look())[1])
    answers = [client_of().get("/ready").status_code for _ in range(3)]
    assert (answers, len(looked)) == ([503] * 3, 1)


def test_a_database_that_does_not_answer(
    client_of: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def refused() -> None:
        raise OperationalError("SELECT", {}, Exception("password in here"))

    monkeypatch.setattr(service.database, "revision", refused)
    answer = client_of().get("/ready")
    assert (answer.status_code, "password" in answer.text) == (503, False)
    assert answer.json()["missing"] == [{"part": "database", "message": "It does not answer."}]


def test_figures_are_by_template_and_from_the_database(
    client_of: Client, worker: Worker, service: Service, organisation: Any
) -> None:
    mia = client_of("mia")
    meeting = upload(mia)
    mia.get(f"/meetings/{meeting}")
    mia.get(f"/{MARKER}")
    mia.get("/static/coaching.css")
    full = client_of("full")
    text = full.get("/metrics").text
    assert 'coachscore_queue_length{state="waiting"} 1.0' in text
    assert "coachscore_workers 0.0" in text
    assert worker.step()
    upload(mia, content=TALK + "Ana: And?\n")

    def fail(place: Workplace, claim: Claim) -> None:
        with failing(place.store, claim.analysis_id):
            raise RuntimeError

    worker._make = fail
    assert worker.step()
    service.work.ask(service.meetings.get(UUID(meeting)).analysis_id)
    service.work.claim("another")
    text = full.get("/metrics").text
    for line in (
        'coachscore_requests_total{method="GET",route="/meetings/{meeting_id}",status="200"} 1.0',
        'coachscore_requests_total{method="GET",route="none",status="404"} 1.0',
        'coachscore_requests_total{method="GET",route="/static",status="200"} 1.0',
        'coachscore_requests_total{method="GET",route="/metrics",status="200"} 1.0',
        'coachscore_request_seconds_count{method="POST",route="/upload"} 2.0',
        'coachscore_queue_length{state="waiting"} 0.0',
        'coachscore_queue_length{state="running"} 1.0',
        "coachscore_queue_oldest_seconds 0.0",
        'coachscore_analyses_total{result="done"} 1.0',
        'coachscore_analyses_total{result="failed"} 1.0',
        'coachscore_uploads_total{medium="transcript"} 4.0',
    ):
        assert line in text.splitlines()
    for stage in ("transcribe", "attribute", "tag", "score"):
        assert f'coachscore_stage_seconds_count{{stage="{stage}"}}' in text
    assert meeting not in text
    assert MARKER not in text
    assert str(organisation.ids["mia"]) not in text


def test_routes_of_the_api_keep_their_prefix(client_of: Client, organisation: Any) -> None:
    full = client_of("full")
    full.get(f"/api/v1/meetings/{organisation.ids['released']}")
    full.request("BREW", "/api/v1/meetings")
    text = full.get("/metrics").text
    assert 'method="GET",route="/api/v1/meetings/{meeting_id}",status="200"} 1.0' in text
    assert 'coachscore_requests_total{method="other"' in text


def test_a_worker_that_died_is_not_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from pipeline.queue import workers as module
    from pipeline.sql import now

    workers = Workers(service.database)
    workers.beat("dead")
    assert workers.alive() == 1
    later = now() + timedelta(minutes=1)
    monkeypatch.setattr(module, "now", lambda: later)
    assert workers.alive() == 0
    workers.beat("new")
    assert workers.alive() == 1
