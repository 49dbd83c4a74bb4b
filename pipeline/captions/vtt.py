"""WebVTT: Zoom, Microsoft Teams, Microsoft Stream, and files of unknown origin."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import webvtt

from pipeline.captions.cue_blocks import Block, Blocks, first_timing, read_blocks, stamp
from pipeline.captions.draft import Cue, Draft, language_code
from pipeline.captions.markup import plain
from pipeline.captions.names import attribute

_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?(?:\s+([^<>]{0,200}))?>", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:NOTE\s+)?language\s*:\s*\"?([\w-]+)", re.IGNORECASE)
_STREAM_NOTE = re.compile(r"NOTE\s+(?:confidence|duration|recognizability)\s*:", re.IGNORECASE)
_TEAMS_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}.*|.+/[0-9]+-[0-9]+", re.I)
_METADATA = re.compile(r"[A-Za-z-]{1,30}\s?[:=].*")
_HEADER: Final = "WEBVTT"


def matches(text: str) -> bool:
    """Whether the text has the WebVTT header, or timing lines with a decimal point."""
    timing = first_timing(text)
    return text.lstrip().startswith(_HEADER) or (timing is not None and "," not in timing)


def parse(text: str) -> Draft:
    """Read a WebVTT file; which product wrote it is told by its voices, notes and names."""
    blocks = read_blocks(text)
    captions = webvtt.from_string(_canonical(blocks)).captions
    timed = [(c.start_time, c.end_time, c.raw_text) for c in captions]
    raw = [
        Cue(text, None, s.in_milliseconds() / 1000, e.in_milliseconds() / 1000)
        for s, e, text in timed
    ]
    source_format, cues = _speakers(raw, blocks)
    draft = Draft(source_format, cues, language=_language(blocks))
    _read_header(blocks.header, draft)
    return draft


def _canonical(blocks: Blocks) -> str:
    return "\n\n".join([_HEADER, *map(_caption, blocks.captions)]) + "\n"


def _caption(block: Block) -> str:
    # An arrow in the words would start a new caption; `plain` decodes it again.
    words = " ".join(block.lines).replace("-->", "--&gt;")
    return f"{stamp(block.start, '.')} --> {stamp(block.end, '.')}\n{words}"


def _speakers(raw: Sequence[Cue], blocks: Blocks) -> tuple[str, list[Cue]]:
    """The name of the format, and the cues with the speakers that it gives."""
    if any(_VOICE.search(cue.text) for cue in raw):
        return "teams-vtt", [part for cue in raw for part in _voices(cue)]
    unnamed = [Cue(plain(cue.text), None, cue.start, cue.end) for cue in raw]
    if any(_STREAM_NOTE.match(note) for note in blocks.notes):
        return "stream-vtt", unnamed
    attributed = attribute([cue.text for cue in unnamed])
    if attributed:
        named = zip(unnamed, attributed, strict=True)
        return "zoom-vtt", [
            Cue(words, name, cue.start, cue.end, speaker_confidence=confidence)
            for cue, (name, words, confidence) in named
        ]
    teams = any(_TEAMS_ID.fullmatch(block.identifier) for block in blocks.captions)
    return ("teams-vtt" if teams else "vtt"), unnamed


def _voices(cue: Cue) -> Iterator[Cue]:
    """One cue for each voice; several people may share a caption."""
    # re.split alternates text and name: words before any voice, name, words, name, words.
    before, *parts = _VOICE.split(cue.text)
    if plain(before).strip() or not parts:
        yield Cue(plain(before), None, cue.start, cue.end)
    for name, words in zip(parts[::2], parts[1::2], strict=True):
        yield Cue(plain(words), plain(name or ""), cue.start, cue.end)


def _language(blocks: Blocks) -> str | None:
    for line in (*blocks.header, *blocks.notes):
        if match := _LANGUAGE.match(line):
            return language_code(match[1])
    return None


def _read_header(header: Sequence[str], draft: Draft) -> None:
    """Take the title from the header and say what else stood before the captions."""
    for line in header:
        if line.startswith(_HEADER):
            draft.title = line.removeprefix(_HEADER).strip(" \t-") or None
        elif not _METADATA.fullmatch(line):
            draft.notes.append(f"Left out a line before the first caption: '{line[:60]}'.")
