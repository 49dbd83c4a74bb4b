"""Whisper's rules, window by window, for whichever library runs the model.

Windows of speech are decoded together, longest first, each without a word of what came
before it. One that fails Whisper's own rules is decoded again with more randomness; what a
window leaves unfinished is heard again; loops and stock phrases are left out and counted.
"""

import importlib.metadata
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from models.conversation import Provenance
from pipeline.audio.channels import Samples, Sound
from pipeline.audio.invented import COMPRESSION, Piece, Settled, compression, settle
from pipeline.audio.speech import Region, cut_out
from pipeline.audio.transcription import Progress, Recognition, digest, joined
from pipeline.audio.whisper_words import Said, read_tokens
from pipeline.audio.windows import Window, windows

# Repetition and low probability: try again with more randomness. Silence: believe it.
_TEMPERATURES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LOGPROB: Final = -1.0
_NO_SPEECH: Final = 0.6

# Windows decoded together, by device: the keys and values of one take 0.1 GB with "small" and
# 0.5 GB with "large" in 32 bits.
BATCH: Final = {"cpu": 4, "cuda": 16}

# A loaded model keeps state while it decodes, and loading twice would double the memory.
_lock: Final = threading.Lock()


class Decoded(NamedTuple):
    """What a model made of a window.

    Attributes:
        tokens: Text and time marks.
        logprob: Mean logarithm of their probabilities.
        no_speech: Probability that nobody speaks in the window.
    """

    tokens: Sequence[int]
    logprob: float
    no_speech: float


class Whisper(Protocol):
    """A loaded model: what differs from library to library.

    Features are whatever its `encode` gives, one per window along the first axis, and can
    be indexed with a list of windows.
    """

    batch: int

    def encode(self, sounds: Sequence[Samples]) -> Any:
        """Features of some windows, each of at most 30 s at 16 kHz."""

    def languages(self, features: Any) -> Sequence[dict[str, float]]:
        """Probability of each language in each window, for "en" alone where it knows no other."""

    def tokenizer(self, language: str) -> Any:
        """What turns tokens into text: with `decode`, `eot` and `timestamp_begin`."""

    def decode(self, features: Any, language: str, temperature: float) -> list[Decoded]:
        """Decode windows together."""

    def time(
        self, features: Any, tokenizer: Any, said: Sequence[Said], seconds: float, no_speech: float
    ) -> list[Piece]:
        """Give the words of one window their times in it.

        Args:
            features: Of that window alone, without the first axis.
            tokenizer: Of the language that was decoded.
            said: What was decoded.
            seconds: Length of its speech.
            no_speech: Probability that nobody speaks in it.

        Returns:
            What was said, without what holds no word.
        """


class WindowedRecogniser:
    """A `Recogniser` by these rules; its model is loaded once per process, when needed."""

    def __init__(
        self, library: str, model: str, weights: Path, called: str, load: Callable[[], Whisper]
    ) -> None:
        """Choose a model without loading it.

        Args:
            library: The package that runs it.
            model: Its name, or where it lies.
            weights: The file of its weights, if it lies on disk.
            called: What it is called then.
            load: Gives the model, once loaded always the same; only one thread calls it at a
                time.
        """
        self._library, self._model = library, model
        self._weights, self._called = weights, called
        self._load = load

    def prepare(self) -> Provenance:
        """Load the model; see `Recogniser.prepare`."""
        with _lock:
            self._load()
        version = importlib.metadata.version(self._library)
        if not self._weights.is_file():
            return Provenance(name=f"{self._library}/{self._model}", version=version)
        # Two models of one name are told apart by their content.
        content = digest(self._weights)
        return Provenance(name=f"{self._library}/{self._called}", version=f"{version}+{content}")

    def transcribe(
        self,
        samples: Sound,
        regions: Sequence[Region],
        *,
        language: str | None = None,
        progress: Progress | None = None,
    ) -> Recognition:
        """Recognise speech in windows of up to 30 s; see `Recogniser.transcribe`."""
        return _recognise(self._load, samples, regions, language, progress)


def _recognise(
    load: Callable[[], Whisper],
    samples: Sound,
    regions: Sequence[Region],
    language: str | None,
    progress: Progress | None,
) -> Recognition:
    # Longest first: those that are decoded together then have about as many words.
    queue = sorted(windows(regions), key=lambda window: -window.seconds)
    spoken = sum(window.seconds for window in queue)
    heard: list[tuple[Window, Settled]] = []
    while queue:
        with _lock:
            model = load()
            batch = queue[: model.batch]
            found, rests, language = _hear(model, samples, batch, language)
        heard.extend(zip(batch, found, strict=True))
        queue = sorted(queue[len(batch) :] + rests, key=lambda window: -window.seconds)
        if progress:
            progress(1 - sum(window.seconds for window in queue) / spoken)
    return joined(heard, language)


def _hear(
    model: Whisper, samples: Sound, batch: Sequence[Window], language: str | None
) -> tuple[list[Settled], list[Window], str]:
    """Hear some windows: what was said, what of them is left to hear, and the language."""
    sounds = [cut_out(samples, window.regions) for window in batch]
    features = model.encode(sounds)
    language = language or _likeliest(model.languages(features))
    tokenizer = model.tokenizer(language)
    settled: list[Settled] = []
    rests: list[Window] = []
    for at, result in enumerate(_decoded(model, features, tokenizer, language)):
        silent = result.no_speech > _NO_SPEECH and result.logprob <= _LOGPROB
        said, end = read_tokens([] if silent else result.tokens, tokenizer)
        pieces: list[Piece] = []
        if said:
            seconds = batch[at].seconds
            pieces = model.time(features[at], tokenizer, said, seconds, result.no_speech)
        settled.append(settle(pieces, sounds[at]))
        if end is not None and (rest := batch[at].after(end)):
            rests.append(rest)
    return settled, rests, language


def _likeliest(found: Sequence[dict[str, float]]) -> str:
    """The language of some windows together, for one alone may hold only a name."""
    likely = {code: sum(np.log(each[code] + 1e-9) for each in found) for code in found[0]}
    return max(likely, key=lambda code: likely[code])


def _decoded(model: Whisper, features: Any, tokenizer: Any, language: str) -> list[Decoded]:
    """Decode windows together, and those that fail again with more randomness."""
    found: dict[int, Decoded] = {}
    left = list(range(len(features)))
    for temperature in _TEMPERATURES:
        found.update(zip(left, model.decode(features[left], language, temperature), strict=True))
        left = [at for at in left if _failed(found[at], tokenizer)]
        if not left:
            break
    return [found[at] for at in range(len(features))]


def _failed(result: Decoded, tokenizer: Any) -> bool:
    """The rules of `whisper.transcribe`."""
    if result.logprob < _LOGPROB:
        return result.no_speech <= _NO_SPEECH
    return compression(tokenizer.decode(list(result.tokens)).strip()) > COMPRESSION
