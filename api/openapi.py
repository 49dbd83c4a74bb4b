"""The description of the API: what FastAPI knows, and what holds for every route of it."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_ABOUT: Final = """\
Meetings, their scores, and what they say of those who coach, for dashboards and other programs.

- **Who asks.** A service token as `Authorization: Bearer cs_…`; an admin makes one on the page
  *Tokens*. It goes as far as its scopes. What is not visible is answered like what is not there.
- **Lists** give `items` and `next`; send `next` back as `cursor` for the next page.
- **ETags.** Send a JSON answer's `ETag` as `If-None-Match`; nothing new is a 304.
- **Errors** are problem documents (RFC 9457), `application/problem+json`.
- **Limits.** `RateLimit` says how many requests are left and for how long.
- Scores are made from words alone, never from voice emotion. Each has a 90 % interval; where
  two intervals overlap, the scores cannot be told apart.
"""
_PROBLEM: Final = {
    "title": "Problem",
    "description": "What went wrong and what to do about it (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "description": "The same for every case."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was found in this case."},
        "errors": {
            "type": "array",
            "description": "Each parameter or field that cannot be used.",
            "items": {
                "type": "object",
                "required": ["at", "message"],
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "about:blank",
            "title": "There is no such entry",
            "status": 404,
            "detail": "No such meeting.",
        }
    ],
}
_SAID: Final = {
    "400": "What was sent cannot be used.",
    "401": "No valid token was sent.",
    "403": "The token lacks the scope.",
    "404": "There is none, or it is not the caller's to see.",
    "409": "It is not finished, or it is there already.",
    "411": "The length of the body is missing.",
    "413": "Too much was sent.",
    "422": "A parameter or field is missing or wrong.",
    "429": "Too many requests; `Retry-After` says when to go on.",
}
_ALWAYS: Final = ("401", "403", "404", "422", "429")
_WRITING: Final = ("400", "409", "411", "413")
# Routes that may be asked for something that is still being made.
_MADE_LATER: Final = ("/transcript", "/tags", "/score")
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="Coachscore",
            version=app.version,
            description=_ABOUT,
            routes=app.routes,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        _complete(made)
        app.openapi_schema = made
    return app.openapi_schema


def _complete(made: dict[str, Any]) -> None:
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A service token."}
    }
    parts["headers"] = {
        "ETag": {"description": "Names this answer.", "schema": {"type": "string"}},
        "RateLimit": {
            "description": "Requests that are left, and seconds until there are more: "
            '`"minute";r=599;t=60`.',
            "schema": {"type": "string"},
        },
    }
    for path, operations in made["paths"].items():
        for method in _METHODS:
            if method in operations:
                _complete_one(path, method, operations[method])


def _complete_one(path: str, method: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{"token": []}]
    answers = operation["responses"]
    for answer in answers.values():
        answer["headers"] = {"RateLimit": {"$ref": "#/components/headers/RateLimit"}}
    # Files are sent as they are made, so nothing is known of them before.
    if method == "get" and "application/json" in answers["200"].get("content", ()):
        answers["200"]["headers"]["ETag"] = {"$ref": "#/components/headers/ETag"}
        answers["304"] = {"description": "Nothing new since the answer with that ETag."}
    later: tuple[str, ...] = _WRITING
    if method == "get":
        later = ("409",) if path.endswith(_MADE_LATER) else ()
    for status in (*_ALWAYS, *later):
        answers[status] = {
            "description": _SAID[status],
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
