"""Turns requests away before anything reads them: sent by another site, or too large."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import get_viewer
from api.errors import (
    BodyTooLargeError,
    CrossSiteError,
    LengthNeededError,
    SignInNeededError,
    answer,
    status_of,
)
from api.security import from_our_pages
from models.errors import CoachscoreError
from pipeline.settings import Settings

_MOST: Final = 1_000_000
# Beside the file, a form holds its other fields and the boundaries between them.
_FORM_EXTRA: Final = 100_000


class Guard:
    """Checks origin and length, for every route alike."""

    def __init__(self, app: ASGIApp, settings: Settings, uploads: tuple[str, ...]) -> None:
        """Guard an app.

        Args:
            app: What answers a request that passes.
            settings: For the public address and the cap on uploads.
            uploads: Paths that take files; one that ends in a slash stands for all below it.
        """
        self._app = app
        self._below = tuple(path for path in uploads if path.endswith("/"))
        self._uploads = frozenset(uploads)
        self._hosts = frozenset({urlsplit(settings.public_url or "").netloc}) - {""}
        self._most_upload = settings.max_upload_mb * 1_000_000 + _FORM_EXTRA

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say why not."""
        if scope["type"] == "http":
            request = Request(scope)
            try:
                if self._check(request) > _MOST:
                    # A form is read to its end before a route is asked who may send it.
                    await run_in_threadpool(_known, request)
            except CoachscoreError as error:
                response = answer(request, status_of(error), error.title, error.message)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, request: Request) -> int:
        """The length of the body in bytes, if it is taken at all."""
        if not from_our_pages(request.method, request.headers, self._hosts):
            raise CrossSiteError("Open the page here and send the form again.")
        if "transfer-encoding" in request.headers:
            raise LengthNeededError("Send Content-Length; a chunked body is not taken.")
        path = request.url.path
        takes_files = path in self._uploads or path.startswith(self._below)
        most = self._most_upload if takes_files else _MOST
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            raise BodyTooLargeError(f"At most {most // 1_000_000} MB are taken here.")
        return int(length)


def _known(request: Request) -> None:
    viewer = get_viewer(request, request.app.state.service)
    if viewer.person is None and viewer.token is None:
        raise SignInNeededError("Sign in, or send a valid token, before a large file.")
