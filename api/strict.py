"""Refuses parameters that a route does not have: a filter that is misspelled filters nothing."""

from functools import lru_cache
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError

from api.openapi import describe

PREFIX: Final = "/api/v1"


def only_known(request: Request) -> None:
    """Let a request with known query parameters through.

    Raises:
        RequestValidationError: One has a name that the route does not know.
    """
    known = _names(request.app, request.scope["route"].path, request.method.lower())
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        there = ", ".join(sorted(known)) or "none"
        said = f"There is no such parameter; there is {there}."
        raise RequestValidationError(
            [{"type": "unknown", "loc": ("query", name), "msg": said} for name in unknown]
        )


@lru_cache(maxsize=256)
def _names(app: FastAPI, path: str, method: str) -> frozenset[str]:
    operation = describe(app)["paths"][PREFIX + path][method]
    return frozenset(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query")
