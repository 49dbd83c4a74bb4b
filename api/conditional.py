"""What every answer of the API carries: an ETag to ask again with, and what is left to ask."""

import hashlib
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import Quota

_PREFIX: Final = "/api/v1/"


class ApiAnswers:
    """Adds headers to the API's answers; one that the caller has already becomes a 304.

    The ETag is a hash of the body, so it changes exactly when the answer does. What the
    answer says is worked out all the same; what is saved is sending and reading it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(scope, send))


class _Answer:
    """Holds a JSON answer back until its body is known, and passes every other one on."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            quota: Quota | None = self._scope.get("state", {}).get("quota")
            headers.update(quota.headers if quota is not None else {})
            headers.add_vary_header("Authorization")
            headers.add_vary_header("Cookie")
            if self._may_be_known(message["status"], headers):
                self._start = message
                return
        elif self._start is not None:
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._finish(self._start, b"".join(self._body))
            return
        await self._send(message)

    def _may_be_known(self, status: int, headers: MutableHeaders) -> bool:
        json = headers.get("content-type", "").startswith("application/json")
        return self._scope["method"] == "GET" and status == 200 and json

    async def _finish(self, start: Message, body: bytes) -> None:
        headers = MutableHeaders(scope=start)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers["ETag"] = etag
        # May be kept by the caller alone, and asked about each time.
        headers["Cache-Control"] = "private, no-cache"
        if _knows(Headers(scope=self._scope).get("if-none-match", ""), etag):
            start["status"], body = 304, b""
            for name in ("content-length", "content-type"):
                del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _knows(sent: str, etag: str) -> bool:
    """Whether If-None-Match names an ETag; a weak one counts as well (RFC 9110, 13.1.2)."""
    known = {one.strip().removeprefix("W/") for one in sent.split(",")}
    return etag in known or "*" in known
