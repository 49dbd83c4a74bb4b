"""Captions that Zoom saves as text: `[Name] 19:00:25` above the words."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
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
# So far back a caption may be saved out of order; beyond, midnight lies between.
_OUT_OF_ORDER: Final = 6 * 3600


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
    """Seconds from the first clock time, also over midnight and back."""
    offsets = [0.0]
    for before, clock in pairwise(clocks):
        step = (clock - before + _OUT_OF_ORDER) % _DAY - _OUT_OF_ORDER
        offsets.append(offsets[-1] + step)
    return [max(0.0, offset) for offset in offsets]
