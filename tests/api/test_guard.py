"""What holds for every route: headers, origin, size, and one shape of errors."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.settings import Settings

Client = Callable[..., TestClient]
FORM = {"email": "mia@example.com", "password": "wrong"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 400),
        ({"origin": "http://testserver"}, 400),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_form_must_come_from_our_pages(
    app: FastAPI, headers: dict[str, str], status: int
) -> None:
    client = TestClient(app, headers=headers)
    assert client.post("/sign-in", data=FORM).status_code == status


def test_a_token_in_a_request_makes_no_session(client_of: Client) -> None:
    """Sending any Authorization passes the check of origin, so it must turn the cookie off."""
    client = client_of("ada")
    client.headers["authorization"] = "Bearer nonsense"
    assert client.post("/people", data={}).status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/nothing", "/meetings/no-id", "/static/app.css"])
def test_every_answer_is_closed(client_of: Client, path: str) -> None:
    headers = client_of().get(path).headers
    assert "'unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert ("no-store" in headers.get("cache-control", "")) != path.startswith("/static/")


def test_pages_hold_nothing_that_the_policy_forbids(client_of: Client, organisation) -> None:
    ada, mia = client_of("ada"), client_of("mia")
    pages = [ada.get(path) for path in ("/", "/people", "/tokens", "/upload", "/nothing")]
    pages += [mia.get(f"/meetings/{organisation.ids['hidden']}"), client_of().get("/sign-in")]
    for page in pages:
        assert " style=" not in page.text, page.url
        assert "<style" not in page.text, page.url
        assert "<script>" not in page.text, page.url
        assert " onclick=" not in page.text, page.url
        assert "://" not in page.text.replace("http://www.w3.org", ""), page.url


def test_errors_of_the_api_are_problems(client_of: Client, organisation) -> None:
    client = client_of("reader")
    hidden = client.get(f"/api/v1/meetings/{organisation.ids['hidden']}")
    assert hidden.headers["content-type"] == "application/problem+json"
    assert hidden.json() == {
        "type": "about:blank",
        "title": "There is no such entry",
        "status": 404,
        "detail": "No such meeting.",
    }
    assert client_of().get("/api/v1/meetings").headers["www-authenticate"] == "Bearer"
    wrong = client.get("/api/v1/meetings?limit=0").json()
    assert (wrong["status"], wrong["errors"][0]["at"]) == (422, "query.limit")
    assert client.delete("/api/v1/meetings").json()["status"] == 405
    assert client.delete("/api/v1/meetings").headers["allow"] == "GET"
    assert client.get("/api/v1/nothing").json()["status"] == 404
    assert client.get("/api/v1/meetings/no-id").json()["status"] == 404


def test_errors_of_pages_are_pages(client_of: Client) -> None:
    ada = client_of("ada")
    assert "<h1>There is nothing here</h1>" in ada.get("/nothing").text
    assert ada.delete("/people").status_code == 405
    missing = ada.post("/tokens", data={"name": "x"})
    assert missing.status_code == 422
    assert "<h1>Something is missing or wrong</h1>" in missing.text


def test_an_unexpected_error_tells_nothing(
    app: FastAPI, client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("private words")

    for question in ("list", "page"):
        monkeypatch.setattr(app.state.service.meetings, question, broken)
    cookies = client_of("mia").cookies
    client = TestClient(app, raise_server_exceptions=False, cookies=cookies)
    for path in ("/", "/api/v1/meetings"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "private" not in answer.text
        assert "content-security-policy" in answer.headers


def test_a_body_has_a_length_within_bounds(app: FastAPI, settings: Settings) -> None:
    client = TestClient(app, headers={"sec-fetch-site": "same-origin"})
    assert client.post("/sign-in", content=b"x" * 1_000_001).status_code == 413
    assert client.post("/sign-in", content=iter([b"a", b"b"])).status_code == 411
    most = settings.max_upload_mb * 1_000_000
    too_much = {"content-length": str(most + 200_000)}
    assert client.post("/upload", headers=too_much).status_code == 413
