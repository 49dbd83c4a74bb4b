"""openai-whisper, several windows at a time.

`whisper.transcribe` walks through a recording window by window, and encodes each one
twice: once for its words and once for their times. Here windows are encoded once and
decoded together; its rules for trying again are kept, window by window.
"""

import functools
import importlib.metadata
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.conversation import Provenance
from pipeline.audio.channels import SAMPLE_RATE, Sound
from pipeline.audio.invented import COMPRESSION, Settled, settle
from pipeline.audio.speech import LONGEST_WINDOW, Region, cut_out
from pipeline.audio.transcription import (
    Progress,
    Recognition,
    WhisperModelMissing,
    digest,
    joined,
)
from pipeline.audio.whisper_words import read_tokens, time_words
from pipeline.audio.windows import Window, windows

# A window's keys and values take 0.1 GB with "small" and 0.5 GB with "large" in 32 bits.
_BATCH: Final = {"cpu": 4, "cuda": 16}
# Repetition and low probability: try again with more randomness. Silence: believe it.
_TEMPERATURES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LOGPROB: Final = -1.0
_NO_SPEECH: Final = 0.6

# A loaded model keeps state while it decodes, and loading twice would double the memory.
_lock = threading.Lock()


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
        return Provenance(name=f"openai-whisper/{path.stem}", version=f"{version}+{digest(path)}")

    def transcribe(
        self,
        samples: Sound,
        regions: Sequence[Region],
        *,
        language: str | None = None,
        progress: Progress | None = None,
    ) -> Recognition:
        """Recognise speech in windows of up to 30 s; see `Recogniser.transcribe`."""
        # Longest first: those that are decoded together then have about as many words.
        queue = sorted(windows(regions), key=lambda window: -window.seconds)
        spoken = sum(window.seconds for window in queue)
        heard: list[tuple[Window, Settled]] = []
        while queue:
            with _lock:
                model = _load(self.model, self.device)
                batch = queue[: _BATCH.get(model.device.type, 1)]
                found, rests, language = _recognise(model, samples, batch, language)
            heard.extend(zip(batch, found, strict=True))
            queue = sorted(queue[len(batch) :] + rests, key=lambda window: -window.seconds)
            if progress:
                progress(1 - sum(window.seconds for window in queue) / spoken)
        return joined(heard, language)


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


def _recognise(
    model: Any, samples: Sound, batch: Sequence[Window], language: str | None
) -> tuple[list[Settled], list[Window], str]:
    """Hear some windows: what was said, what of them is left to hear, and the language."""
    import torch
    import whisper

    with torch.inference_mode(), torch.random.fork_rng():
        sounds = [cut_out(samples, window.regions) for window in batch]
        features = _encoded(model, sounds)
        language = language or _language(model, features)
        tokenizer = whisper.tokenizer.get_tokenizer(
            model.is_multilingual, num_languages=model.num_languages, language=language
        )
        settled: list[Settled] = []
        rests: list[Window] = []
        for at, result in enumerate(_decoded(model, features, language)):
            silent = result.no_speech_prob > _NO_SPEECH and result.avg_logprob <= _LOGPROB
            said, end = read_tokens([] if silent else result.tokens, tokenizer)
            seconds = batch[at].seconds
            pieces = time_words(
                model, tokenizer, features[at], said, seconds, result.no_speech_prob
            )
            settled.append(settle(pieces, sounds[at]))
            if end is not None and (rest := batch[at].after(end)):
                rests.append(rest)
    return settled, rests, language


def _encoded(model: Any, sounds: Sequence[np.ndarray[Any, Any]]) -> Any:
    """Features of some windows, shape (windows, positions, dimensions)."""
    import torch
    import whisper

    length = round(LONGEST_WINDOW * SAMPLE_RATE)
    mels = [
        whisper.log_mel_spectrogram(whisper.pad_or_trim(sound, length), model.dims.n_mels)
        for sound in sounds
    ]
    # The weights are cast as they are used.
    kind = torch.float16 if model.device.type == "cuda" else torch.float32
    return model.encoder(torch.stack(mels).to(model.device, kind))


def _language(model: Any, features: Any) -> str:
    """The language of some windows together, for one alone may hold only a name."""
    if not model.is_multilingual:
        return "en"
    _, found = model.detect_language(features)
    likely = {code: sum(np.log(each[code] + 1e-9) for each in found) for code in found[0]}
    return str(max(likely, key=lambda code: likely[code]))


def _decoded(model: Any, features: Any, language: str) -> list[Any]:
    """Decode windows together, and those that fail again with more randomness.

    The rules are those of `whisper.transcribe`; the seed makes them give the same each time.
    """
    import torch
    import whisper

    results: list[Any] = [None] * len(features)
    left = list(range(len(features)))
    for temperature in _TEMPERATURES:
        torch.manual_seed(0)
        options = whisper.DecodingOptions(
            language=language, temperature=temperature, fp16=features.dtype == torch.float16
        )
        for at, result in zip(left, whisper.decode(model, features[left], options), strict=True):
            results[at] = result
        left = [at for at in left if _failed(results[at])]
        if not left:
            break
    return results


def _failed(result: Any) -> bool:
    if result.avg_logprob < _LOGPROB:
        return bool(result.no_speech_prob <= _NO_SPEECH)
    return bool(result.compression_ratio > COMPRESSION)
