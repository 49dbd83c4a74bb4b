"""Masks what leads to a customer in a transcript and in the conversation made of it."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from models.conversation import Conversation, Segment, Transcript, Word
from models.masked import KINDS, Masked, joined
from pipeline.masking.names import find_names, words_of
from pipeline.masking.numbers import find_numbers, find_short_forms
from pipeline.masking.spans import Found, apart, put

_PLACEHOLDER: Final = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")


def find(texts: Sequence[str], speakers: Sequence[str]) -> list[list[Found]]:
    """Places in each text that lead to a customer, in order, without overlap.

    Numbers come before names, and what is masked already stays as it is.

    Args:
        texts: What was said in one conversation, in order.
        speakers: Names of the speakers, which stay.
    """
    named = find_names(texts, words_of(speakers))
    numbers = [apart(find_numbers(text)) for text in texts]
    again = find_short_forms(texts, numbers)
    return [
        _outside(text, apart((*one, *two, *three)))
        for text, one, two, three in zip(texts, numbers, again, named, strict=True)
    ]


def _outside(text: str, found: Sequence[Found]) -> list[Found]:
    """Those that do not lie in what is masked already."""
    done = [match.span() for match in _PLACEHOLDER.finditer(text)]
    return [f for f in found if all(f.end <= start or f.start >= end for start, end in done)]


def hide(transcript: Transcript, talk: Conversation) -> tuple[Transcript, Conversation]:
    """Both with placeholders for what leads to a customer.

    Number and order of segments and utterances, their times, and the number of their words
    stay. What was found in the utterances is hidden at the same places of the segments.

    Args:
        transcript: As it was read or recognised.
        talk: The utterances that were made of it.
    """
    texts = [utterance.text for utterance in talk.utterances]
    found = find(texts, list(talk.roles.roles))
    said = tuple(
        utterance.model_copy(update={"text": put(utterance.text, places)})
        for utterance, places in zip(talk.utterances, found, strict=True)
    )
    known = {
        text[one.start : one.end]: one.kind
        for text, places in zip(texts, found, strict=True)
        for one in places
    }
    letters = list(_letters(texts, found))
    written = [segment.text for segment in transcript.segments]
    if len(letters) != sum(not letter.isspace() for text in written for letter in text):
        letters = list(_letters(written, find(written, list(talk.roles.roles))))
    ahead = iter(letters)
    segments = tuple(_segment(segment, ahead) for segment in transcript.segments)
    # Who was invited and never spoke may well be the customer.
    spoke = {segment.speaker for segment in transcript.segments}
    silent = {p.speaker for p in transcript.participants} - spoke
    known |= dict.fromkeys(silent, "person")
    around: dict[str, Any] = {
        "title": _titled(transcript.title, known),
        "notes": _noted(transcript.notes, known, talk),
    }
    there = tuple(p for p in transcript.participants if p.speaker in spoke)
    hidden = transcript.model_copy(update={"segments": segments, "participants": there, **around})
    return hidden, talk.model_copy(update={"utterances": said, **around})


def _letters(texts: Sequence[str], found: Sequence[Sequence[Found]]) -> Iterator[Masked | None]:
    """What each character but white space belongs to, through the whole conversation.

    Utterances are the segments' text cut elsewhere, so these characters are the same in both.
    """
    for text, places in zip(texts, found, strict=True):
        kinds: list[Masked | None] = [None] * len(text)
        for one in places:
            kinds[one.start : one.end] = [one.kind] * (one.end - one.start)
        yield from (kind for kind, letter in zip(kinds, text, strict=True) if not letter.isspace())


def _segment(segment: Segment, letters: Iterator[Masked | None]) -> Segment:
    places = list(_places(segment.text, letters))
    text = put(segment.text, places)
    return segment.model_copy(update={"text": text, "words": _words(segment, text)})


def _places(text: str, letters: Iterator[Masked | None]) -> Iterator[Found]:
    """Places in a text whose characters but white space come next in the conversation."""
    kinds = islice(letters, sum(not letter.isspace() for letter in text))
    start, kind, end = 0, None, 0
    for at, letter in enumerate(text):
        if letter.isspace():
            continue
        now = next(kinds, None)
        if now != kind:
            if kind is not None:
                yield Found(start, end, kind)
            start, kind = at, now
        end = at + 1
    if kind is not None:
        yield Found(start, end, kind)


def _words(segment: Segment, text: str) -> tuple[Word, ...]:
    """The timed words as they are written in the masked text; bare times where they differ."""
    written = text.split()
    if len(written) != len(segment.words):
        written = [""] * len(segment.words)
    return tuple(
        word.model_copy(update={"text": new})
        for word, new in zip(segment.words, written, strict=True)
    )


def _noted(notes: Sequence[str], known: dict[str, Masked], talk: Conversation) -> tuple[str, ...]:
    """Remarks on how the file was read, which may quote what stood in it."""
    hidden = [_titled(note, known) or "" for note in notes]
    found = find(hidden, list(talk.roles.roles))
    return tuple(joined(put(note, places)) for note, places in zip(hidden, found, strict=True))


def _titled(title: str | None, known: dict[str, Masked]) -> str | None:
    """A title without the names that were said and without numbers."""
    if title is None:
        return None
    names = [
        Found(match.start(), match.end(), kind)
        for name, kind in sorted(known.items(), key=lambda one: -len(one[0]))
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", title, re.IGNORECASE)
    ]
    return joined(put(title, apart((*names, *find_numbers(title)))))
