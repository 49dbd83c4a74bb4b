"""Tags: the codebook's fields on one utterance or one conversation, each with a probability."""

from typing import Generic, TypeVar

from pydantic import Field

from models.conversation import Conversation, Provenance, Value
from models.labels import (
    Act,
    Activity,
    ConversationFocus,
    Focus,
    Kind,
    Mark,
    QuestionForm,
    Style,
    TellingKind,
)

V = TypeVar("V")


class Tag(Value, Generic[V]):
    """A label value and the probability that it is the right one (0 to 1)."""

    value: V
    p: float = Field(ge=0, le=1)


class Marks(Value):
    """The set of marks, and for every mark the probability that it belongs there."""

    value: tuple[Mark, ...]
    p: dict[Mark, float]


class UtteranceTags(Value):
    """Every codebook field of one utterance.

    Fields that the codebook does not define for an utterance are None: a coachee's
    utterance has only `marks`, a question has no `telling_kind`.
    """

    act: Tag[Act] | None = None
    question_form: Tag[QuestionForm] | None = None
    telling_kind: Tag[TellingKind] | None = None
    challenge: Tag[bool] | None = None
    focus: Tag[Focus] | None = None
    activity: Tag[Activity] | None = None
    marks: Marks

    def has(self, mark: Mark) -> bool:
        """Whether the utterance carries `mark`."""
        return mark in self.marks.value


class ConversationTags(Value):
    """The codebook's fields of the whole conversation."""

    kind: Tag[Kind]
    focus: Tag[ConversationFocus]
    style: Tag[Style]
    challenge_level: Tag[int]


class TaggedConversation(Value):
    """A conversation with tags, one per utterance and in the same order."""

    conversation: Conversation
    tags: tuple[UtteranceTags, ...]
    tagged_by: Provenance
