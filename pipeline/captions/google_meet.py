"""Google Meet transcripts and Gemini notes: a time now and then, `**Name:** words`."""

import re
from collections.abc import Sequence
from typing import Final

from pipeline.captions.draft import Draft
from pipeline.captions.markup import text_lines
from pipeline.captions.names import accepted_names, split_name
from pipeline.captions.times import parse_clock
from pipeline.captions.turns import Turn

_TIME = re.compile(r"#{0,6}\s{0,9}\*{0,2}([0-9]{1,2}:[0-9]{2}:[0-9]{2})\*{0,2}")
_END = re.compile(r"#{0,6}\s{0,9}\*{0,2}(?:Transcription|Meeting) ended after\b.*")
_BOLD = re.compile(r"\*\*([^*\n]{1,80}?):?\*\*:?\s*(.*)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!<>~|-])")
_HEADING: Final = re.compile(r"#{1,6}\s{1,9}(\S.{0,199})")


def matches(text: str) -> bool:
    """Whether a line is a time and nothing else, and a line starts with a name."""
    lines = text_lines(text)
    return any(_TIME.fullmatch(line) for line in lines) and any(map(_name, lines))


def parse(text: str) -> Draft:
    """Read a transcript; a time belongs to the turn that follows it and to no other."""
    lines = text_lines(text)
    first = next((i for i, line in enumerate(lines) if _TIME.fullmatch(line)), 0)
    last = next((i for i, line in enumerate(lines) if _END.match(line)), len(lines))
    draft = Draft("google-meet", [turn.cue for turn in _turns(lines[first:last])])
    draft.title = _title(lines[:first])
    left_out = sum(bool(line.strip()) for line in (*lines[:first], *lines[last:]))
    if left_out:
        draft.notes.append(f"Left out lines above and below the transcript: {left_out}.")
    return draft


def _turns(lines: Sequence[str]) -> list[Turn]:
    names = _names(lines)
    turns: list[Turn] = []
    time: float | None = None
    for line in filter(str.strip, lines):
        if match := _TIME.fullmatch(line):
            time = parse_clock(match[1])
            continue
        name, words = _name(line) or ("", "")
        if name in names:
            turns.append(Turn(_unescape(name), time, [_unescape(words)]))
        elif turns and time is None:
            turns[-1].lines.append(_unescape(line))
        else:
            turns.append(Turn(None, time, [_unescape(line)]))
        time = None
    return turns


def _names(lines: Sequence[str]) -> frozenset[str]:
    """Bold names, and names without their bold where they come back or look like one."""
    bold = {match[1].strip() for line in lines if (match := _BOLD.fullmatch(line))}
    found = [split[0] for line in lines if (split := _name(line))]
    spoken = sum(bool(line.strip()) and not _TIME.fullmatch(line) for line in lines)
    return frozenset(bold) | accepted_names(found, spoken)


def _name(line: str) -> tuple[str, str] | None:
    """The name and the words of a line, bold or not."""
    if bold := _BOLD.fullmatch(line):
        return bold[1].strip(), bold[2]
    return split_name(line)


def _title(preamble: Sequence[str]) -> str | None:
    headings = [match[1] for line in preamble if (match := _HEADING.fullmatch(line))]
    named = [heading for heading in headings if heading.endswith("- Transcript")]
    return next((_unescape(heading.strip("* ")) for heading in named + headings), None)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
