"""Short codes for the labels of one utterance or conversation, as they are typed.

docs/codebook.md lists them. Codes are read strictly: whatever is not understood is asked
again, never guessed.
"""

import re
from typing import Any, Final

from models.errors import CoachscoreError
from models.labelled import UtteranceLabels
from models.labels import COACH_MARKS, COACHEE_MARKS, CRITERIA, Mark, Role

ACTS: Final[dict[str, dict[str, str]]] = {
    "q.o": {"act": "question", "question_form": "open"},
    "q.c": {"act": "question", "question_form": "closed"},
    "q.l": {"act": "question", "question_form": "leading"},
    "t.g": {"act": "telling", "telling_kind": "guidance"},
    "t.f": {"act": "telling", "telling_kind": "feedback"},
    "t.i": {"act": "telling", "telling_kind": "information"},
    "r": {"act": "reflection"},
    "o": {"act": "other"},
}
FOCUSES: Final = {"D": "deal", "V": "development", "N": "neither"}
ACTIVITIES: Final = {"c": "call", "p": "opportunity", "a": "account", "t": "territory", "-": "none"}
MARKS: Final[dict[str, Mark]] = {
    "g": "skill_gap",
    "p": "process",
    "o": "outcome",
    "a": "action_item",
    "f": "follow_up",
    "i": "initiative",
    "u": "unsupported",
    "r": "reflection",
}
_KINDS: Final = {
    "o": "one_on_one",
    "d": "deal_review",
    "r": "ride_along",
    "c": "coach_the_coach",
    "p": "performance_review",
}
_ONE_TO_FIVE: Final = {str(n): n for n in range(1, 6)}

# What is asked about the whole conversation, in order, and the answers by code.
CONVERSATION: Final[dict[str, dict[str, Any]]] = {
    "kind": _KINDS,
    "focus": {"D": "deal_pursuit", "V": "development"},
    "style": {"q": "questioning", "t": "telling"},
    "challenge_level": {str(n): n for n in range(4)},
    **dict.fromkeys(CRITERIA, _ONE_TO_FIVE),
    "coaching": _ONE_TO_FIVE,
}

_COACH: Final = re.compile(r"(q\.[ocl]|t\.[gfi]|r|o)(!?)([DVN]?)([cpat-]?)(?:\+([a-z]+))?")


class CodeError(CoachscoreError):
    """A code is not understood."""

    title = "Not understood"


def read_codes(typed: str, role: Role, before: UtteranceLabels | None) -> UtteranceLabels:
    """Labels of one utterance.

    Args:
        typed: For a coach act, challenge, focus, activity and marks, such as "q.o! V c +p";
            for a coachee marks only, such as "+ur", or nothing. Blanks do not count.
        role: Whose utterance it is.
        before: Labels of the coach's last utterance that was about something: focus and
            activity that are left out are taken from there.

    Raises:
        CodeError: It is no code, or the codebook does not allow it there.
    """
    code = "".join(typed.split())
    if role != "coach":
        return UtteranceLabels(marks=_marks(code.removeprefix("+"), role))
    found = _COACH.fullmatch(code)
    if found is None:
        raise CodeError(f"“{typed}”. A coach's code begins with one of {', '.join(ACTS)}.")
    act, pressed, focus, activity, marks = found.groups()
    about = _about(act, focus, activity, before)
    given = {**ACTS[act], **about, "challenge": bool(pressed), "marks": _marks(marks or "", role)}
    return UtteranceLabels.model_validate(given)


def _about(
    act: str, focus: str, activity: str, before: UtteranceLabels | None
) -> dict[str, str | None]:
    if act == "o":
        if focus not in ("", "N") or activity not in ("", "-"):
            raise CodeError("Act other has focus neither and activity none: leave them out.")
        return {"focus": "neither", "activity": "none"}
    if before is None and not (focus and activity):
        raise CodeError("Focus (D, V, N) and activity (c, p, a, t, -) are needed the first time.")
    return {
        "focus": FOCUSES[focus] if focus else getattr(before, "focus", None),
        "activity": ACTIVITIES[activity] if activity else getattr(before, "activity", None),
    }


def _marks(code: str, role: Role) -> frozenset[Mark]:
    allowed = COACH_MARKS if role == "coach" else COACHEE_MARKS
    known = {letter for letter, mark in MARKS.items() if mark in allowed}
    if unknown := set(code) - known:
        raise CodeError(f"“{''.join(sorted(unknown))}”. Marks here are {', '.join(sorted(known))}.")
    return frozenset(MARKS[letter] for letter in code)
