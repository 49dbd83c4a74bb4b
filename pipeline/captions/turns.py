"""Text exports in which a line with a name and a time stands above what was said."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.captions.draft import Cue
from pipeline.captions.names import is_plausible_name, looks_like_name
from pipeline.captions.times import parse_clock

Header = Callable[[str], tuple[str, float] | None]

# Otter puts two spaces before the time and Teams three; pasting may leave one or a tab.
_WIDE: Final = re.compile(r"(\S.{0,79}?)(?:[ \u00a0]{2,20}|\t{1,9})([0-9]{1,3}(?::[0-9]{2}){1,2})")
_NARROW: Final = re.compile(r"(\S.{0,59}) ([0-9]{1,3}(?::[0-9]{2}){1,2})")


@dataclass
class Turn:
    """A speaker, the start in seconds (None for what the file does not give), and the lines."""

    speaker: str | None
    start: float | None
    lines: list[str] = field(default_factory=list)

    @property
    def cue(self) -> Cue:
        """The turn with its lines joined."""
        return Cue(" ".join(self.lines), self.speaker, self.start)


def split_turns(lines: Sequence[str], header: Header) -> tuple[list[str], list[Turn]]:
    """Cut lines at the headers.

    Args:
        lines: The whole file.
        header: Gives the name and the start of a header line, None for any other line.

    Returns:
        The lines above the first header that hold text, and the turns.
    """
    preamble: list[str] = []
    turns: list[Turn] = []
    for line in lines:
        if found := header(line):
            turns.append(Turn(*found))
        elif line.strip():
            (turns[-1].lines if turns else preamble).append(line.strip())
    return preamble, turns


def name_and_time(lines: Sequence[str]) -> Header:
    """The header of `Name  0:34` lines, as this file writes them.

    A single space before the time counts only where no line has more, because a
    sentence may end in a time too.
    """
    if any(map(_wide, lines)):
        return _wide
    return _narrow


def has_turns(lines: Sequence[str], header: Header) -> bool:
    """Whether most of the header lines have text below, unlike a table of contents."""
    _, turns = split_turns(lines, header)
    spoken = sum(bool(turn.lines) for turn in turns)
    return bool(turns) and 2 * spoken >= len(turns)


def _wide(line: str) -> tuple[str, float] | None:
    return _header(_WIDE, line, is_plausible_name)


def _narrow(line: str) -> tuple[str, float] | None:
    return _header(_NARROW, line, lambda name: is_plausible_name(name) and looks_like_name(name))


def _header(
    form: re.Pattern[str], line: str, is_name: Callable[[str], bool]
) -> tuple[str, float] | None:
    match = form.fullmatch(line)
    start = parse_clock(match[2]) if match else None
    if match is None or start is None or not is_name(match[1].strip()):
        return None
    return match[1].strip(), start
