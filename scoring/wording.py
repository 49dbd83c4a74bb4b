"""Plain words for a reader who has never seen the codebook: no label name gets past here."""

import re
import shlex
import unicodedata
from datetime import datetime
from typing import Final

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
from scoring.metrics import METRICS

KINDS: Final[dict[Kind, str]] = {
    "one_on_one": "One-on-one",
    "deal_review": "Deal review",
    "ride_along": "Ride-along",
    "coach_the_coach": "Coaching the coach",
    "performance_review": "Performance review",
}
FOCUSES: Final[dict[ConversationFocus, str]] = {
    "deal_pursuit": "mostly about deals",
    "development": "mostly about how the work is done",
}
STYLES: Final[dict[Style, str]] = {
    "questioning": "led by questions",
    "telling": "led by telling",
}
CHALLENGE_LEVELS: Final = (
    "accepts every answer",
    "challenges once or weakly",
    "challenges the points that matter",
    "challenges steadily",
)
ACTS: Final[dict[Act, str]] = {
    "question": "question",
    "telling": "telling",
    "reflection": "words given back",
    "other": "",
}
QUESTION_FORMS: Final[dict[QuestionForm, str]] = {
    "open": "open question",
    "closed": "closed question",
    "leading": "leading question",
}
TELLING_KINDS: Final[dict[TellingKind, str]] = {
    "guidance": "guidance",
    "feedback": "feedback",
    "information": "information",
}
UTTERANCE_FOCUSES: Final[dict[Focus, str]] = {
    "deal": "deal",
    "development": "development",
    "neither": "",
}
ACTIVITIES: Final[dict[Activity, str]] = {
    "call": "a customer conversation",
    "opportunity": "one opportunity",
    "account": "an account",
    "territory": "the territory",
    "none": "",
}
MARKS: Final[dict[Mark, str]] = {
    "skill_gap": "names a gap",
    "process": "process",
    "outcome": "outcome",
    "action_item": "next step",
    "follow_up": "earlier agreement",
    "initiative": "initiative",
    "unsupported": "unsupported claim",
    "reflection": "examines own work",
}

_SAFE_NAME: Final = re.compile(r"[\w .,'()&-]+")
_SAFE_FILE: Final = re.compile(r"[\w./][\w./-]*")


def clean(text: str) -> str:
    """One line without control characters: a transcript must not steer a terminal.

    Line breaks become spaces; escape codes and marks that turn the direction of writing go.
    """
    kept = (c if unicodedata.category(c) not in ("Cc", "Cf", "Cs") else " " for c in text)
    return " ".join("".join(kept).split())


def capital(text: str) -> str:
    """The text with its first letter large and the rest as it is."""
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """A share from 0 to 1, such as "38 %", with a space that does not break."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"


def number(value: float) -> str:
    """A number with one decimal at most: "12", "7.5"."""
    return f"{round(value, 1):g}"


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun: "1 challenge", "4 challenges"."""
    return f"{count} {one if count == 1 else many}"


def measured(metric: str, part: float, whole: float | None) -> str:
    """What a metric counted, in words, by its unit; a share of nothing known is a percentage."""
    unit = METRICS[metric].unit
    if whole is None and unit.startswith("share"):
        return percent(part)
    if whole is None or unit == "count":
        return number(part)
    if not whole:
        return "nothing to judge by"
    if unit == "words":
        return f"{round(part / whole)} words"
    if unit == "per 100":
        return f"{number(part)} in {counted(round(whole), 'sentence', 'sentences')}"
    return f"{number(part)} of {number(whole)}" + " words" * (unit == "share of words")


def sure(p: float) -> str:
    """A probability in words."""
    return "certain" if p >= 0.995 else f"{percent(p)} sure"


def day(when: datetime | None) -> str | None:
    """A date as people write it: "4 March 2026"."""
    return None if when is None else f"{when.day} {when:%B %Y}"


def length(seconds: float | None) -> str | None:
    """A duration in minutes: "42 min", "1 h 05 min"."""
    if seconds is None:
        return None
    minutes = max(round(seconds / 60), 1)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{minutes} min"


def moment(index: int, start: float | None) -> str:
    """Where a sentence is: its time, else its number counted from 1 as people count."""
    if start is None:
        return f"#{index + 1}"
    minutes, seconds = divmod(int(start), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def swap_command(file_name: str, name: str) -> str:
    """The command that analyses a file again with somebody else as the coach.

    Names come from a transcript and may end up in a shell: what double quotes would not
    keep harmless is quoted the strict way.
    """
    file = file_name if _SAFE_FILE.fullmatch(file_name) else _quoted(file_name)
    return f"coachscore analyze {file} --coach {_quoted(name)}"


def _quoted(text: str) -> str:
    return f'"{text}"' if _SAFE_NAME.fullmatch(text) else shlex.quote(text)
