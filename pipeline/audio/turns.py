"""Words and speakers brought together into segments."""

import bisect
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from models.conversation import Segment, Word
from pipeline.audio.diarization import Span
from pipeline.audio.transcription import Passage

_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")  # noqa: RUF001 - Chinese and Japanese marks
# Voices change by up to this many seconds before or after diarization says so.
_SNAP = 0.8
_PAUSE = 0.3
# Further from any speech by a voice, a word is as likely the other's.
_STRAY = 0.5
# A longer pause ends a segment even where the recogniser went on.
_LONG_PAUSE = 2.0
# A backchannel has no more words than this. Whose it is cannot be guessed from its
# neighbours: below this confidence it is nobody's.
_SHORT = 3
_NOBODYS = 0.6


class Turn(NamedTuple):
    """Neighbouring words by one speaker.

    Attributes:
        speaker: Display name, None where nobody can be told to have said it.
        words: In order, each text with the space before it.
        confidence: Probability that the speaker is right.
    """

    speaker: str | None
    words: tuple[Word, ...]
    confidence: float


def assign_speakers(passages: Iterable[Passage], spans: Sequence[Span]) -> Iterator[Turn]:
    """Give words to speakers by time and cut passages where the speaker changes.

    A change within 0.8 s of the end of a sentence, or else of a pause of 0.3 s, is moved
    there: diarization knows the moment less well than words and pauses do. A "yes" between
    two speakers who may both have said it is given to nobody.

    Args:
        passages: What was recognised.
        spans: Who speaks when, in order, at least one.

    Yields:
        Turns in order.
    """
    starts = [span.start for span in spans]
    for passage in passages:
        words = passage.words
        owners = [_owner(word, spans, starts) for word in words]
        speakers = _snapped(words, [owner.speaker for owner in owners])
        for speaker, grouped in groupby(range(len(words)), key=speakers.__getitem__):
            at = list(grouped)
            # A word moved to the neighbour's sentence was as likely his as not.
            sure = [_sure(words[i], owners[i]) if owners[i].speaker == speaker else 0.5 for i in at]
            unknown = len(at) <= _SHORT and max(owners[i].confidence for i in at) < _NOBODYS
            spoken = words[at[0] : at[-1] + 1]
            yield Turn(None if unknown else speaker, spoken, sum(sure) / len(sure))


def to_segments(turns: Iterable[Turn]) -> tuple[Segment, ...]:
    """Turn recognised words into segments, ordered by time.

    A turn is cut at pauses longer than 2 s, where the other speaker may have had the word,
    and at the ends of sentences, so that each can be given to another speaker by hand.

    Args:
        turns: Of all speakers.

    Returns:
        Segments that count up from 0; turns without text are left out.
    """
    pieces = [
        Turn(turn.speaker, words, turn.confidence) for turn in turns for words in _cut(turn.words)
    ]
    pieces = [p for p in pieces if "".join(word.text for word in p.words).strip()]
    pieces.sort(key=lambda piece: (piece.words[0].start, piece.words[-1].end))
    return tuple(
        Segment(
            index=index,
            speaker=piece.speaker,
            start=piece.words[0].start,
            end=piece.words[-1].end,
            text="".join(word.text for word in piece.words).strip(),
            words=tuple(w.model_copy(update={"text": w.text.strip()}) for w in piece.words),
            speaker_confidence=min(1.0, piece.confidence),
        )
        for index, piece in enumerate(pieces)
    )


def _owner(word: Word, spans: Sequence[Span], starts: Sequence[float]) -> Span:
    """The span that holds the middle of a word, or the nearest one."""
    middle = (word.start + word.end) / 2
    at = bisect.bisect_right(starts, middle)
    near = spans[max(at - 1, 0) : at + 1]
    return min(near, key=lambda span: max(span.start - middle, middle - span.end, 0.0))


def _sure(word: Word, owner: Span) -> float:
    """Probability that a word is its owner's."""
    middle = (word.start + word.end) / 2
    stray = owner.start - middle > _STRAY or middle - owner.end > _STRAY
    return min(owner.confidence, 0.5) if stray else owner.confidence


def _snapped(words: Sequence[Word], speakers: Sequence[str]) -> list[str]:
    """Move each change of speaker to a close sentence end or pause."""
    moved = list(speakers)
    changes = [i for i in range(1, len(words)) if speakers[i] != speakers[i - 1]]
    target = 0
    for change, after in pairwise([*changes, len(words)]):
        # Never past a neighbouring change: a short turn is moved, not swallowed.
        target = _seam(words, change, range(target + 1, after))
        moved[target:change] = [speakers[change]] * (change - target)
        moved[change:target] = [speakers[change - 1]] * (target - change)
    return moved


def _seam(words: Sequence[Word], change: int, allowed: range) -> int:
    """Index of the word that begins the new speaker's turn."""
    moment = words[change].start
    close = [i for i in allowed if abs(words[i].start - moment) <= _SNAP]
    sentences = [i for i in close if words[i - 1].text.rstrip().endswith(_SENTENCE_ENDS)]
    pauses = [i for i in close if words[i].start - words[i - 1].end >= _PAUSE]
    return min(sentences or pauses or [change], key=lambda i: abs(words[i].start - moment))


def _cut(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """Cut where nobody spoke for long, and where a sentence ends."""
    cuts = [
        i
        for i, (a, b) in enumerate(pairwise(words), start=1)
        if b.start - a.end > _LONG_PAUSE or a.text.rstrip().endswith(_SENTENCE_ENDS)
    ]
    for start, end in pairwise([0, *cuts, len(words)]):
        yield tuple(words[start:end])
