"""Speech to words with times, by openai-whisper behind a small protocol."""

import functools
import hashlib
import importlib.metadata
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from models.conversation import Provenance, Word
from models.errors import CoachscoreError
from pipeline.audio.channels import Samples
from pipeline.audio.speech import Region, cut_out, windows

Progress = Callable[[float], None]

_COMPRESSION = 2.4
_OPTIONS: dict[str, object] = {
    # One window's mistake must not become the next one's prompt.
    "condition_on_previous_text": False,
    "word_timestamps": True,
    # Repetition and low probability: try again with more randomness.
    "temperature": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    "compression_ratio_threshold": _COMPRESSION,
    "logprob_threshold": -1.0,
    # Silence: leave out what is probably no speech, and improbable words around pauses.
    "no_speech_threshold": 0.6,
    "hallucination_silence_threshold": 2.0,
}

# A loaded model keeps state while it decodes, and loading twice would double the memory.
_lock = threading.Lock()


class WhisperModelMissing(CoachscoreError):  # noqa: N818 - it names what is missing
    """The speech recognition model is neither here nor to be had."""

    title = "The speech recognition model is missing"


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
    """

    passages: tuple[Passage, ...]
    language: str | None
    repetitive: int = 0


class Recogniser(Protocol):
    """What turns speech into words."""

    def prepare(self) -> Provenance:
        """Make ready and say what recognises.

        Raises:
            WhisperModelMissing: There is no model; nothing has been done yet.
        """

    def transcribe(
        self,
        samples: Samples,
        regions: Sequence[Region],
        *,
        language: str | None = None,
        progress: Progress | None = None,
    ) -> Recognition:
        """Recognise the speech in some regions of one channel.

        Args:
            samples: Sound at 16 kHz, shape (samples,).
            regions: Where somebody speaks, none longer than 30 s; the rest is not heard.
            language: What is spoken; detected on the first window where None.
            progress: Called with the finished share, 0 to 1.

        Returns:
            Passages in the time of the recording, and the language.
        """


class WhisperRecogniser:
    """openai-whisper, loaded once per process and only when needed."""

    def __init__(self, model: str, device: str | None = None) -> None:
        """Choose a model without loading it.

        Args:
            model: A name that openai-whisper downloads, or the path of a checkpoint.
            device: A torch device; a GPU where there is one if None.
        """
        self.model = model
        self.device = device

    def prepare(self) -> Provenance:
        """Load the model; see `Recogniser.prepare`."""
        with _lock:
            _load(self.model, self.device)
        version = importlib.metadata.version("openai-whisper")
        path = Path(self.model)
        if not path.is_file():
            return Provenance(name=f"openai-whisper/{self.model}", version=version)
        # Two checkpoints of one name are told apart by their content.
        return Provenance(name=f"openai-whisper/{path.stem}", version=f"{version}+{_digest(path)}")

    def transcribe(
        self,
        samples: Samples,
        regions: Sequence[Region],
        *,
        language: str | None = None,
        progress: Progress | None = None,
    ) -> Recognition:
        """Recognise speech in windows of up to 30 s; see `Recogniser.transcribe`."""
        packed = list(windows(regions))
        passages: list[Passage] = []
        repetitive = 0
        for done, window in enumerate(packed, start=1):
            sound = cut_out(samples, window)
            with _lock:
                result = _recognise(_load(self.model, self.device), sound, language)
            language = result["language"]
            kept = [s for s in result["segments"] if s["compression_ratio"] <= _COMPRESSION]
            repetitive += len(result["segments"]) - len(kept)
            passages.extend(p for s in kept if (p := _passage(s, window)))
            if progress:
                progress(done / len(packed))
        return Recognition(tuple(passages), language, repetitive)


@functools.cache
def _load(model: str, device: str | None) -> Any:
    """Load a checkpoint by name or path; call it with the lock held."""
    import whisper  # takes seconds to load

    names = whisper.available_models()
    if model not in names and not Path(model).is_file():
        raise WhisperModelMissing(f'There is no model or file "{model}". {_both_ways(names)}')
    try:
        return whisper.load_model(model, device=device)
    except Exception as error:
        # No network, a broken download, a file that is no checkpoint: torch and urllib
        # raise a dozen kinds, and the remedy is the same.
        what = "cannot be downloaded" if model in names else "is no openai-whisper checkpoint"
        raise WhisperModelMissing(f'"{model}" {what} ({error}). {_both_ways(names)}') from error


def _both_ways(names: Sequence[str]) -> str:
    return (
        "Set COACHSCORE_WHISPER_MODEL or --whisper-model either to a name, which openai-whisper "
        f"downloads once ({', '.join(names)}), or to the path of a checkpoint file (.pt)."
    )


@functools.cache
def _digest(path: Path) -> str:
    """First 12 hex digits of a checkpoint's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _recognise(model: Any, sound: Samples, language: str | None) -> dict[str, Any]:
    """Run Whisper on one window, the same way each time although its retries are random."""
    import torch
    import whisper

    with torch.random.fork_rng():
        torch.manual_seed(0)
        on_gpu = model.device.type == "cuda"
        result: dict[str, Any] = whisper.transcribe(
            model, sound, language=language, fp16=on_gpu, **_OPTIONS
        )
        return result


def _passage(segment: dict[str, Any], window: Sequence[Region]) -> Passage | None:
    """Move a Whisper segment from its window's time to the recording's."""
    words: list[Word] = []
    for found in segment["words"]:
        start, end = _placed(found["start"], found["end"], window)
        # The aligner may step back by a frame; times of a transcript must not.
        start = max(start, words[-1].end if words else 0.0)
        words.append(
            Word(
                text=found["word"],
                start=start,
                end=max(start, end),
                probability=min(1.0, max(0.0, float(found["probability"]))),
            )
        )
    return Passage(words[0].start, words[-1].end, tuple(words)) if words else None


def _placed(start: float, end: float, window: Sequence[Region]) -> tuple[float, float]:
    """Place a word in the region that holds its middle, and keep it inside."""
    middle = (start + end) / 2
    offset = 0.0
    for region in window[:-1]:
        if middle < offset + region.seconds:
            break
        offset += region.seconds
    else:
        region = window[-1]
    shift = region.start - offset
    return (
        min(max(start + shift, region.start), region.end),
        min(max(end + shift, region.start), region.end),
    )
