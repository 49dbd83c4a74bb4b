"""openai-whisper, several windows at a time.

`whisper.transcribe` walks through a recording window by window, and encodes each one
twice: once for its words and once for their times. Here windows are encoded once and
decoded together.
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.audio.channels import SAMPLE_RATE, Samples
from pipeline.audio.invented import Piece
from pipeline.audio.speech import LONGEST_WINDOW
from pipeline.audio.transcription import WhisperModelMissing
from pipeline.audio.whisper_words import Said, frames, pieces, segments
from pipeline.audio.windowed import BATCH, Decoded, WindowedRecogniser


class WhisperRecogniser(WindowedRecogniser):
    """openai-whisper, by the rules of `windowed`."""

    def __init__(self, model: str, device: str | None = None) -> None:
        """Choose a model without loading it.

        Args:
            model: A name that openai-whisper downloads, or the path of a checkpoint.
            device: A torch device; a GPU where there is one if None.
        """
        path = Path(model)
        load = functools.partial(_load, model, device)
        super().__init__("openai-whisper", model, path, path.stem, load)


class _Model:
    """A checkpoint in memory; see `windowed.Whisper`."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.batch = BATCH.get(model.device.type, 1)

    def encode(self, sounds: Sequence[Samples]) -> Any:
        """A tensor of shape (windows, positions, dimensions)."""
        import torch
        import whisper

        length = round(LONGEST_WINDOW * SAMPLE_RATE)
        mels = [
            whisper.log_mel_spectrogram(whisper.pad_or_trim(sound, length), self._model.dims.n_mels)
            for sound in sounds
        ]
        # The weights are cast as they are used.
        kind = torch.float16 if self._model.device.type == "cuda" else torch.float32
        with torch.inference_mode():
            return self._model.encoder(torch.stack(mels).to(self._model.device, kind))

    def languages(self, features: Any) -> Sequence[dict[str, float]]:
        """By the token that Whisper would begin with."""
        if not self._model.is_multilingual:
            return [{"en": 1.0}]
        found: list[dict[str, float]] = self._model.detect_language(features)[1]
        return found

    def tokenizer(self, language: str) -> Any:
        """Whisper's own."""
        from whisper.tokenizer import get_tokenizer

        return get_tokenizer(
            self._model.is_multilingual, num_languages=self._model.num_languages, language=language
        )

    def decode(self, features: Any, language: str, temperature: float) -> list[Decoded]:
        """Decode windows together; the same randomness each time."""
        import torch
        import whisper

        half = features.dtype == torch.float16
        options = whisper.DecodingOptions(language=language, temperature=temperature, fp16=half)
        with torch.inference_mode(), torch.random.fork_rng():
            torch.manual_seed(0)
            results = whisper.decode(self._model, features, options)
        return [Decoded(r.tokens, r.avg_logprob, r.no_speech_prob) for r in results]

    def time(
        self, features: Any, tokenizer: Any, said: Sequence[Said], seconds: float, no_speech: float
    ) -> list[Piece]:
        """By Whisper's attention to the sound."""
        import torch
        from whisper.timing import add_word_timestamps

        timed = segments(said)
        with torch.inference_mode():
            add_word_timestamps(
                segments=timed,
                model=_Encoded(self._model),
                tokenizer=tokenizer,
                mel=features,
                num_frames=frames(seconds),
                last_speech_timestamp=0.0,
            )
        return pieces(timed, no_speech)


class _Encoded:
    """A model whose sound is encoded already; the aligner would encode it again."""

    def __init__(self, model: Any) -> None:
        self.dims, self.device = model.dims, model.device
        self.decoder, self.alignment_heads = model.decoder, model.alignment_heads

    def __call__(self, features: Any, tokens: Any) -> Any:
        """Logits, as the whole model gives them for a spectrogram."""
        return self.decoder(tokens, features)


@functools.cache
def _load(model: str, device: str | None) -> _Model:
    """Load a checkpoint by name or path."""
    import whisper  # takes seconds to load

    names = whisper.available_models()
    if model not in names and not Path(model).is_file():
        raise WhisperModelMissing(f'There is no model or file "{model}". {_both_ways(names)}')
    try:
        return _Model(whisper.load_model(model, device=device))
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
