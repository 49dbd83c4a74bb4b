"""The test recogniser: a tiny Whisper of our own, for tests and for the demo.

It learned from synthetic voices alone and is no default anywhere: who wants it names its
file, and every transcript that it makes says so, whatever the file is called by then. The
service, which scores people, does not start with it.
"""

from pathlib import Path
from typing import Final

from models.conversation import Provenance
from models.errors import CoachscoreError

# Not part of an installed package: it is test data.
CHECKPOINT: Final = (
    Path(__file__).resolve().parents[2] / "tests" / "checkpoint" / "coachscore-test-whisper.pt"
)
NOTE: Final = (
    "heard by the test recogniser, which knows synthetic voices only and mishears many words: "
    "no ground for judging anybody"
)
_LARGEST: Final = 16_000_000  # Bytes.
# As `digest` gives it: told by its content, it cannot be mistaken under another name.
_DIGEST: Final = "aa9482ccc46f"


class StandInError(CoachscoreError):
    """The test recogniser was to hear real people."""

    title = "The test recogniser cannot be used here"


def is_stand_in(made_by: Provenance) -> bool:
    """Whether the test recogniser made a transcript."""
    return made_by.version.endswith(f"+{_DIGEST}")


def refuse_stand_in(model: str) -> None:
    """Refuse it as the model of a service.

    Args:
        model: As `COACHSCORE_WHISPER_MODEL` has it.

    Raises:
        StandInError: It is the test recogniser's file.
    """
    from pipeline.audio.transcription import digest  # With what finds speech, which takes long.

    path = Path(model)
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return  # Without reading gigabytes.
    if digest(path) == _DIGEST:
        raise StandInError(
            f"COACHSCORE_WHISPER_MODEL is {path.name}, {NOTE}. Unset it for the default model, or "
            "name one that openai-whisper knows, such as medium."
        )
