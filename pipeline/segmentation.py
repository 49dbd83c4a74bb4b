"""Sentences: segments of a transcript to utterances of one sentence and one speaker."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

from models.conversation import Conversation, RoleAssignment, Segment, Transcript, Utterance, Word
from models.cues import words as plain_words
from models.imports import without
from models.streams import LONG
from pipeline.roles import UNKNOWN

_WRITTEN: Final = 45  # Words that a sentence with capital and full stop may have.
_STARTS: Final = 0.3  # Least probability of a sentence start, best on the dev split.
_JOIN_GAP: Final = 1.5  # Seconds; a cue that follows sooner may go on with the same sentence.
_ENDS: Final = re.compile(r"[.?!…][\"')\]\u201d\u2019]*$")


class _Piece(NamedTuple):
    """A run of words: text, the segment it began in, and where it lies in that run."""

    text: str
    start: int
    end: int


def split_utterances(transcript: Transcript, roles: RoleAssignment) -> Conversation:
    """Split a transcript into utterances.

    Segments that follow each other by the same speaker are read as one run, since captions
    break lines anywhere; a run is split into sentences by a spaCy pipeline. A transcript
    that already gives one sentence per segment keeps number and order.

    Args:
        transcript: Segments, in order.
        roles: Role by speaker.

    Returns:
        Utterances with the segment each began in as `source`. Times are those of the words
        where known, else shares of the segment's time by length.
    """
    runs = [[s] for s in transcript.segments]
    if not transcript.one_sentence_per_segment:
        runs = list(_runs(transcript.segments))
    found: list[Utterance] = []
    for run in runs:
        whole = transcript.one_sentence_per_segment
        for utterance in _split_run(run, roles, whole):
            found.append(utterance.model_copy(update={"index": len(found)}))
    return Conversation(
        utterances=tuple(found),
        roles=roles,
        kind=transcript.kind,
        language=transcript.language,
        title=transcript.title,
        started_at=transcript.started_at,
        notes=transcript.notes,
    )


def _runs(segments: tuple[Segment, ...]) -> Iterator[list[Segment]]:
    """Segments of one speaker without a pause at a sentence's end between them."""
    run: list[Segment] = []
    for segment in segments:
        if run and not _goes_on(run[-1], segment):
            yield run
            run = []
        run.append(segment)
    if run:
        yield run


def _goes_on(before: Segment, after: Segment) -> bool:
    if before.speaker != after.speaker:
        return False
    if before.end is None or after.start is None:
        return not _ENDS.search(before.text)
    return after.start - before.end <= _JOIN_GAP and not _ENDS.search(before.text)


def _split_run(run: list[Segment], roles: RoleAssignment, whole: bool) -> Iterator[Utterance]:
    text = " ".join(segment.text for segment in run)
    offsets = list(accumulate((len(s.text) + 1 for s in run[:-1]), initial=0))
    pieces = [_Piece(text, 0, len(text))] if whole else sentences(text)
    speaker = run[0].speaker or UNKNOWN
    for piece in pieces:
        first = bisect_right(offsets, piece.start) - 1
        last = bisect_left(offsets, piece.end) - 1
        yield Utterance(
            index=0,
            source=run[first].index,
            speaker=speaker,
            role=roles.roles.get(speaker, "other"),
            start=_time_at(run[first], piece.start - offsets[first], at_end=False),
            end=_time_at(run[last], piece.end - offsets[last], at_end=True),
            text=piece.text,
            speaker_confidence=min(s.speaker_confidence for s in run[first : last + 1]),
        )


def sentences(text: str) -> list[_Piece]:
    """Sentences of a text with their places in it.

    Punctuation decides where there is some; long stretches without any are split where
    the trained encoder hears a sentence begin.
    """
    pieces = []
    for span in _pipeline()(text).sents:
        piece = span.text.strip()
        if piece:
            start = span.start_char + span.text.index(piece)
            pieces.append(_Piece(piece, start, start + len(piece)))
    return pieces


@cache
def _pipeline() -> Any:
    """A blank English spaCy pipeline: its tokenizer, its sentencizer, and our own step."""
    spacy = import_spacy()
    from spacy.language import Language

    @Language.component("speech_sentences")  # type: ignore[untyped-decorator]
    def speech_sentences(doc: Any) -> Any:
        _move_opening_quotes(doc)
        for span in list(doc.sents):
            if len(span) > LONG and not _is_written(span):
                _split_speech(span)
        return doc

    nlp = spacy.blank("en")
    nlp.max_length = 10_000_000
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("speech_sentences")
    return nlp


def import_spacy() -> Any:
    """spaCy, without torch where nobody has loaded it.

    spaCy's backend imports torch wherever it is installed; that takes 2 s, and a pipeline
    without trained components has no use for it.
    """
    with without("torch"):
        import spacy
    return spacy


def _move_opening_quotes(doc: Any) -> None:
    """Give a mark that opens a quotation to the sentence it opens, not to the one before."""
    for mark, after in pairwise(doc[1:]):
        opens = mark.is_quote and mark.nbor(-1).whitespace_ and not mark.whitespace_
        if opens and after.is_sent_start:
            mark.is_sent_start, after.is_sent_start = True, False


def _is_written(span: Any) -> bool:
    """Whether somebody wrote this as one sentence: a capital, a full stop, no endless run."""
    return len(span) <= _WRITTEN and span.text[:1].isupper() and bool(_ENDS.search(span.text))


def _split_speech(span: Any) -> None:
    """Set sentence starts inside a span that has hardly any punctuation."""
    marks = sum(token.text in ",;:—" for token in span)
    if marks * LONG > len(span):
        return
    from models.combined import load_transformer

    # spaCy takes "dont" apart; a sentence begins only where a written word does.
    firsts = [t for t in span if t.i == span.start or t.doc[t.i - 1].whitespace_]
    ends = [*(t.i for t in firsts[1:]), span.end]
    written = [span.doc[t.i : end].text for t, end in zip(firsts, ends, strict=True)]
    spoken = [
        (t, plain_words(w)[0]) for t, w in zip(firsts, written, strict=True) if plain_words(w)
    ]
    starts = load_transformer().sentence_starts([w for _, w in spoken])
    for (token, _), p in list(zip(spoken, starts, strict=True))[1:]:
        if p >= _STARTS:
            token.is_sent_start = True


def _time_at(segment: Segment, place: int, *, at_end: bool) -> float | None:
    """Time of a place in the text of a segment, in seconds."""
    if segment.start is None or segment.end is None:
        return segment.start if not at_end else segment.end
    place = min(max(place, 0), len(segment.text))
    if segment.words:
        return _word_time(segment, segment.words, place, at_end=at_end)
    share = place / max(len(segment.text), 1)
    return round(segment.start + share * (segment.end - segment.start), 3)


def _word_time(segment: Segment, timed: tuple[Word, ...], place: int, *, at_end: bool) -> float:
    """Start of the word at a place, or end of the word before it."""
    before = len(segment.text[:place].split())
    if at_end:
        return timed[min(max(before, 1), len(timed)) - 1].end
    return timed[min(before, len(timed) - 1)].start
