"""faster-whisper: the same models converted for CTranslate2, by the same rules.

Its own pipelines decide by rules of their own what is heard and what is tried again. Here
only its model, tokenizer and aligner are used.
"""

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.audio.channels import SAMPLE_RATE, Samples
from pipeline.audio.invented import Piece
from pipeline.audio.speech import LONGEST_WINDOW
from pipeline.audio.transcription import EngineMissing, WhisperModelMissing
from pipeline.audio.whisper_words import Said, frames, pieces, segments
from pipeline.audio.windowed import BATCH, Decoded, WindowedRecogniser

WEIGHTS: Final = "model.bin"

# Those of `WhisperModel.transcribe`.
_BEFORE: Final = "\"'“¿([{-"
_AFTER: Final = "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 - marks of other scripts


class FasterWhisperRecogniser(WindowedRecogniser):
    """faster-whisper, by the rules of `windowed`."""

    def __init__(self, model: str, device: str = "auto") -> None:
        """Choose a model without loading it.

        Args:
            model: A name that faster-whisper downloads, or the folder of a converted model.
            device: "cpu", "cuda", or "auto" for a GPU where there is one.
        """
        path = Path(model)
        load = functools.partial(_load, model, device)
        super().__init__("faster-whisper", model, path / WEIGHTS, path.name, load)


class _Model:
    """A converted model in memory; see `windowed.Whisper`."""

    def __init__(self, loaded: Any) -> None:
        self._loaded, self._model = loaded, loaded.model
        self.batch = BATCH.get(self._model.device, 1)

    def encode(self, sounds: Sequence[Samples]) -> Any:
        """An array of shape (windows, positions, dimensions)."""
        length = round(LONGEST_WINDOW * SAMPLE_RATE)
        # Silence is added to the sound, as openai-whisper does, not to the spectrogram.
        padded = (np.pad(sound[:length], (0, max(0, length - len(sound)))) for sound in sounds)
        mels = [self._loaded.feature_extractor(sound, padding=0) for sound in padded]
        # In main memory, so that some of the windows can be taken out of it.
        return np.array(self._model.encode(_stored(np.stack(mels)), to_cpu=True))

    def languages(self, features: Any) -> Sequence[dict[str, float]]:
        """By the token that Whisper would begin with."""
        if not self._model.is_multilingual:
            return [{"en": 1.0}]
        found = self._model.detect_language(_stored(features))
        return [{token[2:-2]: p for token, p in window} for window in found]

    def tokenizer(self, language: str) -> Any:
        """The one that lies beside the model."""
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(
            self._loaded.hf_tokenizer, self._model.is_multilingual, "transcribe", language
        )

    def decode(self, features: Any, language: str, temperature: float) -> list[Decoded]:
        """Decode windows together: the likeliest token each time, or one by chance."""
        from faster_whisper.transcribe import get_suppressed_tokens

        tokenizer = self.tokenizer(language)
        chance = {"sampling_topk": 0, "sampling_temperature": temperature} if temperature else {}
        results = self._model.generate(
            _stored(features),
            [list(tokenizer.sot_sequence)] * len(features),
            beam_size=1,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            **chance,
        )
        return [_decoded(result) for result in results]

    def time(
        self, features: Any, tokenizer: Any, said: Sequence[Said], seconds: float, no_speech: float
    ) -> list[Piece]:
        """By Whisper's attention to the sound."""
        timed = segments(said)
        self._loaded.add_word_timestamps(
            [timed], tokenizer, _stored(features[None]), frames(seconds), _BEFORE, _AFTER, 0.0
        )
        return pieces(timed, no_speech)


def _decoded(result: Any) -> Decoded:
    tokens = result.sequences_ids[0]
    # The score is the mean over the tokens; Whisper's also counts the one that ends them.
    logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
    return Decoded(tokens, logprob, result.no_speech_prob)


def _stored(array: Any) -> Any:
    """As CTranslate2 takes it."""
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


@functools.cache
def _load(model: str, device: str) -> _Model:
    """Load a converted model by name or folder."""
    if importlib.util.find_spec("faster_whisper") is None:
        raise EngineMissing(
            "faster-whisper is not installed. Install it with: pip install "
            "'coachscore[faster-whisper]'. Or unset COACHSCORE_WHISPER_ENGINE."
        )
    import ctranslate2
    import faster_whisper

    names = faster_whisper.available_models()
    if model not in names and not Path(model).is_dir():
        raise WhisperModelMissing(f'There is no model or folder "{model}". {_both_ways(names)}')
    # It counts for threads that begin later: chance is the same in each new process, not in
    # each window.
    ctranslate2.set_random_seed(0)
    try:
        return _Model(faster_whisper.WhisperModel(model, device=device))
    except Exception as error:
        # No network, a broken download, a folder of something else: the remedy is the same.
        what = "cannot be downloaded" if model in names else "is no converted Whisper model"
        raise WhisperModelMissing(f'"{model}" {what} ({error}). {_both_ways(names)}') from error


def _both_ways(names: Sequence[str]) -> str:
    return (
        "Set COACHSCORE_WHISPER_MODEL or --whisper-model either to a name, which faster-whisper "
        f"downloads once ({', '.join(names)}), or to the folder of a model that was converted "
        "for CTranslate2 (ct2-transformers-converter)."
    )
