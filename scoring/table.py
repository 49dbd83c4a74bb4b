"""A tagged conversation as columns: what the metrics compute on."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.labels import MARKS
from models.tags import TaggedConversation, UtteranceTags

Column = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_DATE: Final = re.compile(
    r"\b(?:today|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|next (?:week|month|call|visit|time|one)|this (?:week|afternoon|evening)"
    r"|end of|in (?:a|an|one|two|three|four|a couple of) (?:days?|weeks?|hours?|months?)"
    r"|by (?:the (?:end|time|weekend|\d)|lunch|noon|close|half|\w+ ?o'?clock|\d)"
    r"|january|february|march|april|june|july|august|september|october|november|december"
    r"|\d+(?:st|nd|rd|th)|first thing|fortnight)\b",
    re.IGNORECASE,
)

FLAGS: Final[tuple[str, ...]] = (
    "question", "open", "closed", "leading", "telling", "guidance", "feedback",
    "information", "given_back", "challenge", "deal", "development",
    "call", "opportunity", "account", "territory",
    *(f"mark_{mark}" for mark in MARKS),
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One row per utterance.

    Attributes:
        coach: 1 where the coach speaks, shape (n,).
        coachee: 1 where the coachee speaks, shape (n,).
        words: Number of words, shape (n,).
        turn: Number of the turn, counting up by one where the speaker changes, shape (n,).
        dated: 1 where the words name a day or a date, shape (n,).
        flags: 0 or 1 by name in `FLAGS`, each shape (n,).
    """

    coach: Column
    coachee: Column
    words: Column
    turn: Index
    dated: Column
    flags: dict[str, Column]

    def __len__(self) -> int:
        return len(self.coach)

    def __getitem__(self, flag: str) -> Column:
        return self.flags[flag]

    @property
    def substantive(self) -> Column:
        """1 where the coach asks, tells or gives back: everything but `act` other."""
        return self["question"] + self["telling"] + self["given_back"]


def build_table(tagged: TaggedConversation) -> Table:
    """Columns of a tagged conversation."""
    utterances = tagged.conversation.utterances
    flags = {name: np.zeros(len(utterances)) for name in FLAGS}
    for i, tags in enumerate(tagged.tags):
        for name in _flags_of(tags):
            flags[name][i] = 1
    speakers = [u.speaker for u in utterances]
    changes = [i > 0 and speakers[i] != speakers[i - 1] for i in range(len(speakers))]
    return Table(
        coach=np.array([float(u.role == "coach") for u in utterances]),
        coachee=np.array([float(u.role == "coachee") for u in utterances]),
        words=np.array([float(len(u.text.split())) for u in utterances]),
        turn=np.cumsum(changes).astype(np.int64),
        dated=np.array([float(bool(_DATE.search(u.text))) for u in utterances]),
        flags=flags,
    )


def _flags_of(tags: UtteranceTags) -> list[str]:
    names = [f"mark_{mark}" for mark in tags.marks.value]
    if tags.act is not None and tags.act.value != "other":
        names.append("given_back" if tags.act.value == "reflection" else tags.act.value)
    fields = (tags.question_form, tags.telling_kind, tags.focus, tags.activity)
    names.extend(tag.value for tag in fields if tag is not None and tag.value in FLAGS)
    if tags.challenge is not None and tags.challenge.value:
        names.append("challenge")
    return names
