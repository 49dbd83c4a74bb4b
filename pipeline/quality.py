"""How good a transcript is, from what its recogniser and its speakers' voices say of it."""

from collections.abc import Sequence
from typing import Final

from models.conversation import Segment, Transcript, TranscriptQuality

# Less sure than this of the speaker, a word is as good as nobody's.
_KNOWN: Final = 0.6
# Conversations run at 110 to 220 words a minute of speech. Far less means that words were
# not heard, far more that some were invented.
_SLOWEST: Final = 60.0
_FASTEST: Final = 300.0
# Of two who speak at once, about one is heard.
_LOST_IN_OVERLAP: Final = 0.5


def assess(transcript: Transcript) -> TranscriptQuality:
    """Work out how far a transcript can be trusted.

    The overall quality is a product: probability of the words, share of them with a known
    speaker, what overlap leaves of them, and how far the speech rate is one that people
    have. Of a transcript file only the speakers are judged; nobody knows how its words
    were made.

    Args:
        transcript: Segments with speakers.
    """
    segments = transcript.segments
    words = sum(_words(segment) for segment in segments)
    nobodys = sum(_words(s) for s in segments if not s.speaker or s.speaker_confidence < _KNOWN)
    unknown = nobodys / max(words, 1)
    if transcript.source_format != "audio":
        return TranscriptQuality(
            recognition=None,
            overlap=None,
            unknown_speaker=round(unknown, 4),
            words_per_minute=None,
            overall=round(1 - unknown, 4),
        )
    sure = [word.probability for segment in segments for word in segment.words]
    recognition = sum(sure) / max(len(sure), 1)
    spoken, together = _spoken(segments)
    rate = words / max(spoken / 60, 1 / 60)
    overlap = together / max(spoken, 1.0)
    likely = min(rate / _SLOWEST, _FASTEST / max(rate, 1.0), 1.0)
    overall = recognition * (1 - unknown) * (1 - _LOST_IN_OVERLAP * overlap) * likely
    return TranscriptQuality(
        recognition=round(recognition, 4),
        overlap=round(overlap, 4),
        unknown_speaker=round(unknown, 4),
        words_per_minute=round(rate, 1),
        overall=round(overall, 4),
    )


def _words(segment: Segment) -> int:
    return len(segment.words) or len(segment.text.split())


def _spoken(segments: Sequence[Segment]) -> tuple[float, float]:
    """Seconds in which somebody speaks, and in which several speak at once."""
    edges: list[tuple[float, int, str | None]] = []
    for segment in segments:
        if segment.start is not None and segment.end is not None:
            edges += [(segment.start, 1, segment.speaker), (segment.end, -1, segment.speaker)]
    edges.sort(key=lambda edge: edge[:2])
    speaking: dict[str | None, int] = {}
    spoken = together = last = 0.0
    for at, step, speaker in edges:
        voices = sum(count > 0 for count in speaking.values())
        spoken += (at - last) * (voices > 0)
        together += (at - last) * (voices > 1)
        speaking[speaker] = speaking.get(speaker, 0) + step
        last = at
    return spoken, together
