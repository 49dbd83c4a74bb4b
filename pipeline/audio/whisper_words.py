"""From the tokens of a Whisper window to words with times."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from models.conversation import Word
from pipeline.audio.invented import Piece

_TOKEN_SECONDS: Final = 0.02
_MEL_FRAMES_PER_SECOND: Final = 100
_WINDOW_FRAMES: Final = 3000
# Whisper may open a new sentence right after the start and end there.
_LEAST_PROGRESS: Final = 1.0


class Said(NamedTuple):
    """Text between two of Whisper's own time marks, in seconds of its window."""

    start: float
    end: float
    tokens: tuple[int, ...]


def read_tokens(tokens: Sequence[int], tokenizer: Any) -> tuple[list[Said], float | None]:
    """Cut a window's tokens where Whisper marked an end and the next start.

    Args:
        tokens: Text and time marks, as decoded.
        tokenizer: The one that made them.

    Returns:
        What was said, and where Whisper stopped with a sentence unfinished, None where it
        heard the window to its end.
    """
    begin = tokenizer.timestamp_begin
    marks = [token >= begin for token in tokens]
    cuts = [at for at, pair in enumerate(pairwise(marks), start=1) if all(pair)]
    finished = marks[-2:] == [False, True] or not cuts
    if finished:
        cuts.append(len(tokens))
    said = [_said(tokens[a:b], begin, tokenizer.eot) for a, b in pairwise([0, *cuts])]
    rest = None if finished else (tokens[cuts[-1] - 1] - begin) * _TOKEN_SECONDS
    texts = [s for s in said if tokenizer.decode(list(s.tokens)).strip()]
    return texts, rest if rest is not None and rest >= _LEAST_PROGRESS else None


def _said(tokens: Sequence[int], begin: int, eot: int) -> Said:
    times = [(token - begin) * _TOKEN_SECONDS for token in tokens if token >= begin]
    text = tuple(token for token in tokens if token < eot)
    end = times[-1] if len(times) > 1 else _WINDOW_FRAMES / _MEL_FRAMES_PER_SECOND
    return Said(times[0] if times else 0.0, end, text)


def segments(said: Sequence[Said]) -> list[dict[str, Any]]:
    """What was said in a window, as the libraries' aligners take it and add words to it."""
    return [{"seek": 0, "start": s.start, "end": s.end, "tokens": list(s.tokens)} for s in said]


def frames(seconds: float) -> int:
    """Frames of a window's spectrogram that hold its speech."""
    return min(round(seconds * _MEL_FRAMES_PER_SECOND), _WINDOW_FRAMES)


def pieces(timed: Sequence[dict[str, Any]], no_speech: float) -> list[Piece]:
    """What an aligner gave words to; the rest holds none.

    Args:
        timed: From `segments`, with words and their times in seconds of the window.
        no_speech: Probability that nobody speaks in the window.
    """
    found = [Piece(tuple(map(_word, one["words"])), no_speech) for one in timed]
    return [piece for piece in found if piece.words]


def _word(found: dict[str, Any]) -> Word:
    start = max(0.0, float(found["start"]))
    return Word(
        text=found["word"],
        start=start,
        end=max(start, float(found["end"])),
        probability=min(1.0, max(0.0, float(found["probability"]))),
    )
