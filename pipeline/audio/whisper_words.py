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


class _Encoded:
    """A model whose sound is encoded already; the aligner would encode it again."""

    def __init__(self, model: Any) -> None:
        self.dims, self.device = model.dims, model.device
        self.decoder, self.alignment_heads = model.decoder, model.alignment_heads

    def __call__(self, features: Any, tokens: Any) -> Any:
        """Logits, as the whole model gives them for a spectrogram."""
        return self.decoder(tokens, features)


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


def time_words(
    model: Any,
    tokenizer: Any,
    features: Any,
    said: Sequence[Said],
    seconds: float,
    no_speech: float,
) -> list[Piece]:
    """Give each word its time, by Whisper's attention to the sound.

    Args:
        model: A loaded Whisper.
        tokenizer: Of the language that was decoded.
        features: The encoded window, shape (positions, dimensions).
        said: From `read_tokens`.
        seconds: Length of the window's speech.
        no_speech: Probability that nobody speaks in the window.

    Returns:
        What was said, without what holds no word.
    """
    from whisper.timing import add_word_timestamps

    segments: list[dict[str, Any]] = [
        {"seek": 0, "start": s.start, "end": s.end, "tokens": list(s.tokens)} for s in said
    ]
    add_word_timestamps(
        segments=segments,
        model=_Encoded(model),
        tokenizer=tokenizer,
        mel=features,
        num_frames=min(round(seconds * _MEL_FRAMES_PER_SECOND), _WINDOW_FRAMES),
        last_speech_timestamp=0.0,
    )
    pieces = [Piece(tuple(map(_word, s["words"])), no_speech) for s in segments]
    return [piece for piece in pieces if piece.words]


def _word(found: dict[str, Any]) -> Word:
    start = max(0.0, float(found["start"]))
    return Word(
        text=found["word"],
        start=start,
        end=max(start, float(found["end"])),
        probability=min(1.0, max(0.0, float(found["probability"]))),
    )
