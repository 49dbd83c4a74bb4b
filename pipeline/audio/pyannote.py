"""Speakers told apart by pyannote.audio, for those who have its weights.

Its weights are handed out by a hub that asks for an account, so it is an extra and never
the default. It is imported only here, and only when it was chosen.
"""

import functools
import os
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from models.errors import CoachscoreError
from pipeline.audio.channels import SAMPLE_RATE, Sound
from pipeline.audio.diarization import Span, named
from pipeline.audio.speech import Region
from pipeline.audio.transcription import EngineMissing

# It says of nobody how sure it is. This is stated, not measured.
_CONFIDENCE: Final = 0.9
# Where it hears nobody but there is speech, one speaker is as good a guess as any.
_GUESSED: Final = 0.5


class DiarizerMissing(CoachscoreError):  # noqa: N818 - it names what is missing
    """The weights that tell speakers apart are neither here nor to be had."""

    title = "The model that tells speakers apart is missing"


def diarize(samples: Sound, regions: Sequence[Region], model: str) -> tuple[Span, ...]:
    """Separate speakers by voice; see `pipeline.audio.diarization.diarize`.

    All of the sound is held in memory, 64 kB for each second.

    Args:
        samples: Sound of one channel at 16 kHz, shape (samples,).
        regions: Where somebody speaks; it looks for itself, and they count where it finds nobody.
        model: Name of a pipeline on the hub, or the folder of one.

    Raises:
        EngineMissing: pyannote.audio is not installed.
        DiarizerMissing: There are no weights.
    """
    import torch

    if not regions:
        return ()
    pipeline = _load(model)
    waveform = torch.from_numpy(np.ascontiguousarray(samples[:][None]))
    found = pipeline({"waveform": waveform, "sample_rate": SAMPLE_RATE})
    # Where several speak at once, this one gives the time to one of them.
    tracks = found.exclusive_speaker_diarization.itertracks(yield_label=True)
    spans = [Span(part.start, part.end, str(label), _CONFIDENCE) for part, _, label in tracks]
    return named(spans or [Span(r.start, r.end, "one", _GUESSED) for r in regions])


@functools.cache
def _load(model: str) -> Any:
    """Load a pipeline once per process."""
    # Read when it is imported; without a word from us it reports its use.
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    try:
        from pyannote.audio import Pipeline
    except ModuleNotFoundError as error:
        raise EngineMissing(
            "pyannote.audio is not installed. Install it with: pip install "
            "'coachscore[pyannote]'. Or unset COACHSCORE_DIARIZER."
        ) from error
    import torch

    try:
        pipeline = Pipeline.from_pretrained(model)
    except Exception as error:  # No network, no account, a folder of something else.
        raise DiarizerMissing(f'"{model}" cannot be loaded ({error}). {_both_ways()}') from error
    if pipeline is None:  # Its way to say that the account may not have it.
        raise DiarizerMissing(f'The hub does not hand out "{model}". {_both_ways()}')
    return pipeline.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))


def _both_ways() -> str:
    return (
        "Accept its conditions on the hub and sign in (hf auth login), give the folder of a copy "
        "as COACHSCORE_PYANNOTE_MODEL, or unset COACHSCORE_DIARIZER."
    )
