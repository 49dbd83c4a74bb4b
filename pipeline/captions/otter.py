"""Otter text: `Name  0:34`, the words, an empty line."""

import re

from pipeline.captions import plain_text
from pipeline.captions.draft import Draft
from pipeline.captions.markup import text_lines
from pipeline.captions.turns import has_turns, name_and_time, split_turns

_FOOTER = re.compile(r"\s*Transcribed by https?://(?:www\.)?otter\.ai\S*\s*", re.IGNORECASE)


def matches(text: str) -> bool:
    """Whether there are `Name  0:34` lines with text below."""
    lines = text_lines(text)
    return has_turns(lines, name_and_time(lines)) and not plain_text.matches(text)


def parse(text: str) -> Draft:
    """Read an Otter text; its `Unknown Speaker` is nobody."""
    lines = [line for line in text_lines(text) if not _FOOTER.fullmatch(line)]
    preamble, turns = split_turns(lines, name_and_time(lines))
    draft = Draft("otter", [turn.cue for turn in turns])
    draft.title = preamble[0] if preamble else None
    if len(preamble) > 1:
        draft.notes.append(f"Left out {len(preamble) - 1} lines above the first turn.")
    return draft
