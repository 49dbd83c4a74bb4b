"""Webhooks: who is told what and when, how it is signed, retried and inspected."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import httpcore
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook as Reference

from pipeline.api_tables import DeliveryRow
from pipeline.service import Service
from pipeline.sql import now
from pipeline.webhooks.sending import (
    PublicNetwork,
    Sender,
    WebhookError,
    check_url,
    resolve,
    signed,
)
from pipeline.webhooks.webhooks import RETRIES

Client = Callable[..., TestClient]
PATH = "/api/v1/webhooks"


class Receiver:
    """A server that notes what it is sent, and answers with `status`."""

    def __init__(self) -> None:
        self.status, self.got = 200, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def sender(service: Service) -> Sender:
    return Sender(service.webhooks, private=True)


@pytest.fixture
def add(client_of: Client, service: Service) -> Callable[[str], Any]:
    """Adds a webhook for everything; private addresses are allowed meanwhile."""
    known = service.settings.model_copy(update={"webhook_private": True})
    object.__setattr__(service, "settings", known)

    def make(url: str, *events: str) -> Any:
        told = list(events) or ["meeting.scored", "score.contested"]
        return client_of("full").post(PATH, json={"url": url, "events": told})

    return make


def scored(service: Service, meeting_id: UUID, owner: UUID) -> None:
    view = service.meetings.seen(service.viewer(owner).reach, meeting_id)
    service.events.scored(view.meeting.analysis_id)


def deliveries(client_of: Client, hook: str) -> list[dict[str, Any]]:
    return client_of("full").get(f"{PATH}/{hook}/deliveries").json()["items"]


def test_an_event_is_sent_signed(
    client_of: Client,
    service: Service,
    organisation: Any,
    receiver: Receiver,
    sender: Sender,
    add: Any,
) -> None:
    made = add(receiver.url)
    assert made.status_code == 201
    hook = made.json()
    assert hook["secret"].startswith("whsec_")
    assert "secret" not in client_of("full").get(f"{PATH}/{hook['id']}").json()
    assert "secret" not in client_of("full").get(PATH).text
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    assert sender.step()
    assert not sender.step()
    ((headers, body),) = receiver.got
    names = {name.lower(): value for name, value in headers.items()}
    told = Reference(hook["secret"]).verify(body, names)
    assert (told["type"], told["data"]["meeting_id"]) == (
        "meeting.scored",
        str(organisation.ids["released"]),
    )
    assert set(told["data"]) == {
        "meeting_id", "owner_id", "kind", "held_at", "status", "verdict", "overall", "low", "high",
    }  # fmt: skip
    (one,) = deliveries(client_of, hook["id"])
    assert (one["state"], one["status_code"], one["attempts"]) == ("delivered", 200, 1)
    assert (one["message_id"], one["payload"]) == (names["webhook-id"], told)


def test_signatures_are_those_of_the_reference() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    moment = now()
    body = json.dumps({"test": "é"}, ensure_ascii=False)
    headers = signed("msg_1", int(moment.timestamp()), body.encode(), secret)
    assert headers["webhook-signature"] == Reference(secret).sign("msg_1", moment, body)


def test_nobody_is_told_before_those_above_may_see_it(
    client_of: Client,
    service: Service,
    organisation: Any,
    receiver: Receiver,
    sender: Sender,
    add: Any,
) -> None:
    hook = add(receiver.url).json()
    scored(service, organisation.ids["hidden"], organisation.ids["mia"])
    assert not sender.step()
    (one,) = deliveries(client_of, hook["id"])
    view = service.meetings.seen(
        service.viewer(organisation.ids["mia"]).reach, organisation.ids["hidden"]
    )
    due = view.meeting.visible_to_vp_at.isoformat().replace("+00:00", "Z")
    assert (one["state"], one["attempts"], one["due_at"]) == ("waiting", 0, due)
    again = client_of("full").post(f"{PATH}/{hook['id']}/deliveries/{one['id']}/redeliver")
    assert (again.status_code, again.json()["due_at"]) == (202, due)
    assert not sender.step()
    assert receiver.got == []


def pass_time(service: Service) -> None:
    waiting = DeliveryRow.due_at.is_not(None)
    past = now() - timedelta(seconds=1)
    service.database.run(update(DeliveryRow).where(waiting).values(due_at=past))


def test_what_fails_is_tried_again_and_then_given_up(
    client_of: Client,
    service: Service,
    organisation: Any,
    receiver: Receiver,
    sender: Sender,
    add: Any,
) -> None:
    hook, receiver.status = add(receiver.url).json(), 500
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    for attempt, seconds in enumerate((*RETRIES, None), start=1):
        assert sender.step()
        assert not sender.step()
        (one,) = deliveries(client_of, hook["id"])
        assert (one["attempts"], one["status_code"]) == (attempt, 500)
        assert (one["state"], one["due_at"] is None) == (
            ("waiting", False) if seconds else ("failed", True)
        )
        pass_time(service)
    assert not sender.step()
    assert len({h["webhook-id"] for h, _ in receiver.got}) == 1
    receiver.status = 204
    again = client_of("full").post(f"{PATH}/{hook['id']}/deliveries/{one['id']}/redeliver")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert sender.step()
    assert deliveries(client_of, hook["id"])[0]["state"] == "delivered"


def test_a_receiver_that_is_gone_is_told_no_more(
    client_of: Client,
    service: Service,
    organisation: Any,
    receiver: Receiver,
    sender: Sender,
    add: Any,
) -> None:
    hook, receiver.status = add(receiver.url).json(), 410
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    sender.step()
    assert client_of("full").get(f"{PATH}/{hook['id']}").json()["disabled_at"] is not None
    assert deliveries(client_of, hook["id"])[0]["state"] == "failed"
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    assert len(deliveries(client_of, hook["id"])) == 1


def test_only_what_was_asked_for_is_sent(
    client_of: Client, service: Service, organisation: Any, add: Any
) -> None:
    one, other = add("https://a.example/h", "score.contested"), add("https://b.example/h")
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    service.events.contested(organisation.ids["mia"], organisation.ids["released"])
    found = [
        [d["event"] for d in deliveries(client_of, hook.json()["id"])] for hook in (one, other)
    ]
    assert (found[0], sorted(found[1])) == (
        ["score.contested"],
        ["meeting.scored", "score.contested"],
    )
    gone = f"{PATH}/{other.json()['id']}"
    assert client_of("full").delete(gone).status_code == 204
    assert client_of("full").get(gone).status_code == 404
    assert client_of("full").delete(gone).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/h",
        "https://127.0.0.1/h",
        "https://[::1]/h",
        "https://[::ffff:10.0.0.1]/h",
        "https://[64:ff9b::a00:1]/h",
        "https://169.254.169.254/latest",
        "https://10.1.2.3:8443/h",
        "https://0.0.0.0/h",
        "https://224.0.0.1/h",
        "https://user:pass@example.com/h",
        "https://example.com/h#part",
        "https://example.com:99999/h",
        "https://[half/h",
        "ftp://example.com/h",
        "https://é.example/h",
    ],
)
def test_private_and_odd_addresses_are_refused(client_of: Client, url: str) -> None:
    answer = client_of("full").post(PATH, json={"url": url, "events": ["meeting.scored"]})
    assert answer.status_code in (400, 422)


def test_public_addresses_are_taken() -> None:
    for url in ("https://example.com/h", "https://8.8.8.8:8443/h", "https://[2606:4700::1]/h"):
        check_url(url, private=False)


def test_a_name_that_points_inside_is_refused_when_it_is_sent(
    monkeypatch: pytest.MonkeyPatch, service: Service, organisation: Any, client_of: Client
) -> None:
    body = {"url": "https://rebind.example/h", "events": ["meeting.scored"]}
    hook = client_of("full").post(PATH, json=body).json()
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.5", 443))]
    outside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: outside + inside)
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    assert Sender(service.webhooks, private=False).step()
    (one,) = deliveries(client_of, hook["id"])
    assert "private network" in one["error"]
    # What was checked is what is connected to, and the name is not asked for again.
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: outside)
    monkeypatch.setattr(
        httpcore.SyncBackend, "connect_tcp", lambda _, host, *__: asked.append(host)
    )
    PublicNetwork(private=False).connect_tcp("rebind.example", 443)
    assert asked == ["8.8.8.8"]


def test_a_name_without_an_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(WebhookError, match="no address"):
        resolve("none.example", 443, private=False)


def test_a_receiver_that_is_down_is_a_missed_attempt(
    client_of: Client, service: Service, organisation: Any, sender: Sender, add: Any
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    hook = add(f"http://127.0.0.1:{port}/h").json()
    scored(service, organisation.ids["released"], organisation.ids["mia"])
    assert sender.step()
    (one,) = deliveries(client_of, hook["id"])
    assert (one["state"], one["status_code"]) == ("waiting", None)
    assert one["error"]
