"""What a recogniser makes up: loops, and phrases it learnt from subtitles of silence.

Whisper was trained on subtitles, and hears their closing lines in near-silence
(openai/whisper, discussion 679).
"""

import re
import zlib
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from models.conversation import Word
from pipeline.audio.channels import SAMPLE_RATE, Samples

# Text that compresses better than this repeats itself; Whisper's own threshold.
COMPRESSION: Final = 2.4

_NO_SPEECH: Final = 0.5
_NEAR_SILENCE_DB: Final = -50.0
# So far below the loud parts of its window, nobody speaks into the microphone.
_BELOW_SPEECH_DB: Final = 25.0
_FRAME: Final = SAMPLE_RATE // 10
_STOCK: Final = frozenset(
    {
        "bye", "bye bye", "thank you", "thank you very much", "thank you bye", "thanks", "you",
        "thank you for watching", "thanks for watching", "thank you for listening",
        "thank you so much for watching", "thanks for listening", "please subscribe",
        "please subscribe to my channel", "like and subscribe", "don t forget to subscribe",
        "see you in the next video", "see you next time", "subtitles by the amara org community",
        "transcription by castingwords", "copyright wdr 2020", "silence", "music", "applause",
        "untertitel der amara org community", "untertitel im auftrag des zdf 2020",
        "untertitelung des zdf 2020", "vielen dank", "vielen dank fürs zuschauen",
        "sous titres réalisés par la communauté d amara org", "merci d avoir regardé cette vidéo",
        "subtítulos realizados por la comunidad de amara org", "gracias por ver el video",
        "ondertiteling door de amara org gemeenschap",
        "sottotitoli creati dalla comunità amara org",
    }
)  # fmt: skip


class Piece(NamedTuple):
    """Words that a recogniser gave together, with times in seconds of its window.

    Attributes:
        words: In order, each text with the space before it.
        no_speech: The recogniser's probability that nobody speaks in the window.
    """

    words: tuple[Word, ...]
    no_speech: float

    @property
    def text(self) -> str:
        """The words as one text."""
        return "".join(word.text for word in self.words)


class Settled(NamedTuple):
    """What is left of a window's pieces, and how many were left out for which reason."""

    pieces: tuple[Piece, ...]
    repetitive: int
    invented: int


def settle(pieces: Sequence[Piece], sound: Samples) -> Settled:
    """Leave out loops, and stock phrases that were heard in near-silence.

    Loops are looked for only where the whole text repeats itself too much, so that three
    people's "yes" stay three. There a piece that is a loop in itself is left out, and
    every repetition of the piece before it; where neither explains it, all pieces are.

    Args:
        pieces: What was recognised in a window, in order, none without words.
        sound: The window at 16 kHz, shape (samples,).
    """
    kept = tuple(pieces)
    if compression("".join(piece.text for piece in pieces)) > COMPRESSION:
        alone = [piece for piece in pieces if compression(piece.text) <= COMPRESSION]
        once = tuple(next(same) for _, same in groupby(alone, key=lambda p: _plain(p.text)))
        kept = once if len(once) < len(pieces) else ()
    heard = tuple(piece for piece in kept if not _is_invented(piece, sound))
    return Settled(heard, len(pieces) - len(kept), len(kept) - len(heard))


def compression(text: str) -> float:
    """How many times shorter zlib makes a text; what repeats itself gets much shorter."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _is_invented(piece: Piece, sound: Samples) -> bool:
    if _plain(piece.text) not in _STOCK:
        return False
    return piece.no_speech > _NO_SPEECH or _is_quiet(piece, sound)


def _is_quiet(piece: Piece, sound: Samples) -> bool:
    """Whether next to nothing is heard while a piece is said."""
    starts = np.arange(0, len(sound), _FRAME)
    level = 10 * np.log10(np.add.reduceat(np.square(sound), starts) / _FRAME + 1e-10)
    first, last = int(piece.words[0].start * 10), int(piece.words[-1].end * 10)
    mine = float(level[min(first, len(level) - 1) : max(last, first) + 1].max())
    speech = float(np.quantile(level, 0.95))
    return mine < max(_NEAR_SILENCE_DB, speech - _BELOW_SPEECH_DB)
