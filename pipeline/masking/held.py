"""Results whose words are not masked yet: in memory until the score is there.

Tags and score are made of the words as they were said, so that masking changes neither. Only
then is everything stored, masked. A process that dies before begins anew from the file.
"""

from collections.abc import Iterator
from typing import Final

from models.conversation import Conversation, Transcript, Value
from models.tags import TaggedConversation
from pipeline.store import Made
from scoring.score import ScoredConversation

# Goes up when something else would be masked.
MASKING_VERSION: Final = "2"


class Held:
    """What the stages of one analysis gave, by key; nothing of it is stored."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Made, Value]] = {}

    def __contains__(self, key: str) -> bool:
        # A score is there only when it is stored, and with it all that it was made of.
        found = self.get(key)
        return found is not None and not isinstance(found, ScoredConversation)

    def get(self, key: str) -> Value | None:
        """The result with a key, None where it is not held."""
        found = self._values.get(key)
        return None if found is None else found[1]

    def hold(self, made: Made, value: Value) -> None:
        """Keep a result; a transcript begins a new analysis, and what was held before goes."""
        if isinstance(value, Transcript):
            self._values.clear()
        self._values[made.key] = made, value

    def release(self) -> Iterator[tuple[Made, Value]]:
        """Everything that is held, masked, to be stored; after the last of it, nothing is held.

        Where storing fails midway, all is still there to try again. What was made of a stored
        transcript is masked already.
        """
        yield from self._masked()
        self._values.clear()

    def _masked(self) -> Iterator[tuple[Made, Value]]:
        held = list(self._values.values())
        transcript = next((v for _, v in held if isinstance(v, Transcript)), None)
        talk = next((v for _, v in held if isinstance(v, Conversation)), None)
        if transcript is None or talk is None:
            yield from held
            return
        from pipeline.masking.masking import hide

        hidden, said = hide(transcript, talk)
        for made, value in held:
            yield made, _with(value, hidden, said)


def _with(value: Value, transcript: Transcript, talk: Conversation) -> Value:
    """A result with masked words in it."""
    if isinstance(value, Transcript):
        return transcript
    if isinstance(value, ScoredConversation):
        return value.model_copy(update={"tagged": _with(value.tagged, transcript, talk)})
    if isinstance(value, TaggedConversation):
        return value.model_copy(update={"conversation": talk})
    return talk
