"""What every parser returns, and the one place that turns it into a Transcript."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from models.conversation import Participant, Provenance, Segment, Transcript, Word
from models.labels import Kind, Role
from pipeline.captions.times import usable

PARSER_VERSION: Final = "3"
NO_SPEAKERS: Final = "The file does not say who speaks."

# What exports write where they know no name; two such turns may be two people.
_UNKNOWN_SPEAKERS: Final = frozenset({"", "unknown speaker", "unknown", "null", "none"})
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")


@dataclass(frozen=True)
class Cue:
    """One caption or turn; the fields are those of `Segment`, not yet cleaned.

    Times are seconds, None where there is none and NaN where it is unreadable.
    """

    text: str
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    words: tuple[Word, ...] = ()
    speaker_confidence: float = 1.0


@dataclass
class Draft:
    """What a parser found; the fields are those of `Transcript`, not yet cleaned.

    `roles` holds the participants that the file lists, in its order.
    """

    source_format: str
    cues: list[Cue]
    language: str | None = None
    title: str | None = None
    started_at: datetime | None = None
    kind: Kind | None = None
    roles: dict[str, Role | None] = field(default_factory=dict)
    one_sentence_per_segment: bool = False
    notes: list[str] = field(default_factory=list)


def clean(text: str) -> str:
    """One line of valid Unicode: no controls, no lone surrogates, single spaces."""
    valid = text.encode("utf-8", "ignore").decode("utf-8")
    return " ".join(_CONTROLS.sub("", valid).split())


def language_code(value: object) -> str | None:
    """A BCP 47 code in its usual case, None where the value is not one."""
    match = _LANGUAGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    language, script, region = match.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


def finish(draft: Draft, reading_notes: Iterable[str] = ()) -> Transcript:
    """Clean what a parser found and number it.

    Args:
        draft: The parser's findings, in the order of the source.
        reading_notes: Remarks on how the file was read, put before the parser's.

    Returns:
        The transcript. Cues without text are left out and times that no meeting has
        are dropped, both with a note.
    """
    cues = [_cleaned(cue) for cue in draft.cues]
    # Numbered before empty ones go, so that a number means the same cue in the source.
    numbered = [(index, cue) for index, cue in enumerate(cues) if cue.text]
    kept = [cue for _, cue in numbered]
    notes = [*reading_notes, *draft.notes, *_losses(draft.cues, cues)]
    if not any(cue.speaker for cue in kept):
        notes.append(NO_SPEAKERS)
    return Transcript(
        segments=tuple(_segment(index, cue) for index, cue in numbered),
        participants=_participants(kept, draft.roles),
        language=draft.language,
        source_format=draft.source_format,
        made_by=Provenance(name=f"captions/{draft.source_format}", version=PARSER_VERSION),
        title=clean(draft.title or "") or None,
        started_at=draft.started_at,
        kind=draft.kind,
        one_sentence_per_segment=draft.one_sentence_per_segment,
        notes=tuple(notes),
    )


def _cleaned(cue: Cue) -> Cue:
    start, end = usable(cue.start), usable(cue.end)
    if start is not None and end is not None and end < start:
        end = None
    return replace(
        cue, text=clean(cue.text), speaker=_speaker(cue.speaker or ""), start=start, end=end
    )


def _speaker(name: str) -> str | None:
    name = clean(name)
    return None if name.casefold() in _UNKNOWN_SPEAKERS else name


def _losses(raw: list[Cue], cleaned: list[Cue]) -> list[str]:
    notes = []
    if empty := sum(not cue.text for cue in cleaned):
        notes.append(f"Captions without text, left out: {empty}.")
    if times := sum(
        (old.start is not None and new.start is None) or (old.end is not None and new.end is None)
        for old, new in zip(raw, cleaned, strict=True)
    ):
        notes.append(f"Captions with a time that cannot be right, which was dropped: {times}.")
    nameless = sum(cue.speaker is None for cue in cleaned if cue.text)
    if 0 < nameless < sum(bool(cue.text) for cue in cleaned):
        notes.append(f"Captions without a known speaker: {nameless}.")
    if uncertain := sum(cue.speaker_confidence < 1 for cue in cleaned if cue.text):
        notes.append(f"Captions whose speaker the file does not state for certain: {uncertain}.")
    return notes


def _segment(index: int, cue: Cue) -> Segment:
    return Segment(
        index=index,
        speaker=cue.speaker,
        start=cue.start,
        end=cue.end,
        text=cue.text,
        words=cue.words,
        speaker_confidence=cue.speaker_confidence,
    )


def _participants(cues: list[Cue], roles: dict[str, Role | None]) -> tuple[Participant, ...]:
    listed = {name: role for raw, role in roles.items() if (name := _speaker(raw))}
    speaking = dict.fromkeys(cue.speaker for cue in cues if cue.speaker)
    names = list(dict.fromkeys([*speaking, *listed]))
    return tuple(Participant(speaker=name, role=listed.get(name)) for name in names)
