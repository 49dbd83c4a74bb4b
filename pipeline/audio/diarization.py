"""Who speaks when in one channel, by the sound of the voices."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.channels import Sound
from pipeline.audio.clustering import posteriors
from pipeline.audio.speech import Region
from pipeline.audio.spoken import spoken
from pipeline.audio.voices import Voices, embed

Diarizer = Callable[[Sound, Sequence[Region]], tuple["Span", ...]]


class Span(NamedTuple):
    """A stretch of speech by one speaker.

    Attributes:
        start: Seconds.
        end: Seconds.
        speaker: "Speaker 1" is the first to speak.
        confidence: Probability that the speaker is right.
    """

    start: float
    end: float
    speaker: str
    confidence: float


def diarize(samples: Sound, regions: Sequence[Region]) -> tuple[Span, ...]:
    """Separate speakers by voice.

    `tests/bench/diarization.py` measures it. Where several speak at once, the louder one is
    given the time.

    Args:
        samples: Sound of one channel at 16 kHz, shape (samples,).
        regions: Where somebody speaks, with room around.

    Returns:
        Spans in order, within the regions and without their pauses. The number of speakers
        is estimated.
    """
    if not regions:
        return ()
    voices = embed(samples, regions)
    spans = _spans(voices, posteriors(voices))
    return named(list(_trimmed(spans, spoken(samples))) or spans)


def _trimmed(spans: Sequence[Span], speech: Sequence[Region]) -> Iterator[Span]:
    """Cut pauses out of spans; both are in order and overlap nothing of their own kind."""
    at = 0
    for span in spans:
        while at < len(speech) and speech[at].end <= span.start:
            at += 1
        for region in speech[at:]:
            if region.start >= span.end:
                break
            start, end = max(span.start, region.start), min(span.end, region.end)
            yield span._replace(start=start, end=end)


def _spans(voices: Voices, posterior: NDArray[np.float64]) -> list[Span]:
    """Join neighbouring stretches of one voice, which is called by its number as yet."""
    spans: list[Span] = []
    lengths: list[int] = []
    for region, row in zip(voices.spans, posterior, strict=True):
        voice, sure = str(row.argmax()), float(row.max())
        if spans and spans[-1].speaker == voice and spans[-1].end == region.start:
            lengths[-1] += 1
            mean = spans[-1].confidence + (sure - spans[-1].confidence) / lengths[-1]
            spans[-1] = Span(spans[-1].start, region.end, voice, mean)
        else:
            spans.append(Span(region.start, region.end, voice, sure))
            lengths.append(1)
    return spans


def named(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Number speakers as they appear.

    Args:
        spans: In order, with speakers by any name.
    """
    voices = dict.fromkeys(span.speaker for span in spans)
    names = {voice: f"Speaker {number}" for number, voice in enumerate(voices, start=1)}
    return tuple(span._replace(speaker=names[span.speaker]) for span in spans)
