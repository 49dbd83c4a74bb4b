"""Teams transcripts in Word: a title, a date, then `Name   0:03` above the words."""

import re
from datetime import UTC, datetime
from typing import Final

from pipeline.captions.docx_content import DocxContent
from pipeline.captions.draft import Cue, Draft
from pipeline.captions.turns import Turn, has_turns, name_and_time, split_turns

_EVENT = re.compile(r"(\S.{0,99}) (?:started|stopped) transcription")
_DATES: Final = ("%B %d, %Y, %I:%M%p", "%B %d, %Y, %I:%M %p", "%d %B %Y, %H:%M", "%B %d, %Y")


def matches(content: DocxContent) -> bool:
    """Whether there are `Name   0:03` lines with text below."""
    return has_turns(content.lines, name_and_time(content.lines))


def parse(content: DocxContent) -> Draft:
    """Read the turns; who started or stopped the transcription is not said by anyone."""
    preamble, turns = split_turns(content.lines, name_and_time(content.lines))
    titles = [line for line in preamble if not _EVENT.fullmatch(line)]
    draft = Draft("teams-docx", _cues(turns), title=titles[0] if titles else None)
    draft.started_at = next((date for line in preamble if (date := _date(line))), None)
    return draft


def _cues(turns: list[Turn]) -> list[Cue]:
    speakers = {turn.speaker for turn in turns}
    for index, turn in enumerate(turns):
        last_line = len(turn.lines) - 1 if index == len(turns) - 1 else -1
        turn.lines = [
            line
            for at, line in enumerate(turn.lines)
            if not ((event := _EVENT.fullmatch(line)) and (event[1] in speakers or at == last_line))
        ]
    return [turn.cue for turn in turns]


def _date(line: str) -> datetime | None:
    """The date as Teams writes it; it names no time zone, so UTC stands in."""
    for form in _DATES:
        try:
            return datetime.strptime(line, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
