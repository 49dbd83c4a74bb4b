"""Rubrics by the API: read, add a version, score old meetings again in the queue."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from models.labels import KINDS
from pipeline import analysis, jobs, rubric_versions
from pipeline.api_tables import DeliveryRow
from pipeline.jobs import Workplace
from pipeline.queue.worker import Worker
from pipeline.rubrics import load_rubric, rubric_texts
from pipeline.service import Service
from pipeline.store import Store

Client = Callable[..., TestClient]
PATH = "/api/v1/rubrics"
KIND = "deal_review"


def newer(kind: str = KIND, version: str = "9.0.0") -> str:
    own = rubric_texts(kind)[1]
    old = load_rubric(kind).version.split("+")[1]
    assert f'version = "{old}"' in own
    return own.replace(f'version = "{old}"', f'version = "{version}"')


def test_rubrics_are_listed_and_read(client_of: Client) -> None:
    items = client_of("scores").get(PATH).json()["items"]
    assert [one["kind"] for one in items] == list(KINDS)
    assert all(one["current"] and one["added_at"] is None for one in items)
    one = client_of("scores").get(f"{PATH}/{KIND}").json()
    assert one["rubric"]["version"] == one["version"] == load_rubric(KIND).version
    assert (one["common"], one["own"]) == rubric_texts(KIND)
    assert client_of("scores").get(f"{PATH}/chat").status_code == 404
    assert client_of("scores").get(f"{PATH}/{KIND}?version=0").status_code == 404


def test_a_version_is_added_and_scores_from_then_on(client_of: Client, service: Service) -> None:
    client, old = client_of("full"), load_rubric(KIND).version
    added = client.post(f"{PATH}/{KIND}", json={"own": newer()})
    assert (added.status_code, added.json()["current"]) == (201, True)
    version = added.json()["version"]
    assert version.endswith("+9.0.0")
    assert service.rubrics.current(KIND).version == version
    place = Workplace(service.settings, service.store)
    assert jobs.current_rubric(place, KIND).version == version
    assert jobs.current_rubric(place, "one_on_one") == load_rubric("one_on_one")
    assert client.get(f"{PATH}/{KIND}").json()["own"] == newer()
    before = client.get(f"{PATH}/{KIND}", params={"version": old}).json()
    assert (before["current"], before["own"]) == (False, rubric_texts(KIND)[1])
    listed = [one for one in client.get(PATH).json()["items"] if one["kind"] == KIND]
    assert [(one["version"], one["current"]) for one in listed] == [(version, True), (old, False)]


@pytest.mark.parametrize(
    ("own", "status", "said"),
    [
        ("kind = ", 400, "TOML"),
        ("", 400, "missing"),
        (newer("one_on_one"), 400, "one_on_one"),
        (rubric_texts(KIND)[1], 409, "Raise"),
        ("x" * 50_001, 422, "50000"),
        (newer().replace("points = ", "points = inf # ", 1), 400, "finite"),
    ],
)
def test_what_is_no_new_rubric_is_refused(
    client_of: Client, service: Service, own: str, status: int, said: str
) -> None:
    answer = client_of("full").post(f"{PATH}/{KIND}", json={"own": own})
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True)
    assert service.rubrics.added() == []


def test_a_version_sent_twice_is_added_once(client_of: Client) -> None:
    def send(**body: str) -> Any:
        headers = {"idempotency-key": "one"}
        return client_of("full").post(f"{PATH}/{KIND}", json=body, headers=headers)

    first, again = send(own=newer()), send(own=newer())
    assert (first.status_code, again.content) == (201, first.content)
    assert send(own=newer(version="9.0.1")).status_code == 422


def make_all(service: Service) -> int:
    def make(_: object, claim: Any) -> None:
        raise AssertionError(f"{claim} was analysed, not scored")

    worker, made = Worker(service.settings, service.database, make), 0
    while worker.step():
        made += 1
    return made


@pytest.mark.usefixtures("fake_stages")
def test_old_meetings_are_scored_again_by_a_worker(
    client_of: Client, service: Service, organisation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of("full")
    client.post(
        "/api/v1/webhooks", json={"url": "https://e.example/", "events": ["meeting.scored"]}
    )
    view = service.meetings.seen(
        service.viewer(organisation.ids["mia"]).reach, organisation.ids["released"]
    )
    old = service.store.analysis(view.meeting.analysis_id).score_key
    # The fakes' rubrics are names; another name is another rubric.
    real = rubric_versions.load_rubric
    monkeypatch.setattr(rubric_versions, "load_rubric", lambda kind, _: real(f"new {kind}", None))
    assert client.post("/api/v1/rescores?kind=ride_along").json()["total"] == 0
    job = client.post("/api/v1/rescores")
    assert (job.status_code, job.json()["total"], job.json()["left"]) == (202, 2, 2)
    shown = client.get(f"/api/v1/meetings/{view.meeting.id}").json()
    assert shown["status"] == "done"  # The old score is there until the new one is.
    assert make_all(service) == 2
    found = client.get(f"/api/v1/rescores/{job.json()['id']}").json()
    assert (found["total"], found["left"], found["failed"]) == (2, 0, 0)
    assert service.store.analysis(view.meeting.analysis_id).score_key != old
    assert len(service.store.scores(view.meeting.sha256)) == 2
    assert len(service.database.all(select(DeliveryRow.id))) == 2
    # Nothing changed since: nothing is made, and nobody is told.
    client.post("/api/v1/rescores")
    assert make_all(service) == 2
    assert len(service.store.scores(view.meeting.sha256)) == 2
    assert len(service.database.all(select(DeliveryRow.id))) == 2


@pytest.mark.usefixtures("fake_stages")
def test_a_score_that_cannot_be_made_leaves_the_old_one(
    client_of: Client, service: Service, organisation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rubric_versions.load_rubric
    monkeypatch.setattr(rubric_versions, "load_rubric", lambda kind, _: real(f"new {kind}", None))
    monkeypatch.setitem(analysis._COMPUTE, "score", lambda _: 1 / 0)
    job = client_of("full").post("/api/v1/rescores").json()
    assert make_all(service) == 2
    found = client_of("full").get(f"/api/v1/rescores/{job['id']}").json()
    assert (found["left"], found["failed"]) == (0, 2)
    shown = client_of("full").get(f"/api/v1/meetings/{organisation.ids['released']}").json()
    assert shown["status"] == "done"


@pytest.mark.usefixtures("fake_stages")
def test_an_upload_goes_before_old_meetings(client_of: Client, service: Service) -> None:
    client_of("full").post("/api/v1/rescores")
    form = {"coachee": "Ben", "held_at": "2026-03-04T09:00:00Z", "consent": "true"}
    talk = {"file": ("talk.txt", b"Ana: How did it go?\nBen: Fine.\n")}
    assert client_of("max").post("/api/v1/meetings", data=form, files=talk).status_code == 201
    first = service.work.claim("test")
    assert first.rescore_id is None
    assert Store(service.database).analysis(first.analysis_id).status == "queued"
    assert service.work.claim("test").rescore_id is not None
