"""Reading a transcript file of any accepted shape, told by its content."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from models.conversation import Transcript
from pipeline.audio.formats import ACCEPTED as RECORDINGS
from pipeline.captions.decode import NoTextError, decode, known_binary
from pipeline.captions.docx_content import UnreadableDocumentError, read_docx
from pipeline.captions.draft import Draft, clean, finish
from pipeline.captions.errors import TranscriptError
from pipeline.captions.formats import (
    ACCEPTED,
    DOCX_FORMATS,
    JSON_FORMATS,
    TEXT_FORMATS,
    Content,
    Format,
    recognise,
)

MAX_BYTES: Final = 64 * 1024 * 1024
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True)
class _Match:
    """A recognised file: its format, how to read it, and remarks on its encoding."""

    label: str
    parse: Callable[[], Draft]
    notes: list[str] = field(default_factory=list)


class _NotRecognisedError(Exception):
    """No format fits; the text says what was found instead."""


def read_transcript(data: bytes, name: str) -> Transcript:
    """Read a transcript.

    Args:
        data: The whole file.
        name: Its name as the user knows it, for messages; its extension does not matter.

    Returns:
        The transcript with every caption that has text. Where the file does not say who
        speaks, `has_speakers` is False and a note says so.

    Raises:
        TranscriptError: The file is too large, is no transcript of an accepted shape, or
            holds no words. The message names the file, what was found and what is accepted.
    """
    try:
        match = _match(data)
    except _NotRecognisedError as error:
        raise TranscriptError(_message(name, str(error))) from error
    transcript = finish(match.parse(), match.notes)
    if not any(c.isalnum() for segment in transcript.segments for c in segment.text):
        raise TranscriptError(_message(name, f"{match.label}, but without any words"))
    return transcript


def _message(name: str, found: str) -> str:
    return (
        f"'{clean(name)}' holds {found}. Accepted are these transcripts: {ACCEPTED}; "
        f"and {RECORDINGS} recordings."
    )


def _match(data: bytes) -> _Match:
    if not data.strip():
        raise _NotRecognisedError("nothing: the file is empty")
    if len(data) > MAX_BYTES:
        size, most = len(data) // 2**20, MAX_BYTES // 2**20
        raise _NotRecognisedError(f"{size} MB, more than the {most} MB that a transcript may have")
    if data.startswith(_ZIP):
        return _match_docx(data)
    if kind := known_binary(data):
        raise _NotRecognisedError(kind)
    try:
        text, notes = decode(data)
    except NoTextError as error:
        raise _NotRecognisedError(str(error)) from error
    return _match_text(text, notes)


def _match_docx(data: bytes) -> _Match:
    try:
        content = read_docx(data)
    except UnreadableDocumentError as error:
        raise _NotRecognisedError(str(error)) from error
    # A document may also be any of the text exports, pasted or opened in Word.
    found = _try(content, DOCX_FORMATS) or _try("\n".join(content.lines), TEXT_FORMATS)
    if found is None:
        start = " ".join(content.lines)
        raise _NotRecognisedError(f"a Word document that is no transcript{_starts(start)}")
    return found


def _match_text(text: str, notes: list[str]) -> _Match:
    problem = ""
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            problem = f", which is no JSON either ({clean(str(error))[:80]})"
        else:
            return _match_json(value)
    found = _try(text, TEXT_FORMATS, notes)
    if found is None:
        raise _NotRecognisedError(f"text that is no transcript{_starts(text)}{problem}")
    return found


def _match_json(value: object) -> _Match:
    found = _try(value, JSON_FORMATS)
    if found is None:
        raise _NotRecognisedError(f"JSON that is no transcript: {_shape(value)}")
    return found


def _try(
    content: Content, formats: tuple[Format[Content], ...], notes: list[str] | None = None
) -> _Match | None:
    known = recognise(content, formats)
    if known is None:
        return None
    return _Match(known.label, lambda: known.parse(content), notes or [])


def _starts(text: str) -> str:
    return f": it starts with '{clean(text[:200])[:60]}'"


def _shape(value: object) -> str:
    if isinstance(value, dict):
        return f"an object with the keys {clean(', '.join(value))[:100]}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"an array of objects with the keys {clean(', '.join(value[0]))[:100]}"
    return "an array" if isinstance(value, list) else "a single value"
