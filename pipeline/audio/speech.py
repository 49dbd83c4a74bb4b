"""Where somebody speaks, by the Silero voice activity model.

The model's file comes with the `silero_vad` package; that package's own code needs torch,
so onnxruntime runs the model directly. The "sequence" export gives the same numbers as
the streaming one, in one call for many frames.
"""

import functools
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.channels import SAMPLE_RATE, Samples, Sound

# What a recogniser hears at once, in seconds.
LONGEST_WINDOW = 30.0

_FRAME = 512
_CONTEXT = 64
_BLOCK = 512
FRAME_SECONDS = _FRAME / SAMPLE_RATE
# Silero's own thresholds: speech begins above the first and ends below the second.
_ENTER = 0.5
_LEAVE = 0.35
_SHORTEST_SPEECH = 0.25
_SHORTEST_PAUSE = 0.5
_PADDING = 0.25


class Region(NamedTuple):
    """A stretch of the recording, in seconds from its start."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.end - self.start


def speech_regions(samples: Sound) -> tuple[Region, ...]:
    """Find where somebody speaks.

    Speech shorter than 0.25 s is dropped, pauses shorter than 0.5 s are bridged, and
    0.25 s are added on either side, at most to the middle of a pause. A region longer
    than 30 s is cut where speech is least likely.

    Args:
        samples: Sound at 16 kHz, shape (samples,).

    Returns:
        Regions in order, none overlapping, none longer than 30 s.
    """
    probabilities = speech_probabilities(samples)
    length = len(samples) / SAMPLE_RATE
    runs = [
        run
        for run in _bridged(_runs(probabilities))
        if (run[1] - run[0]) * FRAME_SECONDS >= _SHORTEST_SPEECH
    ]
    pieces = [piece for run in runs for piece in _cut(run, probabilities)]
    return _padded(pieces, length)


def cut_out(samples: Sound, regions: Iterable[Region]) -> Samples:
    """Join the sound of some regions.

    Args:
        samples: Sound at 16 kHz, shape (samples,).
        regions: Which parts, in seconds.

    Returns:
        Only those parts, shape (samples in the regions,).
    """
    bounds = [(round(r.start * SAMPLE_RATE), round(r.end * SAMPLE_RATE)) for r in regions]
    return np.concatenate([samples[start:end] for start, end in bounds])


@functools.cache
def _session() -> Any:
    """Load the model once per process; it keeps no state between calls."""
    import onnxruntime

    # find_spec does not run the package, whose import would pull torch in.
    spec = importlib.util.find_spec("silero_vad")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("silero_vad is not installed")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    model = Path(spec.origin).parent / "data" / "silero_vad_16k_sequence.onnx"
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def speech_probabilities(samples: Sound) -> NDArray[np.float32]:
    """Probability of speech in each frame of 32 ms, shape (frames,)."""
    session = _session()
    state = np.zeros((1, 1, 128), dtype=np.float32)
    cell = state
    before = np.zeros(_CONTEXT, dtype=np.float32)
    found = [np.zeros(0, dtype=np.float32)]
    for at in range(0, len(samples), _FRAME * _BLOCK):
        block = samples[at : at + _FRAME * _BLOCK]
        frames = np.pad(block, (0, -len(block) % _FRAME)).reshape(-1, _FRAME)
        context = np.vstack([before, frames[:-1, -_CONTEXT:]])
        before = frames[-1, -_CONTEXT:]
        values, state, cell = session.run(
            ["speech_probs", "hn", "cn"],
            {"input": np.hstack([context, frames]), "h": state, "c": cell},
        )
        found.append(values)
    return np.concatenate(found)


def _runs(probabilities: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Runs of speech as (first frame, frame after the last), with hysteresis."""
    start: int | None = None
    for at, probability in enumerate(probabilities):
        if start is None and probability >= _ENTER:
            start = at
        elif start is not None and probability < _LEAVE:
            yield start, at
            start = None
    if start is not None:
        yield start, len(probabilities)


def _bridged(runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join runs with less than a pause between them."""
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and (start - joined[-1][1]) * FRAME_SECONDS < _SHORTEST_PAUSE:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cut(run: tuple[int, int], probabilities: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Cut a run that does not fit a window where speech is least likely."""
    start, end = run
    longest = int((LONGEST_WINDOW - 2 * _PADDING) / FRAME_SECONDS)
    while end - start > longest:
        late = slice(start + longest // 2, start + longest)
        # Smoothed over 160 ms, so that a pause wins over a single plosive.
        quiet = np.convolve(probabilities[late], np.ones(5) / 5, mode="same")
        cut = late.start + 2 + int(np.argmin(quiet[2:-2]))
        yield start, cut
        start = cut
    yield start, end


def _padded(pieces: Sequence[tuple[int, int]], length: float) -> tuple[Region, ...]:
    """Add a margin to each piece, at most to the middle of the pause beside it."""
    times = [(start * FRAME_SECONDS, min(end * FRAME_SECONDS, length)) for start, end in pieces]
    regions = []
    for at, (start, end) in enumerate(times):
        before = start - (times[at - 1][1] if at else -start)
        after = (times[at + 1][0] if at + 1 < len(times) else 2 * length - end) - end
        regions.append(Region(start - min(_PADDING, before / 2), end + min(_PADDING, after / 2)))
    return tuple(regions)
