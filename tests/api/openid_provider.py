"""A small OpenID provider on this machine, which can be told to do each thing wrong."""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT_ID, SECRET = "coachscore", "a client's secret: with / and %"
NONE = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()


class Provider:
    """Answers at `issuer`; who signs in there is `account`, and what goes wrong is `wrong`."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.account: dict[str, Any] = {
            "sub": "account-1", "email": "mia@example.com", "email_verified": True,
        }  # fmt: skip
        self.wrong = ""
        self.claims: dict[str, Any] = {}  # In place of those of a right token, None for without.
        self.thin = False  # Tells of the account at the userinfo endpoint alone.
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, str], auth: str) -> tuple[int, Any]:
        """Status, and a JSON document or the address to go on to."""
        name = path.removeprefix("/realm")
        self.asked.append(name)
        if name in self.wrong:
            return (500, {}) if self.wrong.startswith("down") else (200, "<h1>no JSON</h1>")
        return {
            "/.well-known/openid-configuration": self.discovery,
            "/authorize": lambda: self.authorize(query),
            "/token": lambda: self.token(query, auth),
            "/keys": lambda: (200, KeySet([self.key]).as_dict(private=False)),
            "/userinfo": lambda: (200, self.account),
        }.get(name, lambda: (404, {}))()

    def discovery(self) -> tuple[int, Any]:
        document = {"issuer": self.issuer + ("/other" if self.wrong == "issuer" else "")}
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        document |= {f"{name}_endpoint": f"{self.issuer}/{at}" for name, at in ends.items()}
        if self.wrong == "unencrypted":
            document["token_endpoint"] = "http://provider.example/token"
        return 200, document | {"jwks_uri": f"{self.issuer}/keys", "more": ["than", "we", "use"]}

    def authorize(self, query: dict[str, str]) -> tuple[int, Any]:
        """Somebody is signed in here already and agrees, or does not."""
        back = {"state": query["state"]}
        if self.wrong == "denied":
            back |= {"error": "access_denied", "error_description": "<b>Call this number</b>"}
        else:
            assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
            assert set(query["scope"].split()) == {"openid", "email"}
            assert query["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe()
            self.codes[code] = query
            back["code"] = code
        return 302, f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, query: dict[str, str], auth: str) -> tuple[int, Any]:
        asked = self.codes.pop(query.get("code", ""), None)
        basic = base64.b64decode(auth.removeprefix("Basic ")).decode()
        proof = hashlib.sha256(query.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            asked is None
            or basic != f"{CLIENT_ID}:{SECRET}"
            or asked["redirect_uri"] != query["redirect_uri"]
            or asked["code_challenge"] != challenge
        ):
            return 400, {"error": "invalid_grant"}
        token = self.id_token(asked["nonce"])
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}

    def id_token(self, nonce: str) -> str:
        told = {"sub": self.account["sub"]} if self.thin else self.account
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims = claims | {"nonce": nonce} | told | self.claims
        for name in {"exp", "iat"} & self.claims.keys():  # Seconds from now.
            claims[name] = None if claims[name] is None else now + claims[name]
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.wrong == "none":
            body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
            return f"{NONE}.{body}."
        if self.wrong == "shared secret":
            return jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(SECRET))
        key = RSAKey.generate_key(2048) if self.wrong == "another key" else self.key
        token = jwt.encode({"alg": "RS256", "kid": "first"}, claims, key)
        return "no.token" if self.wrong == "no token" else token

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", 0))
                given = self.rfile.read(length).decode() or urlsplit(self.path).query
                query = {name: values[0] for name, values in parse_qs(given).items()}
                auth = self.headers.get("authorization", "")
                status, said = provider.answer(urlsplit(self.path).path, query, auth)
                body = said if isinstance(said, str) else json.dumps(said)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", body)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
