"""Schemathesis on the whole description of the API: no 5xx, and no answer that it lacks."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from pipeline.settings import Settings

_EXAMPLES: Final = 8


@pytest.fixture
def open_app(settings: Settings) -> Iterator[FastAPI]:
    """Meetings are visible at once, so that what a token makes it can also read."""
    changed = {"vp_delay_hours": 0.0, "api_requests_per_minute": 1_000_000}
    app = create_app(settings.model_copy(update=changed))
    yield app
    app.state.service.close()


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


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_api_keeps_its_contract(
    open_app: FastAPI, organisation: Any, known: dict[str, str], mode: GenerationMode
) -> None:
    bearer = {"Authorization": f"Bearer {organisation.keys['full']}"}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", open_app)
    broken, tried = {}, 0
    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            _check(operation, mode, bearer, known)
        except Unsatisfiable:
            continue  # Nothing that is sent there can be wrong.
        except (Exception, BaseExceptionGroup) as error:
            broken[operation.label] = "\n".join(map(str, getattr(error, "exceptions", [error])))
        tried += 1
    assert not broken, "\n\n".join(f"{label}: {said}" for label, said in broken.items())
    assert tried >= 20


def _check(operation: Any, mode: GenerationMode, bearer: Any, known: dict[str, str]) -> None:
    # What a text says cannot be described: that it is a rubric, or an address of others.
    said = operation.method == "post"
    left_out = [positive_data_acceptance] if said else []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Any) -> None:
        case.call_and_validate(headers=bearer, excluded_checks=left_out)
        there = {name: known[name] for name in case.path_parameters if name in known}
        if there and mode == GenerationMode.POSITIVE and case.method != "DELETE":
            case.path_parameters = {**case.path_parameters, **there}
            case.call_and_validate(headers=bearer, excluded_checks=left_out)

    check()
