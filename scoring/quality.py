"""The quality gate: a transcript that cannot be trusted gets no score."""

from typing import Final

from models.conversation import TranscriptQuality
from scoring.rubric import Rubric

_UNCERTAIN: Final = "The transcript is too uncertain for a score"


def poor_quality(quality: TranscriptQuality | None, rubric: Rubric) -> str | None:
    """Why a transcript is not good enough for a score, None where it is."""
    if quality is None or quality.overall >= rubric.minimum_quality:
        return None
    return (
        f"{_UNCERTAIN}: its quality is {quality.overall:.2f}, and "
        f"a score needs {rubric.minimum_quality:.2f}. {_worst(quality)}"
    )


def is_about_quality(explanation: str) -> bool:
    """Whether a score was withheld for `poor_quality`, and not because too little was said."""
    return explanation.startswith(_UNCERTAIN)


def quality_note(quality: TranscriptQuality | None) -> str | None:
    """How good a transcript is, in words; None where nothing speaks against it."""
    if quality is None or quality.overall == 1:
        return None
    parts = [f"{quality.unknown_speaker:.0%} of the words have no certain speaker"]
    if quality.recognition is not None:
        parts.insert(0, f"words are {quality.recognition:.0%} sure on average")
    if quality.overlap is not None:
        parts.append(f"people speak at once in {quality.overlap:.0%} of the time")
    if quality.words_per_minute is not None:
        parts.append(f"{quality.words_per_minute:.0f} words a minute")
    return f"quality of the transcript: {quality.overall:.2f} of 1 ({', '.join(parts)})"


def _worst(quality: TranscriptQuality) -> str:
    """The reason that costs most, and what to do about it."""
    kept = {
        "recognised": 1.0 if quality.recognition is None else quality.recognition,
        "known": 1 - quality.unknown_speaker,
        "alone": 1 - (quality.overlap or 0.0) / 2,
    }
    worst = min(kept, key=lambda reason: kept[reason])
    if kept[worst] > quality.overall + 0.2:
        return (
            f"It holds {quality.words_per_minute or 0:.0f} words a minute of speech, so words were "
            "missed or invented. Check the recording, or use a larger Whisper model."
        )
    return {
        "recognised": f"The recogniser is only {kept['recognised']:.0%} sure of its words. Record "
        "closer to the speakers, or use a larger Whisper model.",
        "known": f"Of {quality.unknown_speaker:.0%} of the words it is not known who said them. "
        "Record each person on a channel of their own.",
        "alone": f"People speak at once in {quality.overlap or 0.0:.0%} of the time. Record each "
        "person on a channel of their own.",
    }[worst]
