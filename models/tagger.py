"""The one protocol behind which every tagger stands."""

from typing import Protocol

from models.conversation import Conversation, Provenance
from models.tags import UtteranceTags


class Tagger(Protocol):
    """Anything that gives every utterance of a conversation its codebook tags."""

    @property
    def provenance(self) -> Provenance:
        """Name and version; a new version re-tags, it does not transcribe again."""
        ...

    def tag(self, conversation: Conversation) -> tuple[UtteranceTags, ...]:
        """Tags of the utterances of `conversation`, in order."""
        ...
