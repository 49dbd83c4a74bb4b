from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from pipeline.people.audit import AuditFilter
from pipeline.people.throttle import LIMITS
from pipeline.service import Service
from pipeline.settings import Settings

Client = Callable[..., TestClient]
RIGHT = {"email": "Mia@Example.com", "password": "seven tall giraffes"}
WRONG = RIGHT | {"password": "seven tall zebras"}
NEW = {"password": "four green frogs", "again": "four green frogs"}


def test_signing_in_and_out(client_of: Client, service: Service, organisation: Any) -> None:
    client = client_of()
    assert client.get("/upload?x=1").headers["location"] == "/sign-in?next=%2Fupload%3Fx%3D1"
    done = client.post("/sign-in", data=RIGHT | {"next": "/upload?x=1"})
    assert (done.status_code, done.headers["location"]) == (303, "/upload?x=1")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/").status_code == 200
    key = client.cookies["coachscore"]
    assert client.post("/sign-out").status_code == 303
    client.cookies.set("coachscore", key)
    assert client.get("/").status_code == 303  # The session is gone, not only its cookie.
    actor = f"person:{organisation.ids['mia']}"
    newest = service.audit.page(AuditFilter(actor=actor), None, 2).items
    assert [e.action for e in newest] == [
        "sign out",
        "sign in",
    ]


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_a_sign_in_never_leads_to_another_site(client_of: Client, elsewhere: str) -> None:
    done = client_of().post("/sign-in", data=RIGHT | {"next": elsewhere})
    assert done.headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_address_look_alike(client_of: Client) -> None:
    wrong = client_of().post("/sign-in", data=WRONG)
    unknown = client_of().post("/sign-in", data=WRONG | {"email": "nobody@example.com"})
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.text.replace("Mia@Example.com", "") == unknown.text.replace(
        "nobody@example.com", ""
    )


def test_too_many_attempts_are_slowed_down(client_of: Client, settings: Settings) -> None:
    for _ in range(LIMITS[0]):
        assert client_of().post("/sign-in", data=WRONG).status_code == 400
    refused = client_of().post("/sign-in", data=RIGHT)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    # Another process on the same database knows, and another person is not concerned.
    other = TestClient(create_app(settings), headers={"sec-fetch-site": "same-origin"})
    assert other.post("/sign-in", data=RIGHT).status_code == 429
    assert client_of().post("/sign-in", data=RIGHT | {"email": "max@example.com"}).is_redirect


def test_the_right_password_forgets_the_wrong_ones(client_of: Client) -> None:
    for _ in range(LIMITS[0] - 1):
        client_of().post("/sign-in", data=WRONG)
    assert client_of().post("/sign-in", data=RIGHT).is_redirect
    assert client_of().post("/sign-in", data=WRONG).status_code == 400


def test_a_disabled_person_is_out_at_once(
    client_of: Client, service: Service, organisation: Any
) -> None:
    mia = client_of("mia")
    assert mia.get("/").status_code == 200
    client_of("ada").post(f"/people/{organisation.ids['mia']}/access", data={"disabled": "true"})
    assert mia.get("/").status_code == 303
    assert client_of().post("/sign-in", data=RIGHT).status_code == 400


def test_a_link_works_once(client_of: Client, organisation: Any) -> None:
    path = f"/link/{organisation.keys['link']}"
    assert "Welcome, Ned" in client_of().get(path).text
    assert client_of().post(path, data=NEW | {"again": "something else"}).status_code == 400
    assert client_of().post(path, data={"password": "short", "again": "short"}).status_code == 400
    client = client_of()
    assert client.post(path, data=NEW).headers["location"] == "/"
    assert client.get("/").status_code == 200
    assert client_of().post(path, data=NEW).status_code == 404
    signed = client_of().post("/sign-in", data=NEW | {"email": "ned@example.com"})
    assert signed.is_redirect


def test_a_new_password_ends_every_session(
    client_of: Client, service: Service, organisation: Any
) -> None:
    ned = client_of("ned")
    client_of().post(f"/link/{organisation.keys['link']}", data=NEW)
    assert ned.get("/").status_code == 303


def test_an_expired_link_or_session_is_none(
    client_of: Client, service: Service, organisation: Any
) -> None:
    key = service.credentials.make_link(organisation.ids["max"], -1)
    assert client_of().get(f"/link/{key}").status_code == 404
    client = client_of()
    client.cookies.set("coachscore", service.credentials.start_session(organisation.ids["max"], -1))
    assert client.get("/").status_code == 303


def test_the_first_admin(tmp_path: Any) -> None:
    app = create_app(Settings(home=tmp_path, database_url=None))
    service: Service = app.state.service
    assert not service.people.has_admin()
    path = f"/link/{service.credentials.make_link(None, 1)}"
    client = TestClient(app, headers={"sec-fetch-site": "same-origin"}, follow_redirects=False)
    assert "first admin" in client.get(path).text
    bad = client.post(path, data=NEW | {"name": "Ada", "email": "no address"})
    assert bad.status_code == 400
    assert "no email address" in bad.text
    assert client.post(path, data=NEW | {"name": "Ada", "email": "Ada@example.com"}).is_redirect
    assert "People" in client.get("/").text
    assert service.people.by_email("ADA@example.com").role == "admin"


def test_behind_tls_cookies_are_bound_to_it(settings: Settings) -> None:
    secure = settings.model_copy(update={"public_url": "https://coach.example"})
    app: FastAPI = create_app(secure)
    client = TestClient(app, base_url="https://coach.example", follow_redirects=False)
    done = client.post("/sign-in", data=RIGHT, headers={"origin": "https://coach.example"})
    assert done.headers["set-cookie"].startswith("__Host-coachscore=")
    assert "Secure" in done.headers["set-cookie"]
    assert "max-age" in done.headers["strict-transport-security"]
    assert client.get("/").status_code == 200
