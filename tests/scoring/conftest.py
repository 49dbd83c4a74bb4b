"""Tagged conversations made by hand, and any tagged conversation at all."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from models.conversation import Conversation, Provenance, RoleAssignment, Utterance
from models.labels import (
    ACTIVITIES,
    COACH_MARKS,
    COACHEE_MARKS,
    FOCUSES,
    QUESTION_FORMS,
    ROLES,
    TELLING_KINDS,
)
from models.tags import Marks, Tag, TaggedConversation, UtteranceTags
from scoring.table import Table, build_table

Row = tuple[str, str, dict[str, Any]]
Rows = list[Row]

_NAMES = {"coach": "Ana", "coachee": "Ben", "other": "Cy"}


class Script:
    """Writes the rows of a conversation: who says what, and what it is tagged as."""

    def ask(self, form: str = "open", focus: str = "deal", **more: Any) -> Row:
        return self.coach(more.pop("text", "What?"), act="question", form=form, focus=focus, **more)

    def tell(self, kind: str = "information", focus: str = "deal", **more: Any) -> Row:
        return self.coach(more.pop("text", "Well."), act="telling", kind=kind, focus=focus, **more)

    def reflect(self, **more: Any) -> Row:
        return self.coach(more.pop("text", "So it was."), act="reflection", **more)

    def okay(self, **more: Any) -> Row:
        return self.coach(more.pop("text", "Okay."), act="other", **more)

    def coach(self, text: str, **tags: Any) -> Row:
        return ("coach", text, tags)

    def answer(self, *marks: str, text: str = "Yes it is.") -> Row:
        return ("coachee", text, {"marks": marks})

    def other(self, *marks: str, text: str = "Coffee?") -> Row:
        return ("other", text, {"marks": marks})

    def tagged(self, rows: Rows, p: float = 1.0) -> TaggedConversation:
        """The conversation, every tag with the probability `p`."""
        return TaggedConversation(
            conversation=Conversation(
                utterances=tuple(
                    Utterance(index=i, source=i, speaker=_NAMES[role], role=role, text=text)
                    for i, (role, text, _) in enumerate(rows)
                ),
                roles=RoleAssignment(
                    roles={_NAMES[role]: role for role, _, _ in rows}, source="file", confidence=1
                ),
            ),
            tags=tuple(_tags(role, p, **tags) for role, _, tags in rows),
            tagged_by=Provenance(name="hand", version="1"),
        )

    def table(self, rows: Rows) -> Table:
        return build_table(self.tagged(rows))


def _tags(
    role: str,
    p: float,
    *,
    act: str = "other",
    form: str | None = None,
    kind: str | None = None,
    challenge: bool = False,
    focus: str = "neither",
    activity: str = "none",
    marks: tuple[str, ...] = (),
) -> UtteranceTags:
    allowed = COACH_MARKS if role == "coach" else COACHEE_MARKS
    found = Marks(
        value=tuple(m for m in allowed if m in marks),
        p={m: p if m in marks else 1 - p for m in allowed},
    )
    if role != "coach":
        return UtteranceTags(marks=found)
    return UtteranceTags(
        act=Tag(value=act, p=p),
        question_form=Tag(value=form, p=p) if form else None,
        telling_kind=Tag(value=kind, p=p) if kind else None,
        challenge=Tag(value=challenge, p=p),
        focus=Tag(value=focus, p=p),
        activity=Tag(value=activity, p=p),
        marks=found,
    )


def _coach_rows() -> st.SearchStrategy[Row]:
    marks = st.lists(st.sampled_from(COACH_MARKS), unique=True).map(tuple)
    common = {
        "challenge": st.booleans(),
        "focus": st.sampled_from(FOCUSES),
        "activity": st.sampled_from(ACTIVITIES),
        "marks": marks,
    }
    dicts = st.one_of(
        st.fixed_dictionaries(
            {"act": st.just("question"), "form": st.sampled_from(QUESTION_FORMS), **common}
        ),
        st.fixed_dictionaries(
            {"act": st.just("telling"), "kind": st.sampled_from(TELLING_KINDS), **common}
        ),
        st.fixed_dictionaries({"act": st.just("reflection"), **common}),
        st.fixed_dictionaries({"act": st.just("other"), "marks": marks}),
    )
    return st.tuples(st.just("coach"), _texts(), dicts)


def _texts() -> st.SearchStrategy[str]:
    return st.sampled_from(["", "Okay.", "By Friday I will.", "one two three " * 25])


def _rows(most: int) -> st.SearchStrategy[Rows]:
    marks = st.lists(st.sampled_from(COACHEE_MARKS), unique=True).map(tuple)
    listening = st.tuples(
        st.sampled_from([role for role in ROLES if role != "coach"]),
        _texts(),
        st.fixed_dictionaries({"marks": marks}),
    )
    return st.lists(st.one_of(_coach_rows(), listening), max_size=most)


@pytest.fixture(scope="session")
def script() -> Script:
    return Script()


@pytest.fixture(scope="session")
def any_rows() -> Callable[[int], st.SearchStrategy[Rows]]:
    """Rows of any conversation that obeys the codebook, up to a length."""
    return _rows
