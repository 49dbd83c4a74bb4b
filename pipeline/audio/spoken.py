"""Speech without the room around it that a recogniser needs: for who spoke when.

`speech_regions` bridges pauses and adds a quarter of a second on either side, so that no
word is cut. As speaking time that would be a fifth too much.
"""

from pipeline.audio.channels import Sound
from pipeline.audio.speech import FRAME_SECONDS, Region, speech_probabilities

_SPEAKING = 0.35
# Shorter pauses are part of a turn, as in NIST's Rich Transcription evaluations.
_PAUSE = 0.3
# The model hears speech begin a little late and end a little late.
_LATE = 0.04


def spoken(samples: Sound) -> tuple[Region, ...]:
    """Find where somebody speaks, to within some hundredths of a second.

    Args:
        samples: Sound at 16 kHz, shape (samples,).

    Returns:
        Regions in order, with pauses of 0.3 s and more between them.
    """
    found: list[Region] = []
    for frame in (speech_probabilities(samples) >= _SPEAKING).nonzero()[0].tolist():
        start, end = (f * FRAME_SECONDS - _LATE for f in (frame, frame + 1))
        if found and start - found[-1].end < _PAUSE:
            found[-1] = Region(found[-1].start, end)
        else:
            found.append(Region(max(start, 0.0), end))
    return tuple(found)
