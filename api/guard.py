"""Turns requests away before anything reads them: sent by another site, or too large."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import (
    BodyTooLargeError,
    CrossSiteError,
    LengthNeededError,
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
            uploads: Beginnings of the paths that take files.
        """
        self._app, self._uploads = app, uploads
        self._hosts = frozenset({urlsplit(settings.public_url or "").netloc}) - {""}
        self._most_upload = settings.max_upload_mb * 1_000_000 + _FORM_EXTRA

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say why not."""
        if scope["type"] == "http":
            request = Request(scope)
            try:
                self._check(request)
            except CoachscoreError as error:
                response = answer(request, status_of(error), error.title, error.message)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, request: Request) -> None:
        if not from_our_pages(request.method, request.headers, self._hosts):
            raise CrossSiteError("Open the page here and send the form again.")
        if "transfer-encoding" in request.headers:
            raise LengthNeededError("Send Content-Length; a chunked body is not taken.")
        most = self._most_upload if request.url.path.startswith(self._uploads) else _MOST
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            raise BodyTooLargeError(f"At most {most // 1_000_000} MB are taken here.")
