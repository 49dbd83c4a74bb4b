"""Decoded sound that lies on disk, so that a long recording needs no memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipeline.audio.channels import Samples

SAMPLE_BYTES: Final = 2
_SCALE: Final = np.float32(1 / 32768)


@dataclass(frozen=True)
class Track:
    """One channel of a file of 16-bit samples at 16 kHz; a slice of it is read from disk.

    Read and not mapped: the pages of a mapped file would count as memory of the process.

    Attributes:
        path: The file; the samples of its channels take turns.
        channels: How many channels it holds.
        channel: Which of them this is, None for the mean of all.
    """

    path: Path
    channels: int
    channel: int | None

    def __len__(self) -> int:
        return self.path.stat().st_size // (SAMPLE_BYTES * self.channels)

    def __getitem__(self, part: slice) -> Samples:
        """Samples in [-1, 1], shape (samples,); `part` has no step."""
        start, stop, _ = part.indices(len(self))
        width = SAMPLE_BYTES * self.channels
        count = max(stop - start, 0) * self.channels
        read = np.fromfile(self.path, np.int16, count, offset=start * width)
        sound = read.reshape(-1, self.channels)
        if self.channel is None:
            return np.asarray(sound.mean(axis=1, dtype=np.float32) * _SCALE)
        return np.asarray(sound[:, self.channel] * _SCALE)
