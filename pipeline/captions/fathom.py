"""Fathom text: `0:00 - Name (Org)` above indented words."""

import re

from pipeline.captions import plain_text
from pipeline.captions.draft import Draft
from pipeline.captions.markup import text_lines
from pipeline.captions.times import parse_clock
from pipeline.captions.turns import has_turns, split_turns

_HEADER = re.compile(r"([0-9]{1,3}(?::[0-9]{2}){1,2}) - (\S.{0,99})")
# What Fathom's users click during the call stands between the words.
_CLICKED = re.compile(r"(?:ACTION ITEM|HIGHLIGHT|SCREEN SHARING|[A-Z ]{3,30}): .*WATCH: http\S+")
_RECORDING = "VIEW RECORDING"


def matches(text: str) -> bool:
    """Whether words stand under lines of a time, a hyphen and a name.

    One such line may stand in an agenda above `Name: words` lines, which are then the turns.
    """
    return has_turns(text_lines(text), _header) and not plain_text.matches(text)


def parse(text: str) -> Draft:
    """Read a Fathom text; a name keeps its organisation, as in `Dana (Acme)`."""
    lines = text_lines(text)
    said = [line for line in lines if not _CLICKED.fullmatch(line.strip())]
    preamble, turns = split_turns(said, _header)
    draft = Draft("fathom", [turn.cue for turn in turns])
    titles = [line for line in preamble if not line.startswith((_RECORDING, "---"))]
    draft.title = titles[0] if titles else None
    if len(said) < len(lines):
        draft.notes.append(f"Left out action items and highlights: {len(lines) - len(said)}.")
    return draft


def _header(line: str) -> tuple[str, float] | None:
    match = _HEADER.fullmatch(line)
    start = parse_clock(match[1]) if match else None
    return (match[2], start) if match and start is not None else None
