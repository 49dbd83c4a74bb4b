"""A tagged conversation as columns: what the metrics compute on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from models.conversation import Utterance
from models.labels import MARKS
from models.tags import TaggedConversation, UtteranceTags

Column = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_FEW: Final = r"(?:an?|one|two|three|four|five|six|ten|a couple of|the next|\d+)"
_TEENS: Final = r"(?:thir|four|fif|six|seven|eigh|nine)teenth"
_ORDINAL: Final = (
    r"(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
    rf"|tenth|eleventh|twelfth|{_TEENS}|twentieth|thirtieth"
)
_DATE: Final = re.compile(
    r"\b(?:today|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|next (?:week|month|quarter)|this (?:week|weekend|month|morning|afternoon|evening)"
    r"|end of (?:the |this |next )?(?:day|week|month|quarter|year|\w+day)"
    rf"|(?:with)?in {_FEW} (?:minutes?|hours?|days?|weeks?|months?)"
    r"|(?:by|at|before|until) (?:lunch|noon|midday|close|half|\w+ ?o'?clock|\d)"
    r"|by the (?:end|weekend|\d)"
    r"|january|february|march|april|june|july|august|september|october|november|december"
    r"|(?:in|by|of|early|late|mid|\d\d?) ?may"
    rf"|(?:by|on|before|until|from) the (?:{_ORDINAL})|(?:{_TEENS}|\d+(?:st|nd|rd|th))"
    r"|first thing|fortnight)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[\w']+")

# An answer of fewer words makes nobody think aloud: in the corpus one open question in eight
# about how somebody works gets such a one.
_ANSWER: Final = 6
# Shorter sentences are said again by anybody: "and then what".
_SAME: Final = 4

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
        answered: 1 where the coachee then says more than a few words, before the coach goes
            on, shape (n,).
        fresh: 0 where the same person said the same sentence before, else 1, shape (n,).
        flags: 0 or 1 by name in `FLAGS`, each shape (n,).
    """

    coach: Column
    coachee: Column
    words: Column
    turn: Index
    dated: Column
    answered: Column
    fresh: Column
    flags: dict[str, Column]

    def __len__(self) -> int:
        return len(self.coach)

    def __getitem__(self, flag: str) -> Column:
        return self.flags[flag]

    @property
    def substantive(self) -> Column:
        """1 where the coach asks, tells or gives back: everything but `act` other."""
        return _substantive(self.flags)


def build_table(tagged: TaggedConversation) -> Table:
    """Columns of a tagged conversation."""
    utterances = tagged.conversation.utterances
    flags = {name: np.zeros(len(utterances)) for name in FLAGS}
    for i, tags in enumerate(tagged.tags):
        for name, _ in _flags_of(tags):
            flags[name][i] = 1
    speakers = [u.speaker for u in utterances]
    changes = [i > 0 and speakers[i] != speakers[i - 1] for i in range(len(speakers))]
    return Table(
        coach=np.array([float(u.role == "coach") for u in utterances]),
        coachee=np.array([float(u.role == "coachee") for u in utterances]),
        words=np.array([float(len(u.text.split())) for u in utterances]),
        turn=np.cumsum(changes).astype(np.int64),
        dated=np.array([float(bool(_DATE.search(u.text))) for u in utterances]),
        answered=_answered(utterances, _substantive(flags)),
        fresh=_fresh(utterances),
        flags=flags,
    )


def _substantive(flags: Mapping[str, Column]) -> Column:
    return flags["question"] + flags["telling"] + flags["given_back"]


def _answered(utterances: Sequence[Utterance], substance: Column) -> Column:
    """Where the coachee says enough before the coach goes on; a mere "mhm" is not going on."""
    found, words = np.zeros(len(utterances)), 0
    runs = groupby(range(len(utterances) - 1, -1, -1), key=lambda i: utterances[i].role)
    for role, run in runs:
        places = list(run)
        if role == "coachee":
            words += sum(len(utterances[i].text.split()) for i in places)
        elif role == "coach":
            found[places] = words >= _ANSWER
            words = 0 if substance[places].any() else words
    return found


def _fresh(utterances: Sequence[Utterance]) -> Column:
    seen: set[tuple[str, ...]] = set()
    found = np.ones(len(utterances))
    for i, one in enumerate(utterances):
        words = tuple(_WORD.findall(one.text.lower()))
        said = (one.speaker, *words)
        found[i] = len(words) < _SAME or said not in seen
        seen.add(said)
    return found


def _flags_of(tags: UtteranceTags) -> list[tuple[str, float]]:
    """The flags that an utterance carries, each with the probability of its tag."""
    found = [(f"mark_{mark}", tags.marks.p.get(mark, 1.0)) for mark in tags.marks.value]
    if tags.act is not None and tags.act.value != "other":
        given_back = tags.act.value == "reflection"
        found.append(("given_back" if given_back else tags.act.value, tags.act.p))
    fields = (tags.question_form, tags.telling_kind, tags.focus, tags.activity)
    found.extend((tag.value, tag.p) for tag in fields if tag is not None and tag.value in FLAGS)
    if tags.challenge is not None and tags.challenge.value:
        found.append(("challenge", tags.challenge.p))
    return found


def probabilities(tagged: TaggedConversation) -> dict[str, Column]:
    """By flag in `FLAGS`, how sure the tag is that sets it, shape (n,); 0 where it is not set."""
    found = {name: np.zeros(len(tagged.tags)) for name in FLAGS}
    for i, tags in enumerate(tagged.tags):
        for name, p in _flags_of(tags):
            found[name][i] = p
    return found
