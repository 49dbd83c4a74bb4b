"""The label vocabulary of the codebook (docs/codebook.md), as types and tuples.

Every other module takes its label names from here, so a label that is spelled
differently anywhere is a type error.
"""

from typing import Final, Literal, get_args

CODEBOOK_VERSION: Final = "1"

Role = Literal["coach", "coachee", "other"]
Act = Literal["question", "telling", "reflection", "other"]
QuestionForm = Literal["open", "closed", "leading"]
TellingKind = Literal["guidance", "feedback", "information"]
Focus = Literal["deal", "development", "neither"]
Activity = Literal["call", "opportunity", "account", "territory", "none"]
Mark = Literal[
    "skill_gap",
    "process",
    "outcome",
    "action_item",
    "follow_up",
    "initiative",
    "unsupported",
    "reflection",
]
Kind = Literal["one_on_one", "deal_review", "ride_along", "coach_the_coach", "performance_review"]
ConversationFocus = Literal["deal_pursuit", "development"]
Style = Literal["questioning", "telling"]
Criterion = Literal["inquiry", "challenge", "development", "guidance", "commitment"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
ACTS: Final[tuple[Act, ...]] = get_args(Act)
QUESTION_FORMS: Final[tuple[QuestionForm, ...]] = get_args(QuestionForm)
TELLING_KINDS: Final[tuple[TellingKind, ...]] = get_args(TellingKind)
FOCUSES: Final[tuple[Focus, ...]] = get_args(Focus)
ACTIVITIES: Final[tuple[Activity, ...]] = get_args(Activity)
MARKS: Final[tuple[Mark, ...]] = get_args(Mark)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STYLES: Final[tuple[Style, ...]] = get_args(Style)
CRITERIA: Final[tuple[Criterion, ...]] = get_args(Criterion)

# "unsupported" and "reflection" are defined for the coachee only; the rest for both sides.
COACHEE_MARKS: Final[tuple[Mark, ...]] = MARKS
COACH_MARKS: Final[tuple[Mark, ...]] = MARKS[:6]
