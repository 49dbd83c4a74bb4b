"""Prefect, set up to run flows here: the one module that imports it first.

A Prefect flow run reports to an API. Where PREFECT_API_URL names a server, it reports
there. Otherwise Prefect would start a temporary server in a second process, which takes
9 to 17 s and forgets every run when it stops. What a run came to is in our own tables, so
nothing is lost by answering those few calls in the process itself: the engine with its
tasks, states and retries is Prefect's own, and only its run history is not kept.
"""

import json
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from models.errors import UnavailableError
from pipeline.settings import get_settings

# Prefect reads these when it is imported; what the user has set stays as it is.
os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(get_settings().home / "prefect"),
        # Errors are reported once, by whoever called; not by Prefect's traceback as well.
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
    }
    | os.environ
)
with suppress(OSError):  # Prefect makes its folder, but not the one above, and complains.
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)

from prefect import Flow, Task, flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.context import SettingsContext, SyncClientContext, get_settings_context
from prefect.settings import (
    PREFECT_API_KEY,
    PREFECT_API_URL,
    PREFECT_CLIENT_CSRF_SUPPORT_ENABLED,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_EPHEMERAL_ENABLED,
    Settings,
)

__all__ = ["Flow", "State", "Task", "flow", "session", "task"]

# A name that by RFC 2606 no machine can have: if a call went past the transport below, it
# would fail instead of reaching somebody.
_NOWHERE = "http://prefect.invalid/api"


# Changed settings by the id of those before and by the changes, with those before, so that no
# other object gets that id.
_made: dict[tuple[int, str], tuple[Settings, Settings]] = {}


class PrefectServerError(UnavailableError):
    """PREFECT_API_URL names a server that does not answer."""

    title = "The Prefect server cannot be reached"


@contextmanager
def session() -> Iterator[None]:
    """Run flows in this block, as many as wanted.

    Raises:
        PrefectServerError: PREFECT_API_URL is set, and nothing answers there, or not to
            the end.
    """
    # Without a heartbeat thread a flow ends at once, not at its next tick (1.1 s).
    own: dict[Any, Any] = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    if PREFECT_API_URL.value():
        with _changed(own):
            _check_server()
            try:
                yield
            except httpx.TransportError as error:
                raise _no_answer(str(error)) from error
        return
    own |= {
        PREFECT_SERVER_EPHEMERAL_ENABLED: False,
        PREFECT_LOGGING_TO_API_ENABLED: False,
        PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False,
        PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False,
        # Events go nowhere where there is a key but no URL; without one, Prefect starts
        # its temporary server for them even though that is switched off.
        PREFECT_API_KEY: "unused",
    }
    with _changed(own), _client():
        yield


@contextmanager
def _changed(updates: dict[Any, Any]) -> Iterator[None]:
    """Prefect's `temporary_settings`, without reading all settings anew (0.1 s) each time."""
    context = get_settings_context()
    before = context.settings
    key = (id(before), repr(updates))
    if key not in _made:
        _made[key] = (before, before.copy_with_update(updates=updates))
    with SettingsContext(profile=context.profile, settings=_made[key][1]):
        yield


def _check_server() -> None:
    with get_client(sync_client=True) as client:
        problem = client.api_healthcheck()
    if problem is not None:
        raise _no_answer(str(problem)) from problem


def _no_answer(problem: str) -> PrefectServerError:
    return PrefectServerError(
        f"{PREFECT_API_URL.value()} does not answer ({problem}). Start it, or unset "
        "PREFECT_API_URL: none is needed."
    )


def _client() -> SyncClientContext:
    """Prefect's own client, on a transport that answers in this process."""
    answers = {
        "transport": httpx.MockTransport(_LocalApi().answer),
        "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    }
    with _changed({PREFECT_API_URL: _NOWHERE}):
        return SyncClientContext(httpx_settings=answers)


class _LocalApi:
    """The calls that a flow run makes, accepted as a server without any rules would."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, Any]] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one call; one that is not known fails the run, and so gets noticed."""
        body = json.loads(request.content or b"{}")
        match [request.method, *request.url.path.strip("/").split("/")]:
            case ["POST", "api", "flows"]:
                return httpx.Response(201, json={"id": str(uuid4()), "name": body["name"]})
            case ["POST", "api", "flow_runs"]:
                run = {"id": str(uuid4()), "name": body.get("name") or "local"}
                run |= {name: body[name] for name in ("flow_id", "parameters", "state")}
                self._runs[run["id"]] = run
                return httpx.Response(201, json=run)
            case ["GET", "api", "flow_runs", run_id]:
                return httpx.Response(200, json=self._runs[run_id])
            case ["POST", "api", "flow_runs", run_id, "set_state"]:
                self._runs[run_id]["state"] = body["state"]
                accepted = {"status": "ACCEPT", "details": {"type": "accept_details"}}
                return httpx.Response(201, json=accepted | {"state": body["state"]})
        return httpx.Response(404, json={"detail": "not answered in this process"})
