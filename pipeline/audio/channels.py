"""Whether the two channels of a recording hold two speakers or one scene."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]

FRAME_SECONDS = 0.1
# A channel this much louder than the other leads.
LEAD_DB = 6.0

_FRAME = round(FRAME_SECONDS * SAMPLE_RATE)
# Frames read at a time: a minute.
_BLOCK = 600

_ACTIVE_DB = 40.0
_LED_SHARE = 0.5
_LED_FRAMES = 5
_FLOOR = 1e-10


class Sound(Protocol):
    """Sound of one channel at 16 kHz, in memory (an array) or on disk (a `Track`)."""

    def __len__(self) -> int:
        """Number of samples."""

    def __getitem__(self, part: slice, /) -> Samples:
        """Some of it in [-1, 1], shape (samples,)."""


def levels(channels: Sequence[Sound]) -> NDArray[np.float64]:
    """Mean power in frames of 0.1 s.

    Args:
        channels: Sound of each channel, all of one length.

    Returns:
        Decibels relative to full scale, shape (channels, frames); the last frame may
        cover less than 0.1 s.
    """
    return np.stack([_levels(sound) for sound in channels])


def _levels(sound: Sound) -> NDArray[np.float64]:
    found = [np.zeros(0)]
    for at in range(0, len(sound), _FRAME * _BLOCK):
        part = sound[at : at + _FRAME * _BLOCK]
        starts = np.arange(0, len(part), _FRAME)
        counts = np.diff(np.append(starts, len(part)))
        found.append(np.add.reduceat(np.square(part, dtype=np.float64), starts) / counts)
    return np.asarray(10 * np.log10(np.concatenate(found) + _FLOOR))


def settle_channels(left: Sound, right: Sound) -> tuple[int | None, ...]:
    """Tell whether two channels separate the speakers.

    A frame of 0.1 s is active where its louder channel is within 40 dB of the loud
    parts of the file, and a channel leads it where it is 6 dB above the other. Two
    channels are kept where at least half of the active frames have a leader and each
    channel leads for half a second or more. Anything else is one scene: copies of one
    channel, a silent or fixed quieter second channel (the louder one is kept), or a
    stereo microphone in a room (the mean is kept).

    Args:
        left: First channel.
        right: Second channel, of the same length and not empty.

    Returns:
        Which channels to keep: both, one of them, or None for their mean.
    """
    level = levels((left, right))
    loudest = level.max(axis=0)
    active = loudest > np.quantile(loudest, 0.95) - _ACTIVE_DB
    difference = (level[0] - level[1])[active]
    led = np.array([np.sum(difference > LEAD_DB), np.sum(difference < -LEAD_DB)])
    if led.sum() < _LED_SHARE * len(difference):
        return (None,)
    if led.min() < _LED_FRAMES:
        return (int(led.argmax()),)
    return 0, 1


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
