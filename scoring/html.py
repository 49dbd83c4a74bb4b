"""The report as one HTML file that needs no script, no other file and no other host."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from scoring import wording
from scoring.report_lines import Group
from scoring.report_values import COMMON_PRACTICE, METHOD, Report

_FILTERS: Final[tuple[tuple[Group, str], ...]] = (
    ("questions", "Questions"),
    ("challenges", "Challenges"),
    ("missed", "Missed challenges"),
    ("guidance", "Guidance and feedback"),
    ("steps", "Next steps"),
)


def render_html(report: Report) -> str:
    """A self-contained page: every quote leads to its sentence in the transcript."""
    return _render("report.html.j2", report=report, filters=filter_counts(report))


def filter_counts(report: Report) -> list[tuple[str, str, int]]:
    """The filters above a transcript: name, what it is called, and how many lines it leaves."""
    groups = [group for line in report.lines for group in line.groups]
    return [
        ("all", "All", len(report.lines)),
        *((group, label, groups.count(group)) for group, label in _FILTERS),
    ]


def render_scoreboard_html(reports: Sequence[Report], links: Sequence[str]) -> str:
    """A page with one row per meeting.

    Args:
        reports: In the order of the rows.
        links: Address of each report's own page, empty where it has none.

    Raises:
        ValueError: There are not as many links as reports.
    """
    return _render(
        "scoreboard.html.j2",
        rows=list(zip(reports, links, strict=True)),
        truly=sum(report.verdict == "truly coaching" for report in reports),
        unscored=sum(report.overall is None for report in reports),
    )


def _render(template: str, **values: object) -> str:
    return (
        _environment()
        .get_template(template)
        .render(common_practice=COMMON_PRACTICE, method=METHOD, **values)
    )


@cache
def _environment() -> Environment:
    """Everything is escaped; a name that a template misspells is an error, not a blank."""
    environment = Environment(
        loader=PackageLoader("scoring"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        capital=wording.capital, percent=wording.percent, number=wording.number
    )
    return environment
