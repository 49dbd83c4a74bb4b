"""What is known about who was there, beside what was said: it helps to tell who coaches."""

import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field, StringConstraints

from models.conversation import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

# An invitation names who was to come, not who spoke. These are stated, not measured.
_MANAGER_NAMED: Final = 0.97
_OTHERS_NAMED: Final = 0.9

_WORDS: Final = re.compile(r"[^\W\d_]+")


class VoiceMatch(Value):
    """A speaker whose voice is the manager's, as enrolled.

    Attributes:
        speaker: Name in the transcript.
        confidence: Probability that it is the manager, if the manager speaks at all.
    """

    speaker: Name
    confidence: float = Field(ge=0, le=1)


class Clues(Value):
    """Who may have been there.

    Attributes:
        voice: The manager's voice, where one was enrolled and found.
        manager: Name of the person whose meeting it is.
        invited: Names of the others.
    """

    voice: VoiceMatch | None = None
    manager: Name | None = None
    invited: tuple[Name, ...] = Field(default=(), max_length=50)


def named_manager(clues: Clues, speakers: "Iterable[str]") -> tuple[str, float] | None:
    """The manager among the speakers by their names, and how sure that is.

    The one speaker with the manager's name; else the only one whose name is not that of
    somebody else who was invited.

    Args:
        clues: With names from the invitation.
        speakers: Names of those who say enough to be part of the conversation.

    Returns:
        None where the names do not tell.
    """
    speakers = list(speakers)
    if clues.manager is not None:
        own = [name for name in speakers if _same(name, clues.manager)]
        if len(own) == 1:
            return own[0], _MANAGER_NAMED
    others = [name for name in speakers if not any(_same(name, i) for i in clues.invited)]
    if len(others) == 1 and len(speakers) > 1:
        return others[0], _OTHERS_NAMED
    return None


def _same(one: str, other: str) -> bool:
    """Whether two spellings may be one name: "Reyes, Dana (Sales)", "Dana Reyes", "dana"."""
    first, second = (set(_WORDS.findall(name.casefold())) for name in (one, other))
    return bool(first and second) and (first <= second or second <= first)
