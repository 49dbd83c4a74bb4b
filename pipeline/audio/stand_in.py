"""The test recogniser: a tiny Whisper of our own, for tests and for the demo.

It learned from synthetic voices alone and is no default anywhere: whoever wants it names its
file, and every transcript that it makes says so, whatever the file is called by then.
"""

from pathlib import Path
from typing import Final

from models.conversation import Provenance

# Not part of an installed package: it is test data.
CHECKPOINT: Final = (
    Path(__file__).resolve().parents[2] / "tests" / "checkpoint" / "coachscore-test-whisper.pt"
)
NOTE: Final = (
    "heard by the test recogniser, which knows synthetic voices only and mishears many words: "
    "no ground for judging anybody"
)
# As `digest` gives it: told by its content, it cannot be mistaken under another name.
_DIGEST: Final = "000000000000"


def is_stand_in(made_by: Provenance) -> bool:
    """Whether the test recogniser made a transcript."""
    return made_by.version.endswith(f"+{_DIGEST}")
