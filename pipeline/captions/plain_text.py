"""Pasted text with `Name: words` lines, with or without a time before the name."""

import re
from typing import Final

from pipeline.captions.draft import Draft
from pipeline.captions.markup import text_lines
from pipeline.captions.names import accepted_names, looks_like_name, split_name
from pipeline.captions.times import parse_clock
from pipeline.captions.turns import Turn

_TIMED = re.compile(
    r"\s{0,9}[\[(]?([0-9]{1,3}(?::[0-9]{2}){1,2}(?:[.,][0-9]{1,3})?)[\])]?\s{0,3}[-\u2013\u2014]?\s{0,9}(\S.*)"
)
_BOLD = re.compile(r"\s{0,9}\*\*([^*]{1,80}?)(?::\*\*|\*\*:)(.*)")
_MOST_SPEAKERS: Final = 25
_MAIL: Final = frozenset(["from", "to", "cc", "bcc", "subject", "date", "sent", "reply-to"])


def matches(text: str) -> bool:
    """Whether most lines are `Name: words` with few names that come back."""
    lines = [_line(line) for line in text_lines(text) if line.strip()]
    found = [split[0] for _, split, _ in lines if split]
    names = accepted_names(found, len(lines))
    if len(found) < max(2, len(lines) / 2) or not 0 < len(names) <= _MOST_SPEAKERS:
        return False
    if any(name.casefold() in _MAIL for name in names) or not any(map(looks_like_name, names)):
        return False
    # Settings, tables of contents and forms have such lines too, but each key once.
    few = 2 * len(set(found)) <= len(found)
    return few or (len(names) <= 4 and all(map(looks_like_name, names)))


def parse(text: str) -> Draft:
    """Read the lines; a line without a name goes on with the turn above it."""
    lines = [_line(line) for line in text_lines(text) if line.strip()]
    names = accepted_names([split[0] for _, split, _ in lines if split], len(lines))
    preamble: list[str] = []
    turns: list[Turn] = []
    for start, split, line in lines:
        if split and split[0] in names:
            turns.append(Turn(split[0], start, [split[1]]))
        else:
            (turns[-1].lines if turns else preamble).append(line)
    draft = Draft("plain-text", [turn.cue for turn in turns])
    draft.title = preamble[0] if preamble else None
    if len(preamble) > 1:
        draft.notes.append(f"Left out {len(preamble) - 1} lines above the first turn.")
    return draft


def _line(line: str) -> tuple[float | None, tuple[str, str] | None, str]:
    """The start in seconds, the name with the words, and the line without the start."""
    timed = _TIMED.fullmatch(line)
    start = parse_clock(timed[1]) if timed else None
    rest = timed[2] if timed else line
    bold = _BOLD.fullmatch(rest)
    return start, split_name(f"{bold[1]}: {bold[2]}" if bold else rest), rest
