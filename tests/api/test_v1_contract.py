"""Schemathesis on the whole description of the API: no 5xx, and no answer that it lacks."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from api.app import create_app
from pipeline.settings import Settings

_EXAMPLES: Final = 12


@pytest.fixture
def open_app(settings: Settings) -> Iterator[FastAPI]:
    """Meetings are visible at once, so that what a token makes it can also read."""
    changed = {"vp_delay_hours": 0.0, "api_requests_per_minute": 1_000_000}
    app = create_app(settings.model_copy(update=changed))
    yield app
    app.state.service.close()


@pytest.fixture
def described(open_app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", open_app)


schema = schemathesis.pytest.from_fixture("described")


@pytest.fixture
def known(open_app: FastAPI, organisation: Any) -> dict[str, str]:
    """Path parameters of things that are there."""
    service = open_app.state.service
    hook, _ = service.webhooks.add("https://example.com/h", ("meeting.scored",), "nobody")
    return {
        "meeting_id": str(organisation.ids["released"]),
        "person_id": str(organisation.ids["vic"]),
        "webhook_id": str(hook.id),
        "rescore_id": str(service.rescores.start("ride_along", "nobody").id),
    }


@schema.parametrize()
@settings(
    max_examples=_EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_its_contract(case: Any, organisation: Any, known: dict[str, str]) -> None:
    bearer = {"authorization": f"Bearer {organisation.keys['full']}"}
    case.call_and_validate(headers=bearer)
    there = {n: known[n] for n in case.path_parameters if n in known}
    if there and case.method != "DELETE":
        case.path_parameters = {**case.path_parameters, **there}
        case.call_and_validate(headers=bearer)
