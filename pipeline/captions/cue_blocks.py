"""Timed captions (WebVTT, SRT) put back in order before a library reads them.

The libraries read well-formed files. Pasted ones have lost blank lines, gained
blank lines or had their text wrapped; read as they are, captions would lose
words to their neighbours' numbers, or vanish. This module finds the captions by
their timing lines and writes each in its canonical form.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.captions.times import MAX_SECONDS, parse_clock, usable

_TIMING = re.compile(r"\s*(-?[0-9][0-9:.,]{2,20})\s*-->\s*(-?[0-9][0-9:.,]{2,20})(?:\s.*)?")
_TIMING_ANYWHERE = re.compile(
    r"^[ \t]{0,20}-?[0-9][0-9:.,]{2,20}[ \t]{0,9}-->[ \t]{0,9}-?[0-9][0-9:.,]{2,20}", re.MULTILINE
)
_BROKEN_TIMING = re.compile(r"-->[ \t]{0,9}\n{1,3}[ \t]{0,9}(?=[0-9])")
_NUMBER = re.compile(r"[0-9]{1,9}")
_LONG_ID = re.compile(r"[0-9a-fA-F-]{8,}(?:/[0-9]+-[0-9]+)?|[0-9a-zA-Z-]+/[0-9]+-[0-9]+")
_KNOWN_NOTE = re.compile(
    r"NOTE\s+(?:confidence|duration|language|recognizability)\s*:", re.IGNORECASE
)
_OUT_OF_RANGE = MAX_SECONDS + 0.999


@dataclass
class Block:
    """One caption: its identifier ("" for none), times in seconds and lines of text."""

    identifier: str
    start: float
    end: float
    lines: list[str] = field(default_factory=list)


@dataclass
class Blocks:
    """A caption file: the lines before the first caption, its notes, its captions."""

    header: list[str]
    notes: list[str]
    captions: list[Block]


def first_timing(text: str) -> str | None:
    """The first timing line of the text, None where there is none."""
    match = _TIMING_ANYWHERE.search(text)
    return match[0] if match else None


def stamp(seconds: float, point: str) -> str:
    """Write seconds as `00:03:47.550`, with `point` before the milliseconds."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def read_blocks(text: str) -> Blocks:
    """Find the captions of a WebVTT or SRT text, damaged or not.

    Args:
        text: The whole file, with line feeds for line ends.

    Returns:
        The captions in order. A time that cannot be right lies past `MAX_SECONDS`.
    """
    lines = [line.strip() for line in _BROKEN_TIMING.sub("--> ", text).split("\n")]
    timings = [(i, match) for i, line in enumerate(lines) if (match := _TIMING.fullmatch(line))]
    blocks = Blocks(header=[], notes=[], captions=[])
    if not timings:
        blocks.header = _without_notes(lines, blocks.notes, "")
        return blocks
    first = timings[0][0]
    identifier_at = _identifier_line(lines, -1, first, None)
    blocks.header = _without_notes(
        lines[: first if identifier_at is None else identifier_at], blocks.notes, ""
    )
    number: int | None = None
    ends = [position for position, _ in timings[1:]] + [len(lines)]
    for (position, match), end in zip(timings, ends, strict=True):
        identifier = "" if identifier_at is None else lines[identifier_at]
        number = int(identifier) if _NUMBER.fullmatch(identifier) else number
        caption = Block(identifier, _in_range(match[1]), _in_range(match[2]))
        identifier_at = (
            None if end == len(lines) else _identifier_line(lines, position, end, number)
        )
        stop = end if identifier_at is None else identifier_at
        caption.lines = _without_notes(lines[position + 1 : stop], blocks.notes, match[0])
        blocks.captions.append(caption)
    return blocks


def _identifier_line(lines: Sequence[str], after: int, timing: int, last: int | None) -> int | None:
    """Where the identifier of the caption at line `timing` stands, None where it has none.

    `after` is the timing line of the caption before (-1 for none), `last` its number.
    """
    at = timing - 1
    while at > after and not lines[at]:
        at -= 1
    if at <= after or lines[at].startswith(("WEBVTT", "NOTE")):
        return None
    line, adjacent = lines[at], at == timing - 1
    has_text_before = any(lines[after + 1 : at])
    blank_above = at == after + 1 or not lines[at - 1]
    if _NUMBER.fullmatch(line):
        follows = after < 0 or (last is not None and int(line) > last)
        return at if follows or (adjacent and blank_above and has_text_before) else None
    if _LONG_ID.fullmatch(line) and any(c.isdigit() for c in line):
        return at
    # By the standard any line may be an identifier; one with blanks around is not text.
    standard = adjacent and blank_above and has_text_before and " " not in line
    return at if standard and any(c.isdigit() for c in line) else None


def _without_notes(lines: Sequence[str], notes: list[str], previous: str) -> list[str]:
    """The lines that are said, with comments and styles moved to `notes`.

    `previous` is the line before the first: a comment starts after an empty one only.
    """
    said: list[str] = []
    in_note = False
    for line in lines:
        opens = line.split(" ")[0] in ("NOTE", "STYLE", "REGION") and not previous
        in_note = bool(line) and (in_note or opens)
        if in_note or _KNOWN_NOTE.match(line):
            notes.append(line)
        elif line:
            said.append(line)
        previous = line
    return said


def _in_range(text: str) -> float:
    seconds = usable(parse_clock(text))
    return _OUT_OF_RANGE if seconds is None else seconds
