"""Windows of speech: what a recogniser hears at once, and the way back to the recording."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.audio.speech import LONGEST_WINDOW, Region

# A shorter rest of a window holds no word.
_LEAST = 0.3


class Window(NamedTuple):
    """Neighbouring regions of speech, heard without the pauses between them.

    Times in a window are seconds of its speech; times of a recording count the pauses.
    """

    regions: tuple[Region, ...]

    @property
    def seconds(self) -> float:
        """Length of the speech in it."""
        return sum(region.seconds for region in self.regions)

    def place(self, start: float, end: float) -> tuple[float, float]:
        """Place a word in the region that holds its middle, and keep it inside.

        Args:
            start: Seconds in the window.
            end: Seconds in the window.

        Returns:
            Seconds of the recording.
        """
        middle = (start + end) / 2
        offset = 0.0
        for region in self.regions[:-1]:
            if middle < offset + region.seconds:
                break
            offset += region.seconds
        else:
            region = self.regions[-1]
        shift = region.start - offset
        return (
            min(max(start + shift, region.start), region.end),
            min(max(end + shift, region.start), region.end),
        )

    def after(self, seconds: float) -> "Window | None":
        """What is left of it after some seconds, None where that is next to nothing."""
        if self.seconds - seconds < _LEAST:
            return None
        left: list[Region] = []
        for region in self.regions:
            if seconds < region.seconds:
                left.append(Region(region.start + max(seconds, 0.0), region.end))
            seconds -= region.seconds
        return Window(tuple(left))


def windows(regions: Sequence[Region]) -> Iterator[Window]:
    """Pack regions into windows of at most 30 s of speech, cut only at pauses.

    Args:
        regions: In order, none longer than 30 s.

    Yields:
        Windows in order.
    """
    packed: list[Region] = []
    seconds = 0.0
    for region in regions:
        if packed and seconds + region.seconds > LONGEST_WINDOW:
            yield Window(tuple(packed))
            packed, seconds = [], 0.0
        packed.append(region)
        seconds += region.seconds
    if packed:
        yield Window(tuple(packed))
