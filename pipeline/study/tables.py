"""Markdown tables and figures of the evaluation's pages."""

from collections.abc import Iterable, Sequence
from typing import Final

DASH: Final = "\u2013"  # Where there is no figure.


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def figure(value: float | None, digits: int = 2) -> str:
    """A figure with its digits; a dash where there is none."""
    return DASH if value is None else f"{round(value, digits) + 0:.{digits}f}"  # No -0.00.


def share(value: float | None) -> str:
    """A share in per cent."""
    return DASH if value is None else f"{100 * value:.0f} %"


def label_name(label: str) -> str:
    """A main label as the pages write it."""
    if label == "act=question":
        return "question or not"
    side, _, mark = label.partition(" ")
    return f"{side} `{mark}`" if mark else f"`{label}`"


def listed(items: Sequence[str]) -> str:
    """Items with commas, and "and" before the last one."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
