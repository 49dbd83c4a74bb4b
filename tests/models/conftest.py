"""Conversations made by hand, for models that are fitted or asked here."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from models.conversation import Conversation, RoleAssignment, Utterance
from models.labelled import ConversationLabels, LabelledConversation, UtteranceLabels
from models.tags import UtteranceTags

Talk = tuple[Utterance, ...]
MakeTalk = Callable[[Iterable[tuple[str, str]]], Talk]

_NAMES = {"coach": "Ana", "coachee": "Ben", "other": "Cy"}


def _talk(rows: Iterable[tuple[str, str]]) -> Talk:
    """Utterances from pairs of role and text."""
    return tuple(
        Utterance(index=i, source=i, speaker=_NAMES[role], role=role, text=text)
        for i, (role, text) in enumerate(rows)
    )


def _conversation(talk: Talk) -> Conversation:
    roles = {u.speaker: u.role for u in talk}
    return Conversation(
        utterances=talk, roles=RoleAssignment(roles=roles, source="file", confidence=1)
    )


def _labelled(
    rows: Iterable[tuple[str, str, dict[str, Any] | None]], **fields: Any
) -> LabelledConversation:
    """A labelled conversation from role, text and labels (None: unlabelled)."""
    rows = list(rows)
    return LabelledConversation(
        id=fields.pop("id", "one"),
        author=fields.pop("author", "someone"),
        conversation=_conversation(_talk((role, text) for role, text, _ in rows)),
        labels=ConversationLabels(**fields),
        utterance_labels=tuple(
            None if given is None else UtteranceLabels(**given) for _, _, given in rows
        ),
    )


def _obey(tags: Iterable[UtteranceTags], talk: Talk) -> None:
    """Fail unless the tags are such as the codebook allows."""
    for tag, utterance in zip(tags, talk, strict=True):
        fields = (tag.act, tag.question_form, tag.telling_kind, tag.challenge, tag.focus)
        assert set(tag.marks.value) <= set(tag.marks.p)
        assert all(0 <= p <= 1 for p in tag.marks.p.values())
        if utterance.role != "coach":
            assert fields == (None,) * 5
            assert tag.activity is None
            continue
        assert not {"unsupported", "reflection"} & set(tag.marks.p)
        assert tag.act is not None
        assert tag.focus is not None
        assert tag.activity is not None
        assert tag.challenge is not None
        assert (tag.question_form is not None) == (tag.act.value == "question")
        assert (tag.telling_kind is not None) == (tag.act.value == "telling")
        if tag.act.value == "other":
            assert (tag.focus.value, tag.activity.value) == ("neither", "none")


@pytest.fixture(scope="session")
def make_talk() -> MakeTalk:
    return _talk


@pytest.fixture(scope="session")
def make_conversation() -> Callable[[Talk], Conversation]:
    return _conversation


@pytest.fixture(scope="session")
def make_labelled() -> Callable[..., LabelledConversation]:
    return _labelled


@pytest.fixture(scope="session")
def obey_codebook() -> Callable[[Iterable[UtteranceTags], Talk], None]:
    return _obey
