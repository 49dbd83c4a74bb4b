"""Signing in at an OpenID provider: the whole way, and each way in which it must fail."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.app import create_app
from api.openid import OpenIdSetupError, openid_of
from pipeline.people.audit import AuditFilter
from pipeline.people.throttle import LIMITS
from pipeline.service import Service
from pipeline.settings import Settings

CALLBACK = "/sign-in/openid/callback"
NOT_SIGNED_IN, NO_ACCOUNT = "You are not signed in", "No account here is open to you"
STRANGER = {"sub": "account-9", "email": "nobody@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def small() -> ModuleType:
    """The module `openid_provider.py` beside this file; test folders are no packages."""
    path = Path(__file__).with_name("openid_provider.py")
    spec = importlib.util.spec_from_file_location("openid_provider", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def provider(small: ModuleType) -> Iterator[Any]:
    with small.Provider() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, provider: Any, small: ModuleType) -> Settings:
    given = {"issuer": provider.issuer, "client_id": small.CLIENT_ID, "label": "Acme"}
    update = {f"openid_{name}": value for name, value in given.items()}
    return settings.model_copy(update=update | {"openid_client_secret": SecretStr(small.SECRET)})


class Browser:
    """A browser that goes to the provider and comes back."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def leave(self, next: str = "/") -> str:  # noqa: A002
        """The address at the provider that it is sent to."""
        begun = self.client.get("/sign-in/openid", params={"next": next})
        assert begun.status_code == 303, begun.text
        return begun.headers["location"]

    def back(self, address: str) -> str:
        """The address of ours that the provider sends it back to."""
        return str(httpx.get(address).headers["location"])

    def come(self, address: str) -> Any:
        """Follow a link that another site leads to."""
        return self.client.get(address, headers={"sec-fetch-site": "cross-site"})

    def sign_in(self, next: str = "/") -> Any:  # noqa: A002
        return self.come(self.back(self.leave(next)))


@pytest.fixture
def browser(client_of: Callable[..., TestClient]) -> Callable[[], Browser]:
    return lambda: Browser(client_of())


def actions(service: Service, name: str) -> list[tuple[str, str]]:
    return [
        (e.actor, e.object) for e in service.audit.page(AuditFilter(action=name), None, 9).items
    ]


def test_the_whole_way(browser: Any, service: Service, organisation: Any, provider: Any) -> None:
    mia = browser()
    assert "Sign in with Acme" in mia.client.get("/sign-in?next=/upload").text
    away = mia.leave("/upload?x=1")
    asked = parse_qs(urlsplit(away).query)
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    (kept,) = [c for c in mia.client.cookies.jar if c.name == "coachscore-openid"]
    assert (kept.path, kept._rest["SameSite"], "HttpOnly" in kept._rest) == ("/", "lax", True)
    done = mia.come(mia.back(away))
    assert (done.status_code, done.headers["location"]) == (303, "/upload?x=1")
    assert "HttpOnly" in done.headers["set-cookie"]
    assert mia.client.get("/upload").status_code == 200
    assert "coachscore-openid" not in mia.client.cookies
    me = f"person:{organisation.ids['mia']}"
    assert actions(service, "sign in") == [(me, me)]
    assert actions(service, "create") == [(me, f"identity:{organisation.ids['mia']}")]
    assert service.identities.person(provider.issuer, "account-1") == organisation.ids["mia"]
    assert mia.client.get("/sign-in/openid?next=/upload").headers["location"] == "/upload"


def test_what_is_told_at_the_userinfo_endpoint_alone(browser: Any, provider: Any) -> None:
    provider.thin = True
    assert browser().sign_in().headers["location"] == "/"
    assert "/userinfo" in provider.asked


@pytest.mark.parametrize(
    "account",
    [
        STRANGER,
        {"sub": "account-1", "email": "mia@example.com", "email_verified": False},
        {"sub": "account-1", "email": "mia@example.com", "email_verified": "true"},
        {"sub": "account-1", "email": "mia@example.com"},
        {"sub": "account-1"},
        {"sub": "account-1", "email": "ned@example.com", "email_verified": True},
        {"sub": "account-1", "email": "mi\u0000a@example.com", "email_verified": True},
    ],
    ids=[
        "unknown",
        "unverified",
        "not true",
        "unsaid",
        "no address",
        "disabled",
        "no address at all",
    ],
)
def test_whoever_is_not_somebody_here_learns_only_what_to_do(
    browser: Any, provider: Any, service: Service, organisation: Any, account: dict[str, Any]
) -> None:
    service.people.disable(organisation.ids["ned"], disabled=True)
    visitor = browser()
    provider.account = STRANGER
    unknown = visitor.sign_in()
    provider.account = account
    answer = visitor.sign_in()
    assert (answer.status_code, NO_ACCOUNT in answer.text) == (403, True)
    assert "Ask an admin" in answer.text
    assert answer.text == unknown.text
    assert visitor.client.get("/").status_code == 303
    assert len(service.people.all()) == 7
    assert len(actions(service, "fail to sign in")) == 2


