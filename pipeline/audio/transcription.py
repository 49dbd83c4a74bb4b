"""Speech to words with times: what every recogniser is, takes and gives."""

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from models.conversation import Provenance, Word
from models.errors import CoachscoreError
from pipeline.audio.channels import Sound
from pipeline.audio.invented import Piece, Settled
from pipeline.audio.speech import Region
from pipeline.audio.windows import Window

Progress = Callable[[float], None]


class WhisperModelMissing(CoachscoreError):  # noqa: N818 - it names what is missing
    """The speech recognition model is neither here nor to be had."""

    title = "The speech recognition model is missing"


class EngineMissing(CoachscoreError):  # noqa: N818 - it names what is missing
    """A setting asks for a library that is not installed."""

    title = "A library is not installed"


class Passage(NamedTuple):
    """Words that were recognised together.

    Attributes:
        start: Seconds from the start of the recording.
        end: Seconds from the start of the recording.
        words: In order. Each text keeps the space before it, so that joining them gives
            the text, also in languages that write none.
    """

    start: float
    end: float
    words: tuple[Word, ...]


class Recognition(NamedTuple):
    """What was heard.

    Attributes:
        passages: In order.
        language: BCP 47 code, None where there was nothing to hear.
        repetitive: Number of passages left out because they only repeated themselves.
        invented: Number of stock phrases left out because they were heard in near-silence.
    """

    passages: tuple[Passage, ...]
    language: str | None
    repetitive: int = 0
    invented: int = 0


class Recogniser(Protocol):
    """What turns speech into words."""

    def prepare(self) -> Provenance:
        """Make ready and say what recognises.

        Raises:
            EngineMissing: The library that runs the model is not installed.
            WhisperModelMissing: There is no model; nothing has been done yet.
        """

    def transcribe(
        self,
        samples: Sound,
        regions: Sequence[Region],
        *,
        language: str | None = None,
        progress: Progress | None = None,
    ) -> Recognition:
        """Recognise the speech in some regions of one channel.

        Args:
            samples: Sound at 16 kHz.
            regions: Where somebody speaks, none longer than 30 s; the rest is not heard.
            language: What is spoken; detected on the longest windows where None.
            progress: Called with the finished share, 0 to 1.

        Returns:
            Passages in the time of the recording, and the language.
        """


def joined(heard: Sequence[tuple[Window, Settled]], language: str | None) -> Recognition:
    """Put together what was heard in windows, in whichever order they were heard."""
    passages = [_passage(p, window) for window, settled in heard for p in settled.pieces]
    return Recognition(
        tuple(sorted(passages, key=lambda passage: (passage.start, passage.end))),
        language,
        sum(settled.repetitive for _, settled in heard),
        sum(settled.invented for _, settled in heard),
    )


def _passage(piece: Piece, window: Window) -> Passage:
    """Move a piece from its window's time to the recording's."""
    words: list[Word] = []
    for found in piece.words:
        start, end = window.place(found.start, found.end)
        # The aligner may step back by a frame; times of a transcript must not.
        start = max(start, words[-1].end if words else 0.0)
        words.append(found.model_copy(update={"start": start, "end": max(start, end)}))
    return Passage(words[0].start, words[-1].end, tuple(words))


@functools.cache
def digest(path: Path) -> str:
    """First 12 hex digits of a checkpoint's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
