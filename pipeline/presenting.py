"""Analyses as text, JSON or HTML, for the command line."""

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from models.errors import CoachscoreError
from pipeline.analysis import Analysis
from pipeline.output import dump, to_output
from pipeline.settings import Settings
from scoring.html import render_html, render_scoreboard_html
from scoring.report import Report, ReportContext, build_report
from scoring.text import render_scoreboard, render_text


class OutputError(CoachscoreError):
    """A result cannot be written where it was asked for."""

    title = "The result cannot be written"


def report_of(analysis: Analysis, settings: Settings) -> Report:
    """The report of a finished analysis."""
    made = {"Transcript": analysis.versions["transcribe"]}
    return build_report(
        analysis.scored,
        ReportContext(
            title=analysis.transcript.title or "",
            file_name=analysis.recording.name,
            when=analysis.transcript.started_at,
            seconds=analysis.recording.seconds,
            versions=made,
            least_role_confidence=settings.role_confidence,
        ),
    )


def present(
    analyses: Sequence[Analysis], output_format: str, settings: Settings, *, several: bool = False
) -> str:
    """Analyses as "text", "json" or, one only, "html".

    `several` says that more were asked for, so that JSON is an array even of one.
    """
    if output_format == "json":
        return dump([to_output(a, settings.role_confidence) for a in analyses], several=several)
    reports = [report_of(a, settings) for a in analyses]
    if output_format == "html":
        return render_html(reports[0])
    texts = [render_text(report) for report in reports]
    return "\n\n".join([render_scoreboard(reports), *texts] if len(texts) > 1 else texts)


def write_html_folder(analyses: Sequence[Analysis], folder: Path, settings: Settings) -> Path:
    """Write a page per analysis and an index; returns the index.

    Raises:
        OutputError: Pages cannot be written there.
    """
    try:
        return _write_pages(analyses, folder, settings)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}. Give another folder to --out."
        ) from error


def _write_pages(analyses: Sequence[Analysis], folder: Path, settings: Settings) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    reports = [report_of(a, settings) for a in analyses]
    links = _page_names(analyses)
    for report, link in zip(reports, links, strict=True):
        (folder / link).write_text(render_html(report), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(render_scoreboard_html(reports, links), encoding="utf-8")
    return index


def _page_names(analyses: Sequence[Analysis]) -> list[str]:
    """A file name for each page: none twice, none the index's, none that a link must escape.

    Two meetings may come from files of the same name in different folders.
    """
    taken, names = {"index"}, []
    for analysis in analyses:
        base = re.sub(r"[^\w.-]+", "-", Path(analysis.recording.name).stem).strip("-.") or "meeting"
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        names.append(f"{name}.html")
    return names


def sample_files() -> list[Path]:
    """The sample meetings that ship with the product, in order."""
    folder = resources.files("pipeline") / "samples"
    return sorted(Path(str(entry)) for entry in folder.iterdir())


def demo_text(analyses: Sequence[Analysis], index: Path, settings: Settings) -> str:
    """What `make demo` prints: a scoreboard, one explained report, and what to do next."""
    reports = [report_of(a, settings) for a in analyses]
    return "\n".join(
        [
            render_scoreboard(reports),
            "",
            render_text(reports[0]),
            "",
            "What next",
            f"  Open the pages:      {index.resolve()}",
            "  Your own meeting:    .venv/bin/coachscore analyze FILE",
            "  As a page:           .venv/bin/coachscore analyze FILE --format html --out p.html",
            "  For a program:       .venv/bin/coachscore analyze FILE --format json",
            "  All commands:        .venv/bin/coachscore --help",
        ]
    )