def test_the_account_counts_from_the_first_time_on_and_no_address(
    browser: Any, provider: Any, organisation: Any, client_of: Any, service: Service
) -> None:
    assert browser().sign_in().is_redirect
    # The same account under another address is still hers.
    provider.account = {"sub": "account-1", "email": "mia.new@example.com", "email_verified": True}
    assert browser().sign_in().is_redirect
    # Another account with the address that was hers opens nothing.
    provider.account = {"sub": "account-2", "email": "mia@example.com", "email_verified": True}
    assert browser().sign_in().status_code == 403
    # Nor does an account of hers open what is another's: it stays hers.
    provider.account = {"sub": "account-1", "email": "vic@example.com", "email_verified": True}
    mine = browser()
    mine.sign_in()
    assert "Mia" in mine.client.get("/").text
    # An admin can unlink it, after which the next one with the address is hers.
    page = f"/people/{organisation.ids['mia']}"
    assert "Unlink the account" in client_of("ada").get(page).text
    assert client_of("ada").post(f"{page}/unlink").status_code == 303
    assert "Unlink the account" not in client_of("ada").get(page).text
    provider.account = {"sub": "account-2", "email": "Mia@Example.com", "email_verified": True}
    assert browser().sign_in().is_redirect


def test_a_disabled_person_stays_out(browser: Any, service: Service, organisation: Any) -> None:
    assert browser().sign_in().is_redirect
    service.people.disable(organisation.ids["mia"], disabled=True)
    assert browser().sign_in().status_code == 403


def test_a_deleted_person_is_forgotten(
    browser: Any, client_of: Any, organisation: Any, service: Service, provider: Any
) -> None:
    browser().sign_in()
    client_of("ada").post(f"/people/{organisation.ids['mia']}/delete")
    assert service.identities.person(provider.issuer, "account-1") is None
    assert browser().sign_in().status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another program"},
        {"aud": ["coachscore", "another program"]},
        {"aud": None},
        {"iss": "https://provider.example"},
        {"azp": "another program"},
        {"exp": -3600},
        {"exp": None},
        {"iat": 3600},
        {"at_hash": "of another token"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=lambda claims: " ".join(map(str, claims.items()))[:30],
)
def test_a_token_that_was_not_made_for_this_sign_in_is_refused(
    browser: Any, provider: Any, service: Service, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    visitor = browser()
    answer = visitor.sign_in()
    assert (answer.status_code, NOT_SIGNED_IN in answer.text) == (400, True)
    assert "could not be verified" in answer.text
    assert visitor.client.get("/").status_code == 303
    assert actions(service, "fail to sign in") == [("nobody", "nobody")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("none", "could not be verified"),
        ("shared secret", "could not be verified"),
        ("another key", "could not be verified"),
        ("no token", "could not be verified"),
        ("garbage /token", "could not be verified"),
        ("garbage /keys", "could not be verified"),
        ("down /token", "does not answer"),
        ("down /keys", "does not answer"),
        ("denied", "was declined"),
    ],
)
def test_a_provider_that_goes_wrong_on_the_way_back(
    browser: Any, provider: Any, wrong: str, said: str
) -> None:
    provider.wrong = wrong
    visitor = browser()
    answer = visitor.sign_in("/upload")
    assert (answer.status_code, NOT_SIGNED_IN in answer.text) == (400, True)
    assert said in answer.text
    assert "Call this number" not in answer.text
    assert 'href="/sign-in/openid?next=/upload"' in answer.text  # To try again.
    assert visitor.client.get("/").status_code == 303
    provider.wrong = ""
    assert visitor.sign_in().is_redirect


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("down /.well-known/openid-configuration", "does not answer"),
        ("garbage /.well-known/openid-configuration", "could not be verified"),
        ("issuer", "could not be verified"),
        ("unencrypted", "could not be verified"),
    ],
)
def test_a_provider_that_cannot_be_found(
    browser: Any, provider: Any, wrong: str, said: str
) -> None:
    provider.wrong = wrong
    answer = browser().client.get("/sign-in/openid")
    assert (answer.status_code, said in answer.text) == (400, True)
    asked = len(provider.asked)
    # For some seconds it is not asked again, however many try.
    assert "does not answer" in browser().client.get("/sign-in/openid").text
    assert len(provider.asked) == asked


