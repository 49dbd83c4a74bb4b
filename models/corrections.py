"""Corrections of tags by somebody who was there: put beside the tags, never over them."""

from collections.abc import Iterable
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from models.conversation import Value
from models.labels import (
    ACTIVITIES,
    COACH_MARKS,
    COACHEE_MARKS,
    FOCUSES,
    MARKS,
    QUESTION_FORMS,
    TELLING_KINDS,
    Mark,
    Role,
)
from models.tags import Marks, Tag, TaggedConversation, UtteranceTags

CorrectedField = Literal["act", "challenge", "focus", "activity", Mark]

# What a coach's utterance does, as one choice: the codebook's act, with the form of a
# question and the kind of a telling, whose names are all different.
DEEDS: Final = (*QUESTION_FORMS, *TELLING_KINDS, "reflection", "other")
_FLAG: Final = ("yes", "no")
CHOICES: Final[dict[CorrectedField, tuple[str, ...]]] = {
    "act": DEEDS,
    "challenge": _FLAG,
    "focus": FOCUSES,
    "activity": ACTIVITIES,
    **dict.fromkeys(MARKS, _FLAG),
}


class Correction(Value):
    """The right value of one tag.

    Attributes:
        utterance: Utterance number, from 0.
        field: Which of its tags; a mark is a tag of its own.
        value: One of `CHOICES[field]`.
    """

    utterance: int = Field(ge=0)
    field: CorrectedField
    value: str

    @model_validator(mode="after")
    def _value_fits(self) -> "Correction":
        if self.value not in CHOICES[self.field]:
            raise ValueError(f"{self.field} is one of {', '.join(CHOICES[self.field])}")
        return self


def fields_of(role: Role) -> tuple[CorrectedField, ...]:
    """The tags that an utterance of that side can have."""
    if role == "coach":
        return ("act", "challenge", "focus", "activity", *COACH_MARKS)
    return COACHEE_MARKS if role == "coachee" else ()


def value_of(tags: UtteranceTags, field: CorrectedField) -> str:
    """What a tag says, as one of `CHOICES[field]`."""
    match field:
        case "act":
            chosen = tags.question_form or tags.telling_kind or tags.act
            return "other" if chosen is None else chosen.value
        case "challenge":
            return _flag(tags.challenge is not None and tags.challenge.value)
        case "focus":
            return "neither" if tags.focus is None else tags.focus.value
        case "activity":
            return "none" if tags.activity is None else tags.activity.value
        case mark:
            return _flag(tags.has(mark))


def correct(tagged: TaggedConversation, corrections: Iterable[Correction]) -> TaggedConversation:
    """The conversation with corrected tags in place of the tagger's, each with probability 1.

    A correction of a tag that the speaker's side does not have is passed over: it was made
    while somebody else was taken to be the coach.

    Args:
        tagged: As the tagger left it.
        corrections: In any order, at most one for each tag.
    """
    tags = list(tagged.tags)
    roles = [utterance.role for utterance in tagged.conversation.utterances]
    for one in corrections:
        at = one.utterance
        if at < len(tags) and one.field in fields_of(roles[at]):
            tags[at] = tags[at].model_copy(update=_changes(tags[at], one))
    return tagged.model_copy(update={"tags": tuple(_consistent(t) for t in tags)})


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def _changes(tags: UtteranceTags, one: Correction) -> dict[str, Any]:
    """What a correction changes in an utterance's tags."""
    if one.field == "act":
        return _deed(one.value)
    if one.field == "challenge":
        return {"challenge": Tag[bool](value=one.value == "yes", p=1.0)}
    if one.field in ("focus", "activity"):
        return {one.field: Tag[Any](value=one.value, p=1.0)}
    mark, wanted = one.field, one.value == "yes"
    kept = tuple(m for m in MARKS if (wanted if m == mark else tags.has(m)))
    return {"marks": Marks(value=kept, p={**tags.marks.p, mark: float(wanted)})}


def _deed(value: str) -> dict[str, Any]:
    act, form, telling = value, None, None
    if value in QUESTION_FORMS:
        act, form = "question", Tag[Any](value=value, p=1.0)
    elif value in TELLING_KINDS:
        act, telling = "telling", Tag[Any](value=value, p=1.0)
    return {"act": Tag[Any](value=act, p=1.0), "question_form": form, "telling_kind": telling}


def _consistent(tags: UtteranceTags) -> UtteranceTags:
    """The codebook's rule: what does nothing is about nothing."""
    if tags.act is None or tags.act.value != "other":
        return tags
    p = tags.act.p
    nothing = {"focus": Tag[Any](value="neither", p=p), "activity": Tag[Any](value="none", p=p)}
    return tags.model_copy(update=nothing)
