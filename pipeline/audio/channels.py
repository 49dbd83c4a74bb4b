"""Whether the two channels of a recording hold two speakers or one scene."""

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]

FRAME_SECONDS = 0.1
# A channel this much louder than the other leads.
LEAD_DB = 6.0

_FRAME = round(FRAME_SECONDS * SAMPLE_RATE)

_ACTIVE_DB = 40.0
_LED_SHARE = 0.5
_LED_FRAMES = 5
_FLOOR = 1e-10


def levels(samples: Samples) -> NDArray[np.float64]:
    """Mean power in frames of 0.1 s.

    Args:
        samples: Sound at 16 kHz, shape (channels, samples).

    Returns:
        Decibels relative to full scale, shape (channels, frames); the last frame may
        cover less than 0.1 s.
    """
    starts = np.arange(0, max(samples.shape[1], 1), _FRAME)
    if samples.shape[1] == 0:
        return np.zeros((samples.shape[0], 0))
    # One channel at a time: the squares of a long recording are large.
    power = np.stack([np.add.reduceat(np.square(row), starts) for row in samples])
    counts = np.diff(np.append(starts, samples.shape[1]))
    return np.asarray(10 * np.log10(power / counts + _FLOOR), dtype=np.float64)


def settle_channels(samples: Samples) -> Samples:
    """Keep two channels only where they separate the speakers.

    A frame of 0.1 s is active where its louder channel is within 40 dB of the loud
    parts of the file, and a channel leads it where it is 6 dB above the other. Two
    channels are kept where at least half of the active frames have a leader and each
    channel leads for half a second or more. Anything else is one scene: copies of one
    channel, a silent or fixed quieter second channel (the louder one is kept), or a
    stereo microphone in a room (the mean is kept).

    Args:
        samples: Sound at 16 kHz, shape (1 or 2, samples).

    Returns:
        The same array, or one of shape (1, samples).
    """
    if samples.shape[0] < 2 or samples.shape[1] == 0:
        return samples
    level = levels(samples)
    loudest = level.max(axis=0)
    active = loudest > np.quantile(loudest, 0.95) - _ACTIVE_DB
    difference = (level[0] - level[1])[active]
    led = np.array([np.sum(difference > LEAD_DB), np.sum(difference < -LEAD_DB)])
    if led.sum() < _LED_SHARE * len(difference):
        return np.asarray(samples.mean(axis=0, keepdims=True))
    if led.min() < _LED_FRAMES:
        loud = int(led.argmax())
        return samples[loud : loud + 1].copy()
    return samples


def own_share(level: NDArray[np.float64], channel: int, start: float, end: float) -> float:
    """How much of the sound of some seconds is a channel's own.

    Args:
        level: Decibels of two channels in frames of 0.1 s, shape (2, frames).
        channel: Which of the two, 0 or 1.
        start: Seconds.
        end: Seconds.

    Returns:
        Its share of the power of both, 0 to 1: 0.99 is 20 dB above the other.
    """
    first = int(start / FRAME_SECONDS)
    power = 10 ** (level[:, first : max(first + 1, round(end / FRAME_SECONDS))] / 10)
    return float(power[channel].sum() / max(power.sum(), _FLOOR))
