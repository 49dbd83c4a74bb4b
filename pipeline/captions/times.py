"""Times as exports write them, turned into seconds.

A time that is there but cannot be read becomes NaN, so that `draft.finish`
drops and counts it in one place; a time that is absent stays None.
"""

import math
import re
from datetime import UTC, datetime
from typing import Final

# Two digits of hours are all that SRT can hold, and no meeting is longer.
MAX_SECONDS: Final = 100 * 3600.0 - 1.0
UNREADABLE: Final = math.nan

_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,4}):([0-9]{1,2})(?:[.,]([0-9]{1,9}))?")


def parse_clock(text: str) -> float | None:
    """Read `1:02:03`, `0:34`, `00:03:47.550` or `00:03:47,550`.

    Args:
        text: The time and nothing else, surrounding whitespace aside.

    Returns:
        Seconds, or None where the text is not a time.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole + (float(f"0.{fraction}") if fraction else 0.0)


def to_seconds(value: object, per_second: float = 1.0) -> float | None:
    """Read a time as JSON or a table cell gives it.

    Args:
        value: A number, a number in a string, a clock time in a string, or nothing.
        per_second: Units of a plain number in one second: 1000 for milliseconds.

    Returns:
        Seconds, None where no time is given, NaN where one is given that cannot be read.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return UNREADABLE
    clock = parse_clock(value) if isinstance(value, str) else None
    if clock is not None:
        return clock
    try:
        return float(value) / per_second
    except (ValueError, OverflowError):
        return UNREADABLE


def usable(seconds: float | None) -> float | None:
    """Seconds that a meeting can have: finite, not negative, under a hundred hours."""
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= MAX_SECONDS:
        return None
    return round(seconds, 3)


def to_datetime(value: object) -> datetime | None:
    """Read an ISO 8601 string or milliseconds since 1970; None for anything else.

    Where no time zone is given, UTC stands in, so that any two starts can be compared.
    """
    try:
        if isinstance(value, str) and not value.strip().isdecimal():
            moment = datetime.fromisoformat(value.strip())
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        milliseconds = to_seconds(value)
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
