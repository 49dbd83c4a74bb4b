"""What holds for every request and answer: headers, size of a body, and where it came from."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


def add_headers(headers: MutableHeaders, secure: bool, *, private: bool) -> None:
    """Add what every answer carries; an answer's own values stay."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if private:
        headers.setdefault("Cache-Control", "no-store")


class SecurityHeaders:
    """Adds the headers to every answer; all but static files is kept out of caches."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        private = not scope["path"].startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), self._secure, private=private)
            await send(message)

        await self._app(scope, receive, with_headers)


def from_our_pages(method: str, headers: Headers, hosts: frozenset[str]) -> bool:
    """Whether a request that changes something was sent by one of our own pages.

    Browsers say where a request comes from: `Sec-Fetch-Site` over TLS and on this machine,
    `Origin` everywhere. A request with a token is sent by a program, never by a browser on
    its own, and needs neither.

    Args:
        method: HTTP method.
        headers: Of the request.
        hosts: Host and port under which the service is known, beside the request's own.
    """
    if method in _SAFE or "authorization" in headers:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(headers.get("origin", "")).netloc
    return bool(origin) and origin in hosts | {headers.get("host", "")}


def is_loopback(host: str) -> bool:
    """Whether a name or address means this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