def test_a_sign_in_that_was_begun_elsewhere_goes_nowhere(browser: Any, provider: Any) -> None:
    attacker, victim = browser(), browser()
    back = attacker.back(attacker.leave())
    answer = victim.come(back)
    assert (answer.status_code, "begun in another window" in answer.text) == (400, True)
    victim.leave()
    assert victim.come(back).status_code == 400
    assert "/token" not in provider.asked
    for query in ("", "?code=x", "?state=&code=x", "?error=access_denied", "?state=%C3%A9"):
        assert browser().come(f"{CALLBACK}{query}").status_code == 400
    # What others lead to ends no sign-in that is under way.
    assert "coachscore-openid" in attacker.client.cookies
    # A code is of use once, and only in the browser that left for it.
    assert attacker.come(back).is_redirect
    assert attacker.come(back).status_code == 400


def test_another_site_cannot_begin_a_sign_in(browser: Any) -> None:
    visitor = browser()
    answer = visitor.come("/sign-in/openid?next=/upload")
    assert answer.headers["location"] == "/sign-in?next=%2Fupload"
    assert "coachscore-openid" not in visitor.client.cookies


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_a_sign_in_never_leads_to_another_site(browser: Any, elsewhere: str) -> None:
    assert browser().sign_in(elsewhere).headers["location"] == "/"
    # Nor where somebody wrote it into the cookie.
    visitor = browser()
    address = visitor.back(visitor.leave("/upload"))
    kept = visitor.client.cookies["coachscore-openid"].strip('"')
    visitor.client.cookies.clear()
    visitor.client.cookies.set("coachscore-openid", kept.replace("%2Fupload", elsewhere))
    assert visitor.come(address).headers["location"] == "/"


def test_too_many_failures_are_slowed_down(browser: Any, provider: Any) -> None:
    visitor = browser()
    for _ in range(LIMITS[1] + 1):  # Any site can lead somebody here.
        assert visitor.come(f"{CALLBACK}?code=x&state=y").status_code == 400
    for _ in range(LIMITS[1]):
        state = parse_qs(urlsplit(visitor.leave()).query)["state"][0]
        assert visitor.come(f"{CALLBACK}?error=no&state={state}").status_code == 400
    refused = visitor.sign_in()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert "/token" not in provider.asked


def test_those_who_succeed_do_not_count_as_failures(browser: Any) -> None:
    visitor = browser()
    for _ in range(LIMITS[1] - 1):
        visitor.come(CALLBACK)
    assert visitor.sign_in().is_redirect
    assert browser().come(CALLBACK).status_code == 400


def test_behind_tls_the_cookie_is_bound_to_it(settings: Settings) -> None:
    secure = settings.model_copy(update={"public_url": "https://coach.example"})
    app: FastAPI = create_app(secure)
    client = TestClient(app, base_url="https://coach.example", follow_redirects=False)
    begun = client.get("/sign-in/openid")
    assert begun.headers["set-cookie"].startswith("__Host-coachscore-openid=")
    assert "Secure" in begun.headers["set-cookie"]
    back = httpx.get(begun.headers["location"]).headers["location"]
    assert back.startswith(f"https://coach.example{CALLBACK}?")
    assert client.get(back).is_redirect
    assert client.get("/").status_code == 200


def test_settings_that_do_not_fit_are_refused_at_the_start(settings: Settings) -> None:
    assert "secret" not in repr(settings.openid_client_secret)
    for name in ("issuer", "client_id", "client_secret"):
        with pytest.raises(OpenIdSetupError, match="belong together"):
            openid_of(settings.model_copy(update={f"openid_{name}": None}))
    with pytest.raises(OpenIdSetupError, match="unencrypted"):
        openid_of(settings.model_copy(update={"openid_issuer": "http://provider.example"}))
    assert openid_of(Settings(home=settings.home)) is None


def test_authlib_is_imported_when_somebody_signs_in_and_not_before() -> None:
    code = "import sys, api.cli, api.app; print({'authlib', 'joserfc'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_without_a_provider_pages_say_nothing_of_it(settings: Settings) -> None:
    client = TestClient(create_app(Settings(home=settings.home, database_url=None)))
    assert "openid" not in client.get("/sign-in").text
    assert client.get("/sign-in/openid").status_code == 404
