"""Contesting and deleting by the API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from pipeline.api_tables import DeliveryRow
from pipeline.service import Service

Client = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("fake_stages")


@pytest.fixture
def path(organisation: Any) -> str:
    return f"/api/v1/meetings/{organisation.ids['released']}"


def test_the_owner_contests_and_withdraws(client_of: Client, service: Service, path: str) -> None:
    hook = {"url": "https://e.example/h", "events": ["score.contested"]}
    client_of("full").post("/api/v1/webhooks", json=hook)
    client = client_of("mia")
    asked = {"utterance": 1, "values": {"reflection": "yes"}, "note": "I was there."}
    made = client.post(f"{path}/contests", json=asked)
    assert (made.status_code, made.json()["waiting"]) == (201, False), made.text
    assert made.json()["meeting"]["status"] == "done"
    (one,) = client_of("vic").get(f"{path}/contests").json()["items"]
    assert (one["field"], one["was"], one["value"]) == ("reflection", "no", "yes")
    tags = client.get(f"{path}/tags").json()["utterances"][1]["tags"]
    assert tags["marks"]["value"] == ["reflection"]
    assert [d.event for d in service.database.all(select(DeliveryRow.event))] == ["score.contested"]
    gone = client.delete(f"{path}/contests/{one['id']}")
    assert gone.status_code == 200
    assert client.get(f"{path}/contests").json()["items"][0]["withdrawn_at"] is not None
    assert client.delete(f"{path}/contests/{one['id']}").status_code == 404


def test_another_coach_waits_for_a_worker(client_of: Client, path: str) -> None:
    made = client_of("mia").post(f"{path}/contests", json={"coach": "Ben"})
    assert (made.status_code, made.json()["waiting"]) == (201, True)
    again = client_of("mia").post(
        f"{path}/contests", json={"utterance": 0, "values": {"act": "open"}}
    )
    assert again.status_code == 409


def test_who_spoke_is_put_right(client_of: Client, path: str) -> None:
    asked = {"rename": "Ben", "name": "Benedict"}
    made = client_of("mia").post(f"{path}/contests", json=asked)
    assert (made.status_code, made.json()["waiting"]) == (201, True), made.text
    (one,) = client_of("vic").get(f"{path}/contests").json()["items"]
    assert (one["field"], one["was"], one["value"]) == ("rename", "Ben", "Benedict")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"rename": "Ben", "name": "Ana"}, 400),
        ({"rename": "Ben", "name": ""}, 422),
        ({"merge": "Ben", "into": "Ana"}, 400),
        ({"utterance": 99, "speaker": "Ben"}, 400),
        ({"utterance": 1, "speaker": "Ana"}, 400),  # Nobody but the coach would be left.
        ({"utterance": 99, "values": {"reflection": "yes"}}, 400),
        ({"utterance": 1, "values": {"reflection": "maybe"}}, 400),
        ({"utterance": 1, "values": {"mood": "yes"}}, 422),
        ({"utterance": 1, "values": {}}, 422),
        ({"coach": "Nobody"}, 400),
        ({}, 422),
    ],
)
def test_what_cannot_be_contested_is_said(
    client_of: Client, path: str, asked: dict[str, Any], status: int
) -> None:
    assert client_of("mia").post(f"{path}/contests", json=asked).status_code == status


def test_a_deleted_meeting_is_gone(client_of: Client, service: Service, path: str) -> None:
    view = service.meetings.list(service.viewer().reach.model_copy(update={"released": None}))[0]
    assert client_of("full").delete(path).status_code == 204
    assert client_of("mia").get(path).status_code == 404
    assert client_of("full").delete(path).status_code == 404
    assert not Path(view.meeting.path).exists()
