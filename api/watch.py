"""Watches every request: one line in the log, figures for metrics, and an id that it is known by.

A line has the route's template and the ids in the path, and never the path itself, what was
asked for or what was sent.
"""

import logging
import re
import time
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from pipeline.logs import about

HEADER: Final = "X-Request-ID"
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_.-]{8,64}", re.ASCII)
_NONE: Final = "none"  # What has no route: an address of nothing.

_log = logging.getLogger(__name__)


class Watch:
    """Sees a request first and its answer last."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        request_id = _request_id(Headers(scope=scope).get(HEADER, ""))
        scope.setdefault("state", {})["request_id"] = request_id
        failure: Exception | None = None

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with about(request=request_id):
            try:
                await self._app(scope, receive, with_id)
            except Exception as error:
                failure = error
                raise  # It is answered outside of every middleware.
            finally:
                self._tell(scope, status, time.perf_counter() - started, failure)

    def _tell(self, scope: Scope, status: int, seconds: float, failure: Exception | None) -> None:
        route, viewer = template(scope), scope["state"].get("viewer")
        self._metrics.count(scope["method"], route, status, seconds)
        told = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "by": "nobody" if viewer is None else viewer.actor,
            **dict(_ids(scope)),
        }
        level = logging.INFO if failure is None else logging.ERROR
        _log.log(level, "request", extra=told, exc_info=failure)


def template(scope: Scope) -> str:
    """The path of the route that answered, with the names of its parameters."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    if found is None and scope.get("root_path"):  # A folder of files.
        return str(scope["root_path"])
    return str(getattr(found, "path", _NONE))


def _request_id(given: str) -> str:
    """The caller's own id, if it is one, so that a proxy's log and ours can be laid together."""
    return given if _WELL_FORMED.fullmatch(given) else uuid4().hex


def _ids(scope: Scope) -> Iterator[tuple[str, Any]]:
    """What is an id among the parameters of the path; a key, for one, is none."""
    for name, value in scope.get("path_params", {}).items():
        if name.endswith("_id"):
            try:
                yield name.removesuffix("_id"), str(UUID(str(value)))
            except ValueError:
                continue
