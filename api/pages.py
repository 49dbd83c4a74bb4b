"""Pages: one environment of templates, and what every page knows."""

from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from api.progress import progress_of
from scoring import wording

VERSION: Final = version("coachscore")


def page(
    request: Request, template: str, *, status: int = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    """A page for whoever asks.

    Args:
        request: What was asked; it knows who is signed in (`api.access`).
        template: File in `api/templates/`.
        status: HTTP status.
        **values: What the template shows.
    """
    viewer = getattr(request.state, "viewer", None)
    common = {"viewer": viewer, "path": request.url.path, "version": VERSION}
    text = environment().get_template(template).render(**common, status=status, **values)
    return HTMLResponse(text, status)


@cache
def environment() -> Environment:
    """Everything is escaped; a name that a template misspells is an error, not a blank.

    The report's own templates (`scoring/templates/`) can be included by name.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader("api"), PackageLoader("scoring")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        capital=wording.capital, percent=wording.percent, number=wording.number, day=wording.day
    )
    made.globals.update(kinds=wording.KINDS, progress_of=progress_of)
    return made
