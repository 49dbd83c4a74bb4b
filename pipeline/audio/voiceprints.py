"""A voice as one vector, and whose of the voices in a recording it is.

A vector tells a person by the voice: it is made only where somebody asked for it, and is
kept with that person alone (`pipeline.people.voices`).
"""

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from pydantic import Field

from models.conversation import Segment, Transcript, Value
from pipeline.audio.channels import SAMPLE_RATE, Samples, Sound
from pipeline.audio.speech import Region
from pipeline.audio.voices import embed
from pipeline.clues import VoiceMatch

# A voice is known from five seconds; more than a minute adds nothing.
_LEAST_SECONDS: Final = 5.0
_ENOUGH_SECONDS: Final = 60.0
# A segment that may be somebody else's would blur the voice, and a word says little.
_SURE: Final = 0.8
_LEAST_SEGMENT: Final = 1.2

# Between recordings, of which half were noisy or by telephone, one reader had a cosine of
# 0.65 and more in 86 %, and the best of other readers in 40 %: so a match says who of those
# who speak it is, not that it is anybody.
_HEARD: Final = 0.65
# By how much the best is ahead of the next, as odds: of 1,400 such choices 99.4 % were right,
# and where this says 0.8 or more 99.8 %.
_STEEPNESS: Final = 60.0
_SUREST: Final = 0.98


class VoicePrint(Value):
    """What a voice sounds like.

    Attributes:
        made_by: The encoder and its version; vectors of two encoders say nothing of each other.
        seconds: How much speech it is from.
        vector: Of length 1.
    """

    made_by: str
    seconds: float = Field(gt=0)
    vector: tuple[float, ...] = Field(min_length=1)


def voice_prints(channels: Sequence[Sound], transcript: Transcript) -> dict[str, VoicePrint]:
    """The voices of a recording's speakers, as far as they can be known from it.

    Args:
        channels: Sound at 16 kHz; of several the loudest is heard, segment by segment.
        transcript: With times; it may have been edited since it was recognised.

    Returns:
        By speaker; who speaks less than 5 s is left out.
    """
    chosen: dict[str, list[Region]] = {}
    for segment in sorted(transcript.segments, key=lambda s: _seconds(s) or 0.0, reverse=True):
        seconds = _seconds(segment)
        if segment.speaker is None or segment.start is None or seconds is None:
            continue
        own = chosen.setdefault(segment.speaker, [])
        sure = segment.speaker_confidence >= _SURE and seconds >= _LEAST_SEGMENT
        if sure and sum(region.seconds for region in own) < _ENOUGH_SECONDS:
            own.append(Region(segment.start, segment.start + seconds))
    prints = {speaker: _print(channels, regions) for speaker, regions in chosen.items()}
    return {speaker: found for speaker, found in prints.items() if found is not None}


def match(enrolled: VoicePrint, heard: Mapping[str, VoicePrint]) -> VoiceMatch | None:
    """Who of the speakers has a voice.

    Args:
        enrolled: The voice.
        heard: Voices of a recording.

    Returns:
        None where nobody sounds like it, or only one voice was heard.
    """
    same = {s: v for s, v in heard.items() if v.made_by == enrolled.made_by}
    if len(same) < 2:
        return None
    alike = {s: float(np.dot(enrolled.vector, v.vector)) for s, v in same.items()}
    best, second = sorted(alike, key=lambda speaker: -alike[speaker])[:2]
    if alike[best] < _HEARD:
        return None
    sure = 1 / (1 + np.exp(-_STEEPNESS * (alike[best] - alike[second])))
    return VoiceMatch(speaker=best, confidence=round(min(float(sure), _SUREST), 3))


def _seconds(segment: Segment) -> float | None:
    if segment.start is None or segment.end is None:
        return None
    return segment.end - segment.start


def _print(channels: Sequence[Sound], regions: Sequence[Region]) -> VoicePrint | None:
    parts = [_loudest(channels, region) for region in regions]
    spoken = [Region(0.0, len(part) / SAMPLE_RATE) for part in parts]
    found = [embed(part, [whole]) for part, whole in zip(parts, spoken, strict=True)]
    vectors = [v.embeddings[v.whole] for v in found if v.whole.any()]
    seconds = sum(region.seconds for region in spoken)
    if not vectors or seconds < _LEAST_SECONDS:
        return None
    mean = np.concatenate(vectors).mean(axis=0)
    version = importlib.metadata.version("resemblyzer")
    vector = tuple((mean / np.linalg.norm(mean)).tolist())
    return VoicePrint(made_by=f"resemblyzer {version}", seconds=seconds, vector=vector)


def _loudest(channels: Sequence[Sound], region: Region) -> Samples:
    part = slice(round(region.start * SAMPLE_RATE), round(region.end * SAMPLE_RATE))
    return max((sound[part] for sound in channels), key=lambda s: float(np.square(s).sum()))
