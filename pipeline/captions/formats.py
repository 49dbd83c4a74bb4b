"""The formats that are read, in the order in which they are tried.

A format is a module with `matches` and `parse`, and one line here. A stricter
format stands before a looser one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pipeline.captions import (
    coachscore_json,
    docx_table,
    fathom,
    fireflies,
    gong,
    google_meet,
    otter,
    plain_text,
    segments_json,
    srt,
    teams_docx,
    vtt,
    whisper_json,
    zoom_captions,
)
from pipeline.captions.docx_content import DocxContent
from pipeline.captions.draft import Draft

Content = TypeVar("Content")


@dataclass(frozen=True)
class Format(Generic[Content]):
    """One shape of transcript.

    Attributes:
        label: What people call it, for messages.
        matches: Whether content has this shape, from the content alone.
        parse: Reads content that matches; never raises.
    """

    label: str
    matches: Callable[[Content], bool]
    parse: Callable[[Content], Draft]


TEXT_FORMATS: Final[tuple[Format[str], ...]] = (
    Format("WebVTT (Zoom, Teams, Stream)", vtt.matches, vtt.parse),
    Format("SRT", srt.matches, srt.parse),
    Format("captions saved by Zoom", zoom_captions.matches, zoom_captions.parse),
    Format("Fathom text", fathom.matches, fathom.parse),
    Format("Google Meet text", google_meet.matches, google_meet.parse),
    Format("Otter text", otter.matches, otter.parse),
    Format("text with 'Name: words' lines", plain_text.matches, plain_text.parse),
)

DOCX_FORMATS: Final[tuple[Format[DocxContent], ...]] = (
    Format(
        "Word with a table Participant, Start, End, Sentence", docx_table.matches, docx_table.parse
    ),
    Format("Word from Teams", teams_docx.matches, teams_docx.parse),
)

JSON_FORMATS: Final[tuple[Format[object], ...]] = (
    Format("JSON from Coachscore", coachscore_json.matches, coachscore_json.parse),
    Format("JSON from Gong", gong.matches, gong.parse),
    Format("JSON from Fireflies", fireflies.matches, fireflies.parse),
    Format("JSON from Whisper or WhisperX", whisper_json.matches, whisper_json.parse),
    Format("a JSON array of segments", segments_json.matches, segments_json.parse),
)

ACCEPTED: Final = ", ".join(
    known.label for group in (TEXT_FORMATS, DOCX_FORMATS, JSON_FORMATS) for known in group
)


def recognise(content: Content, formats: tuple[Format[Content], ...]) -> Format[Content] | None:
    """The first of the formats that the content has, None where it has none."""
    return next((known for known in formats if known.matches(content)), None)
