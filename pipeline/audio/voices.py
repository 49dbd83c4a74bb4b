"""Voice embeddings by the speaker encoder that the `resemblyzer` package carries.

The package itself cannot be imported without `webrtcvad`, which it needs only for a voice
activity detector that we do not use. So the network, three layers of LSTM trained with
the generalised end-to-end loss (Wan et al. 2018), is rebuilt here around its weights.
"""

import functools
import importlib.util
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.channels import SAMPLE_RATE, Samples, Sound
from pipeline.audio.speech import Region, cut_out

STEP = 0.4

# What the encoder was trained on: 40 mel bands in frames of 10 ms, speech at -30 dBFS, 1.6 s
# at a time. With 1.1 s, quick turns were confused half as often, long ones no more.
_MELS = 40
_FFT = 400
_HOP = SAMPLE_RATE // 100
_WINDOW_FRAMES = 110
_SIZE = 256
_LAYERS = 3
_LOUDNESS_DB = -30.0
_BATCH = 64


class Voices(NamedTuple):
    """Embeddings of short stretches of speech.

    Attributes:
        spans: The stretch that each embedding speaks for, about 0.4 s each, in order.
        embeddings: Unit vectors, shape (stretches, 256).
        whole: Whether 1.1 s of speech were there, shape (stretches,). A lone "mhm" says
            little about a voice.
    """

    spans: tuple[Region, ...]
    embeddings: NDArray[np.float32]
    whole: NDArray[np.bool_]


def embed(samples: Sound, regions: Sequence[Region]) -> Voices:
    """Describe who sounds like whom.

    Each stretch of 0.4 s is described by the 1.1 s around it, never reaching beyond its
    region; a region shorter than that is repeated until it fills 1.1 s. The sound is read
    and described region by region, so what is kept of an hour is 9 MB of embeddings.

    Args:
        samples: Sound at 16 kHz, shape (samples,).
        regions: Where somebody speaks.

    Returns:
        One embedding per stretch.
    """
    spans: list[Region] = []
    whole: list[bool] = []
    gain = _gain(samples, regions)

    def mels() -> Iterator[NDArray[np.float32]]:
        for region in regions:
            mel = _mel(cut_out(samples, [region]) * gain)
            count = max(1, round(region.seconds / STEP))
            edges = np.linspace(region.start, region.end, count + 1)
            spans.extend(Region(float(a), float(b)) for a, b in itertools.pairwise(edges))
            whole.extend([len(mel) >= _WINDOW_FRAMES] * count)
            for middle in (edges[:-1] + edges[1:]) / 2 - region.start:
                yield _around(mel, middle)

    embeddings = _run(mels())
    return Voices(tuple(spans), embeddings, np.array(whole, dtype=bool))


def _gain(samples: Sound, regions: Sequence[Region]) -> np.float32:
    """Factor that brings quiet speech to the loudness of the training data."""
    # One region at a time: all the speech of a long recording is large.
    power = sum(float(np.square(cut_out(samples, [region])).sum()) for region in regions)
    spoken = sum(region.seconds for region in regions) * SAMPLE_RATE
    level = 10 * np.log10(power / max(spoken, 1.0) + 1e-12)
    return np.float32(10 ** (max(_LOUDNESS_DB - level, 0.0) / 20))


def mel_filters(bands: int) -> NDArray[np.float32]:
    """Triangular filters on Slaney's mel scale, each of unit area, for 400-point spectra.

    The scale is linear below 1 kHz (200/3 Hz a mel) and logarithmic above (Slaney 1998,
    Auditory Toolbox); this is what librosa computes by default.

    Args:
        bands: Number of filters between 0 and 8 kHz.

    Returns:
        Weights, shape (bands, 201).
    """
    mels = np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), bands + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((mels - 15) / 27))
    slopes = np.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1) - edges[:, None]
    rising = slopes[:-2] / np.diff(edges)[:-1, None]
    falling = -slopes[2:] / np.diff(edges)[1:, None]
    weights = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return weights.astype(np.float32)


def _mel(sound: Samples) -> NDArray[np.float32]:
    """Mel power spectrum as in training (no logarithm), shape (frames, 40)."""
    import torch  # slow to load

    spectrum = torch.stft(
        torch.from_numpy(sound),
        _FFT,
        hop_length=_HOP,
        window=torch.hann_window(_FFT),
        pad_mode="constant",
        return_complex=True,
    )
    return np.asarray((mel_filters(_MELS) @ spectrum.abs().square().numpy()).T)


def _around(mel: NDArray[np.float32], middle: float) -> NDArray[np.float32]:
    """The 110 frames around a time in seconds, shape (110, 40)."""
    if len(mel) < _WINDOW_FRAMES:
        return np.resize(mel, (_WINDOW_FRAMES, _MELS))
    start = int(np.clip(middle * 100 - _WINDOW_FRAMES / 2, 0, len(mel) - _WINDOW_FRAMES))
    return mel[start : start + _WINDOW_FRAMES]


@functools.cache
def _network() -> Any:
    """Build the encoder once per process and load its weights."""
    import torch  # slow to load

    spec = importlib.util.find_spec("resemblyzer")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("resemblyzer is not installed")
    weights = torch.load(
        Path(spec.origin).parent / "pretrained.pt", map_location="cpu", weights_only=True
    )["model_state"]
    network = torch.nn.ModuleDict(
        {
            "lstm": torch.nn.LSTM(_MELS, _SIZE, _LAYERS, batch_first=True),
            "linear": torch.nn.Linear(_SIZE, _SIZE),
        }
    )
    # The file also holds two scalars of the training loss.
    network.load_state_dict({k: v for k, v in weights.items() if k in network.state_dict()})
    return network.eval()


def _run(mels: Iterator[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Embed windows of shape (110, 40), some at a time; unit vectors, shape (windows, 256)."""
    import torch

    network = _network()
    found = [np.zeros((0, _SIZE), dtype=np.float32)]
    with torch.inference_mode():
        while batch := list(itertools.islice(mels, _BATCH)):
            _, (hidden, _) = network["lstm"](torch.from_numpy(np.stack(batch)))
            raw = torch.relu(network["linear"](hidden[-1]))
            found.append(torch.nn.functional.normalize(raw, dim=1).numpy())
    return np.concatenate(found)
