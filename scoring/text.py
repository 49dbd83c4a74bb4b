"""The report as plain text: it needs no colour and fits a terminal of 90 columns."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from scoring import wording
from scoring.report_lines import Line
from scoring.report_values import (
    COMMON_PRACTICE,
    METHOD,
    CriterionReport,
    Measured,
    Next,
    Quote,
    Report,
)

_INDENT: Final = "  "
_LABEL: Final = 14  # Columns of the labels at a glance.
_COLUMNS: Final = (13, 5, 9, 19, 9, 10)  # Of a scoreboard's cells after the title.
_NUMBERS: Final = sum(_COLUMNS) + 2 * len(_COLUMNS)


def render_text(report: Report, width: int = 90, *, transcript: bool = False) -> str:
    """A report for a terminal, a mail or a file.

    Args:
        report: The report.
        width: Columns to fill at most; 40 and more read well.
        transcript: Whether the whole conversation follows, one sentence per line.

    Returns:
        Text that ends with a line break.
    """
    parts = [
        *_head(report, width),
        *_glance(report, width),
        *_chart(report, width),
        *(line for c in report.criteria for line in _criterion(c, width)),
        *_moments(report, width),
        *(_transcript(report, width) if transcript else ()),
        *_foot(report, width),
    ]
    return "\n".join(parts) + "\n"


def _wrap(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Lines of at most `width` columns; commands and names are never cut at a hyphen."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_on_hyphens=False,
    )


def _head(report: Report, width: int) -> Iterator[str]:
    yield from _wrap(report.title, width)
    facts = (report.kind, f"{report.coach} coaching {report.coachee}", report.when, report.length)
    yield from _wrap(" · ".join(fact for fact in facts if fact), width)
    yield ""
    if report.doubt:
        yield from _wrap(
            f"COACH NOT CERTAIN: {report.doubt.coach} is taken to be the coach "
            f"({report.doubt.sure}). If somebody else coached, this report is upside down; run:",
            width,
        )
        # A command that is wrapped cannot be copied.
        yield from (_INDENT + command for command in report.doubt.commands)
        yield ""
    yield from _wrap(_verdict(report), width)
    yield from _wrap(report.explanation, width)
    if report.overall is not None and report.interval is not None:
        yield _gauge(report.overall, report.interval, min(width, 72))
    yield ""
    yield from _advice("The one thing to try next: ", report.first, width, "")


def _verdict(report: Report) -> str:
    verdict = report.verdict.upper()
    if report.overall is None or report.interval is None:
        return verdict
    low, high = report.interval
    return f"{verdict}: {report.overall:.0f} of 100 (90 % range {low:.0f} to {high:.0f})"


def _gauge(score: float, interval: tuple[float, float], width: int) -> str:
    """A scale from 0 to 100: the range as a heavy line, the score as a dot on it."""
    cells = width - len("0  100")
    low, at, high = (
        round(value / 100 * (cells - 1)) for value in (interval[0], score, interval[1])
    )
    marks = ("●" if i == at else "━" if low <= i <= high else "·" for i in range(cells))
    return f"0 {''.join(marks)} 100"


def _bar(share: float, cells: int) -> str:
    full = round(share * cells)
    return "█" * full + "░" * (cells - full)


def _advice(label: str, advice: Next, width: int, indent: str) -> Iterator[str]:
    yield from _wrap(f"{label}{advice.text}", width, indent)
    if advice.line:
        yield from _wrap(_said(advice.line), width, f"{indent}{_INDENT}see ")


def _said(line: Line) -> str:
    return f"{line.moment} {line.speaker}: “{textwrap.shorten(line.text, 200, placeholder=' …')}”"


def _glance(report: Report, width: int) -> Iterator[str]:
    strip = report.strip
    yield from ("", "AT A GLANCE")
    about = "too little on deals or development for a share"
    if strip.deal is not None and strip.development is not None:
        deal, grows = wording.percent(strip.deal), wording.percent(strip.development)
        about = f"{deal} deals, {grows} development. {COMMON_PRACTICE}"
    rows = [("Coach's words", about)]
    if strip.coachee_words is not None:
        share = wording.percent(strip.coachee_words)
        rows.append(("Who speaks", f"{share} of the words by {report.coachee}"))
    doing = f"asks {strip.questions}, tells {strip.tellings}, gives back {strip.given_back}"
    rows.append(("Coach", doing))
    rows.append(("Challenges", f"{strip.challenges} made, {strip.missed} missed"))
    rows.extend((trait.name, f"{trait.value} ({trait.sure})") for trait in report.traits)
    for label, value in rows:
        yield from _wrap(value, width, f"{_INDENT}{label:{_LABEL}} ")


def _chart(report: Report, width: int) -> Iterator[str]:
    if report.overall is None:
        return
    yield from ("", "THE FIVE CRITERIA")
    title = max(len(c.title) for c in report.criteria)
    cells = max(width - title - 24, 5)
    for c in report.criteria:
        score = c.score or 0.0
        bar = _bar(score / 100, min(cells, 30))
        yield f"{_INDENT}{c.title:{title}}  {bar} {score:3.0f}  weighs {c.weight}"
    if report.weakest_half:
        yield from _wrap(report.weakest_half, width, _INDENT)


def _criterion(criterion: CriterionReport, width: int) -> Iterator[str]:
    yield ""
    score = "" if criterion.score is None else f" ({criterion.score:.0f} of 100)"
    yield from _wrap(f"{criterion.title.upper()}{score}", width)
    if criterion.score is not None and criterion.base:
        yield f"{_INDENT}Starts at {wording.number(criterion.base)} points."
    for sign, measures, quotes in (
        ("+", criterion.earned, criterion.earns),
        ("-", criterion.lost, criterion.loses),
    ):
        for measure in measures:
            yield from _wrap(_points(measure), width, f"{_INDENT}{sign} ")
        for quote in quotes:
            yield from _wrap(_shown(quote), width, f"{_INDENT}{sign} ", " " * 6)
    if criterion.advice:
        yield from _advice("Try next: ", criterion.advice, width, _INDENT)


def _points(measure: Measured) -> str:
    return (
        f"{measure.label}: {measure.value} ({measure.earned:.0f} of {measure.possible:.0f} points)"
    )


def _shown(quote: Quote) -> str:
    return f"{_said(quote.line)} ({quote.why}{'?' * quote.unsure})"


def _moments(report: Report, width: int) -> Iterator[str]:
    yield from ("", f"MISSED CHALLENGES ({report.strip.missed})")
    for missed in report.missed:
        for claim in missed.claims:
            yield from _wrap(_said(claim), width, f"{_INDENT}? ")
        said = textwrap.shorten(missed.said, 200, placeholder=" …")
        yield from _wrap(f"{missed.answer.speaker} went on: {said}", width, " " * 6)
    yield from ("", f"NEXT STEPS AGREED ({len(report.steps)})")
    for step in report.steps:
        remarks = ["with a day" if step.dated else "no day named"]
        if step.accepted_by:
            remarks.append(f"accepted by {step.accepted_by}")
        text = f"{step.line.speaker}: {step.text} ({', '.join(remarks)})"
        yield from _wrap(text, width, f"{_INDENT}> ")


def _transcript(report: Report, width: int) -> Iterator[str]:
    yield from ("", "THE WHOLE CONVERSATION")
    for line in report.lines:
        tags = ", ".join(chip.text + "?" * chip.unsure for chip in line.chips)
        text = f"{line.speaker}: {line.text}" + (f" [{tags}]" if tags else "")
        yield from _wrap(text, width, f"{line.moment:>7}  ")


def _foot(report: Report, width: int) -> Iterator[str]:
    yield ""
    yield from _wrap(METHOD, width)
    for note in report.notes:
        yield from _wrap(note, width)
    yield from _wrap("; ".join(f"{name}: {version}" for name, version in report.versions), width)


def render_scoreboard(reports: Sequence[Report], width: int = 100) -> str:
    """Several meetings, one row each with the best next thing below it.

    Args:
        reports: In the order of the rows.
        width: Columns to fill at most; the titles take what the numbers leave, 12 at least.

    Returns:
        Text that ends with a line break.
    """
    title = max(width - _NUMBERS, 12)
    lines = [
        _row(title, "Meeting", "Coach", "Score", "Range", "Verdict", "Deal/dev.", "Challenges")
    ]
    for report in reports:
        lines.append("─" * (title + _NUMBERS))
        lines.extend(_scored_row(report, title, width))
    lines.append("─" * (title + _NUMBERS))
    lines.extend(_wrap(f"Challenges: made/missed. {COMMON_PRACTICE}", width))
    return "\n".join(lines) + "\n"


def _scored_row(report: Report, title: int, width: int) -> Iterator[str]:
    strip = report.strip
    score, span, mix = "-", "-", "-"
    if report.overall is not None and report.interval is not None:
        low, high = report.interval
        score, span = f"{report.overall:.0f}", f"{low:.0f} to {high:.0f}"
    if strip.deal is not None and strip.development is not None:
        mix = f"{100 * strip.deal:.0f}/{100 * strip.development:.0f} %"
    made = f"{strip.challenges}/{strip.missed}"
    yield _row(title, report.title, report.coach, score, span, report.verdict, mix, made)
    facts = ", ".join(fact for fact in (report.kind, report.when) if fact)
    doubt = " Coach not certain." if report.doubt else ""
    yield from _wrap(f"{facts}.{doubt} Try next: {report.first.text}", width, _INDENT)


def _row(title: int, *cells: str) -> str:
    widths = (title, *_COLUMNS)
    kept = (c if len(c) <= w else c[: w - 1] + "…" for c, w in zip(cells, widths, strict=True))
    aligned = (
        f"{c:>{w}}" if i == 2 else f"{c:{w}}"
        for i, (c, w) in enumerate(zip(kept, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()
