"""Two channels, one speaker each: what each channel hears of the other is left out."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.channels import FRAME_SECONDS, LEAD_DB, Sound, levels, own_share
from pipeline.audio.speech import Region, speech_regions
from pipeline.audio.transcription import Progress, Recogniser, Recognition
from pipeline.audio.turns import Turn

_SHORTEST = 0.3
_SMOOTH_FRAMES = 5


def channel_regions(channels: Sequence[Sound]) -> tuple[tuple[Region, ...], ...]:
    """Find where each channel's own speaker speaks.

    Speech that the other channel holds 6 dB louder is bleed, and left out; so is a quiet
    "mhm" into loud speech where the channels leak. Levels are smoothed over 0.5 s.

    Args:
        channels: Sound of both at 16 kHz.

    Returns:
        Regions of each channel; where both speak at once, both have them.
    """
    level = levels(channels)
    kernel = np.ones(_SMOOTH_FRAMES) / _SMOOTH_FRAMES
    power = 10 ** (level / 10)
    smooth = 10 * np.log10([np.convolve(row, kernel, mode="same") for row in power])
    difference = smooth[0] - smooth[1]
    return tuple(
        tuple(
            piece
            for region in speech_regions(channels[channel])
            for piece in _own_parts(region, sign * difference < -LEAD_DB)
        )
        for channel, sign in ((0, 1), (1, -1))
    )


def by_channel(
    channels: Sequence[Sound],
    regions: Sequence[Sequence[Region]],
    recogniser: Recogniser,
    progress: Progress,
) -> tuple[tuple[Turn, ...], Recognition]:
    """Recognise two channels; "Speaker 1" is the first (left) one.

    The language is detected on the channel with more speech. The confidence of a turn is
    the share of its power that is in its own channel.

    Args:
        channels: Sound of both at 16 kHz.
        regions: Where each channel's own speaker speaks.
        recogniser: What turns speech into words.
        progress: Called with the finished share, 0 to 1.

    Returns:
        The turns of both, channel after channel, and what was recognised in all.
    """
    level = levels(channels)
    spoken = [sum(region.seconds for region in of_channel) for of_channel in regions]
    turns: list[Turn] = []
    heard = Recognition((), None)
    finished = 0.0
    for channel in sorted((0, 1), key=lambda channel: -spoken[channel]):
        part = spoken[channel] / sum(spoken)

        def report(share: float, before: float = finished, part: float = part) -> None:
            progress(before + part * share)

        found = recogniser.transcribe(
            channels[channel], regions[channel], language=heard.language, progress=report
        )
        heard = Recognition(
            heard.passages + found.passages,
            heard.language or found.language,
            heard.repetitive + found.repetitive,
            heard.invented + found.invented,
        )
        turns.extend(
            Turn(f"Speaker {channel + 1}", p.words, own_share(level, channel, p.start, p.end))
            for p in found.passages
        )
        finished += part
    return tuple(turns), heard


def _own_parts(region: Region, bleed: NDArray[np.bool_]) -> Iterator[Region]:
    """Cut the frames of bleed out of a region."""
    frames = range(
        int(region.start / FRAME_SECONDS), min(int(np.ceil(region.end / FRAME_SECONDS)), len(bleed))
    )
    for is_bleed, grouped in groupby(frames, key=lambda frame: bool(bleed[frame])):
        at = list(grouped)
        start = max(region.start, at[0] * FRAME_SECONDS)
        end = min(region.end, (at[-1] + 1) * FRAME_SECONDS)
        if not is_bleed and end - start >= _SHORTEST:
            yield Region(start, end)
