"""Captions that Zoom saves as text: `[Name] 19:00:25` above the words."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pipeline.captions import plain_text
from pipeline.captions.draft import Draft
from pipeline.captions.markup import text_lines
from pipeline.captions.times import parse_clock
from pipeline.captions.turns import has_turns, split_turns

_HEADER = re.compile(
    r"\s*\[(.{1,99})\]\s{1,9}([0-9]{1,2}:[0-9]{2}:[0-9]{2})(?:\s?([AaPp])\.?[Mm]\.?)?"
)
_DAY: Final = 24 * 3600
_HALF_DAY: Final = _DAY / 2
# A caption may be saved a little out of order; a jump back this far is midnight.
_MIDNIGHT: Final = 6 * 3600


def matches(text: str) -> bool:
    """Whether words stand under `[Name] 19:00:25` lines, and not after names of their own."""
    return has_turns(text_lines(text), _header) and not plain_text.matches(text)


def parse(text: str) -> Draft:
    """Read saved captions; the first caption is second 0."""
    _, turns = split_turns(text_lines(text), _header)
    offsets = _offsets([turn.start or 0.0 for turn in turns])
    cues = [replace(turn.cue, start=offset) for turn, offset in zip(turns, offsets, strict=True)]
    note = "The file gives the time of day; times are counted from its first caption."
    return Draft("zoom-captions-txt", cues, notes=[note])


def _header(line: str) -> tuple[str, float] | None:
    match = _HEADER.fullmatch(line)
    clock = parse_clock(match[2]) if match else None
    if match is None or clock is None:
        return None
    if match[3]:
        clock = clock % _HALF_DAY + (_HALF_DAY if match[3] in "Pp" else 0)
    return match[1], clock


def _offsets(clocks: Sequence[float]) -> list[float]:
    """Seconds from the first clock time, over midnight where the clock jumps back."""
    offsets: list[float] = []
    days = 0.0
    for index, clock in enumerate(clocks):
        if index and clocks[index - 1] - clock > _MIDNIGHT:
            days += _DAY
        offsets.append(max(0.0, clock + days - clocks[0]))
    return offsets
