"""Plain words for every tag that can be contested, and for each of its values."""

from typing import Final

from models.corrections import CHOICES, CorrectedField
from scoring import wording

# Where a form asks, a mark needs more words than beside a sentence.
_MARKS: Final[dict[CorrectedField, str]] = {
    "challenge": "Challenge: presses on what was said",
    "skill_gap": "Names a gap in skill, knowledge or way of working",
    "process": "Process: how the work is done",
    "outcome": "Outcome: numbers, dates, results",
    "action_item": "Next step: somebody is to do something",
    "follow_up": "Takes up an earlier agreement",
    "initiative": "Is about the current initiative",
    "unsupported": "Claim that matters, without evidence",
    "reflection": "Examines own work",
}
CHOSEN: Final[dict[CorrectedField, str]] = {
    "act": "What it does",
    "focus": "What it is about",
    "activity": "Which work it is about",
}
_NO_WORK: Final = "no work in particular"


def label(field: CorrectedField) -> str:
    """What a form calls a tag."""
    return CHOSEN.get(field) or _MARKS[field]


def options(field: CorrectedField) -> list[tuple[str, str]]:
    """Values and words of a tag of which one is chosen."""
    return [(value, wording.capital(value_words(field, value))) for value in CHOICES[field]]


def value_words(field: CorrectedField, value: str) -> str:
    """What a tag says, in words that stand on their own: "open question", "not “next step”"."""
    if field == "act":
        forms = (*wording.QUESTION_FORMS.items(), *wording.TELLING_KINDS.items())
        known = {str(name): words for name, words in forms}
        known["reflection"] = wording.ACTS["reflection"]
        return known.get(value, "nothing in particular")
    if field == "focus":
        return {"deal": "deal", "development": "development"}.get(value, "about neither")
    if field == "activity":
        return next((w for a, w in wording.ACTIVITIES.items() if a == value and w), _NO_WORK)
    name = "challenge" if field == "challenge" else wording.MARKS[field]
    return name if value == "yes" else f"not “{name}”"
