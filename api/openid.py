"""Signing in at an OpenID provider: the authorization code flow with PKCE, state and nonce.

Authlib speaks the protocol and checks what the provider answers; it is imported when
somebody first signs in like this. The provider is looked up by its discovery document.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from api.security import is_loopback
from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.people.admission import Claim
from pipeline.people.secret import new_key
from pipeline.settings import Settings

_log: Final = logging.getLogger(__name__)

# Signed with a key that only the provider has: never "none", and no secret that is shared.
_ALGORITHMS: Final = tuple(
    f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)
)
_KEY_TYPES: Final = ("RSA", "EC")
# Seconds: for an answer of the provider, between our clocks, for which its discovery document
# is kept, and before a provider that did not answer is asked for it again.
_TIMEOUT, _LEEWAY, _KEPT, _PAUSE = 5, 60, 3600, 10


class OpenIdSetupError(CoachscoreError):
    """The settings for a provider do not fit together."""

    title = "Sign-in by OpenID Connect cannot be set up"


class OpenIdError(CoachscoreError):
    """The provider did not vouch for anybody."""

    title = "You are not signed in"


class Trip(Value):
    """What a browser keeps while its person is at the provider.

    Attributes:
        state: Comes back in the address, so that nobody is sent into a sign-in of another.
        nonce: Comes back in the token, so that none is used that was made for another sign-in.
        verifier: Proves that who comes back is who left (PKCE).
        next: Page of ours to go on to.
    """

    state: str
    nonce: str
    verifier: str
    next: str


class _Discovery(BaseModel):
    """What of a discovery document is used; there is more in it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class OpenId:
    """The one provider whose accounts are taken."""

    def __init__(self, issuer: str, client_id: str, secret: SecretStr, label: str) -> None:
        """Prepare for a provider; nothing is asked of it yet."""
        self._issuer, self._client_id, self._secret = issuer, client_id, secret
        self.label = label
        self._known: _Discovery | None = None
        self._asking = Lock()
        self._look_at = 0.0  # From when on the discovery document is asked for, in seconds.

    def leave(self, back: str, next: str) -> tuple[str, Trip]:  # noqa: A002
        """Where to send a browser, and what it is to keep meanwhile.

        Args:
            back: Our own address that the provider sends it back to.
            next: Page of ours to go on to after that.

        Raises:
            OpenIdError: The provider does not answer, or not as it should.
        """
        trip = Trip(state=new_key(), nonce=new_key(), verifier=new_key(), next=next)
        with self._trusting_nothing():
            found = self._discover()
            with self._client(found, back) as client:
                address, _ = client.create_authorization_url(
                    found.authorization_endpoint,
                    state=trip.state,
                    nonce=trip.nonce,
                    code_verifier=trip.verifier,
                )
        return str(address), trip

    def come_back(self, trip: Trip, code: str, back: str) -> Claim:
        """Who somebody is who comes back with a code.

        Raises:
            OpenIdError: The provider does not answer, or its answer is not to be trusted.
        """
        with self._trusting_nothing():
            found = self._discover()
            with self._client(found, back) as client:
                token = client.fetch_token(
                    found.token_endpoint, code=code, code_verifier=trip.verifier
                )
                keys = _ask(client, found.jwks_uri)
                claims = self._check(token, keys, trip.nonce)
                told = {"email", "email_verified"} <= claims.keys()
                if not told and found.userinfo_endpoint is not None:
                    more = _ask(client, found.userinfo_endpoint, as_account=True)
                    claims |= more if more.get("sub") == claims["sub"] else {}
            return Claim(
                issuer=self._issuer,
                subject=claims["sub"],
                email=claims.get("email"),
                verified=claims.get("email_verified") is True,
            )

    def _check(self, token: Any, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an ID token that was made by the provider, for us, now, for this trip."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet

        fit = [k for k in keys["keys"] if k["kty"] in _KEY_TYPES and k.get("use", "sig") == "sig"]
        read = jwt.decode(token["id_token"], KeySet.import_key_set({"keys": fit}), _ALGORITHMS)
        wanted = {"iss": {"values": [self._issuer]}, "aud": {"values": [self._client_id]}}
        given = {"nonce": nonce, "client_id": self._client_id}
        given |= {"access_token": token["access_token"]}
        claims = CodeIDToken(read.claims, read.header, wanted, given)
        claims.validate(leeway=_LEEWAY)
        return dict(claims)

    def _discover(self) -> _Discovery:
        """The provider's addresses, asked for once an hour."""
        with self._asking:
            if time.monotonic() >= self._look_at:
                # Before it is asked: where it does not answer, not everybody waits for it.
                self._look_at = time.monotonic() + _PAUSE
                path = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                with self._client() as client:
                    told = _ask(client, path)
                self._known = self._fitting(_Discovery.model_validate(told))
                self._look_at = time.monotonic() + _KEPT
            if self._known is None:
                raise OpenIdError(_DOWN)
            return self._known

    def _fitting(self, found: _Discovery) -> _Discovery:
        if found.issuer != self._issuer:
            raise ValueError(f"it calls itself {found.issuer}, the setting {self._issuer}")
        more = (found.token_endpoint, found.jwks_uri, found.userinfo_endpoint)
        for address in (found.authorization_endpoint, *more):
            if address is not None and not _is_safe(address):
                raise ValueError(f"{address} is not encrypted")
        return found

    def _client(self, found: _Discovery | None = None, back: str | None = None) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        methods = () if found is None else found.token_endpoint_auth_methods_supported
        posts = "client_secret_post" in methods and "client_secret_basic" not in methods
        return OAuth2Client(
            self._client_id,
            self._secret.get_secret_value(),
            token_endpoint_auth_method="client_secret_post" if posts else "client_secret_basic",
            scope="openid email",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
        )

    @contextmanager
    def _trusting_nothing(self) -> Iterator[None]:
        """Whatever a provider answers, nobody meets an error of ours; the log has its kind."""
        import httpx2

        try:
            yield
        except OpenIdError:
            raise
        except httpx2.HTTPError as error:
            _log.warning("%s does not answer: %s", self._issuer, type(error).__name__)
            raise OpenIdError(_DOWN) from error
        except Exception as error:
            _log.warning("%s cannot be trusted: %s", self._issuer, type(error).__name__)
            raise OpenIdError(_UNSURE) from error


def openid_of(settings: Settings) -> OpenId | None:
    """The provider in the settings, None where there is none.

    Raises:
        OpenIdSetupError: Something lacks, or its address is not encrypted.
    """
    issuer, client_id = settings.openid_issuer, settings.openid_client_id
    secret = settings.openid_client_secret
    if issuer is None and client_id is None and secret is None:
        return None
    if issuer is None or client_id is None or secret is None:
        raise OpenIdSetupError(
            "COACHSCORE_OPENID_ISSUER, COACHSCORE_OPENID_CLIENT_ID and "
            "COACHSCORE_OPENID_CLIENT_SECRET belong together: set all three, or none."
        )
    if not _is_safe(issuer):
        raise OpenIdSetupError(
            f"COACHSCORE_OPENID_ISSUER is {issuer}, and what it says would travel unencrypted. "
            "Give its https address."
        )
    return OpenId(issuer, client_id, secret, settings.openid_label)


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _ask(client: Any, address: str, *, as_account: bool = False) -> dict[str, Any]:
    answer = client.request("GET", address, withhold_token=not as_account)
    return dict(answer.raise_for_status().json())


_DOWN: Final = (
    "Your organisation's sign-in service does not answer. Try again in a few minutes, or sign in "
    "with a password."
)
_UNSURE: Final = (
    "What your organisation's sign-in service answered could not be verified. Try again. If that "
    "does not help, tell an admin of Coachscore."
)
