"""The transcript of a report: sentences with quiet tags, missed challenges, next steps."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from models.conversation import Utterance, Value
from models.labels import Role
from models.masked import joined
from models.tags import UtteranceTags
from scoring import wording
from scoring.metrics import OWN_WORDS
from scoring.metrics import steps as taken
from scoring.score import ScoredConversation
from scoring.table import Table

UNSURE: Final = 0.6  # Below this probability a tag is shown with a question mark.

_NEAR: Final = 4  # An acceptance comes within so many sentences.

Tone = Literal["plain", "deal", "development", "challenge", "missed"]
Group = Literal["questions", "challenges", "missed", "guidance", "steps"]


class Chip(Value):
    """A tag in words.

    Attributes:
        text: What it says.
        tone: How it is set.
        sure: Its probability in words.
        unsure: Whether it is less than 60 % sure.
    """

    text: str
    tone: Tone
    sure: str
    unsure: bool


class Line(Value):
    """One sentence of the transcript.

    Attributes:
        index: Utterance number from 0; what links point to.
        moment: Time, or its number counted from 1.
        speaker: Name.
        role: Side in the conversation.
        text: The words.
        first: Whether it opens a turn.
        unsure_speaker: Whether somebody else may have said it.
        chips: Its tags in words.
        groups: The filters that keep it.
    """

    index: int
    moment: str
    speaker: str
    role: Role
    text: str
    first: bool
    unsure_speaker: bool
    chips: tuple[Chip, ...]
    groups: tuple[Group, ...]


class Missed(Value):
    """Claims in one breath that passed unpressed, and what the coach said next."""

    claims: tuple[Line, ...]
    answer: Line
    said: str


class Step(Value):
    """A next step: the turn's words, whether a day is named, and who accepted it."""

    line: Line
    text: str
    dated: bool
    accepted_by: str | None = None


def build_lines(scored: ScoredConversation) -> tuple[Line, ...]:
    """The transcript in order, one line per utterance."""
    missed = frozenset(scored.missed_challenges)
    utterances = scored.tagged.conversation.utterances
    return tuple(
        _line(u, tags, u.index in missed, i == 0 or utterances[i - 1].speaker != u.speaker)
        for i, (u, tags) in enumerate(zip(utterances, scored.tagged.tags, strict=True))
    )


def _line(utterance: Utterance, tags: UtteranceTags, missed: bool, first: bool) -> Line:
    return Line(
        index=utterance.index,
        moment=wording.moment(utterance.index, utterance.start),
        speaker=wording.clean(utterance.speaker),
        role=utterance.role,
        text=joined(wording.clean(utterance.text)),
        first=first,
        unsure_speaker=utterance.speaker_confidence < UNSURE,
        chips=(*_act_chips(tags), *_mark_chips(tags, missed)),
        groups=_groups(tags, missed),
    )


def _chip(text: str, p: float, tone: Tone = "plain") -> Chip:
    return Chip(text=text, tone=tone, sure=wording.sure(p), unsure=p < UNSURE)


def _act_chips(tags: UtteranceTags) -> list[Chip]:
    """What a coach's sentence does, what it is about, and whether it presses."""
    chips: list[Chip] = []
    if tags.challenge is not None and tags.challenge.value:
        chips.append(_chip("challenge", tags.challenge.p, "challenge"))
    if tags.question_form is not None:
        chips.append(_chip(wording.QUESTION_FORMS[tags.question_form.value], tags.question_form.p))
    elif tags.telling_kind is not None:
        chips.append(_chip(wording.TELLING_KINDS[tags.telling_kind.value], tags.telling_kind.p))
    elif tags.act is not None and tags.act.value != "other":
        chips.append(_chip(wording.ACTS[tags.act.value], tags.act.p))
    if tags.focus is not None and tags.focus.value != "neither":
        about = wording.ACTIVITIES[tags.activity.value] if tags.activity is not None else ""
        focus = wording.UTTERANCE_FOCUSES[tags.focus.value]
        chips.append(_chip(f"{focus}: {about}" if about else focus, tags.focus.p, tags.focus.value))
    return chips


def _mark_chips(tags: UtteranceTags, missed: bool) -> list[Chip]:
    return [
        _chip("missed challenge", tags.marks.p.get(mark, 1.0), "missed")
        if mark == "unsupported" and missed
        else _chip(wording.MARKS[mark], tags.marks.p.get(mark, 1.0))
        for mark in tags.marks.value
    ]


def _groups(tags: UtteranceTags, missed: bool) -> tuple[Group, ...]:
    act = None if tags.act is None else tags.act.value
    telling = None if tags.telling_kind is None else tags.telling_kind.value
    belongs: dict[Group, bool] = {
        "questions": act == "question",
        "challenges": tags.challenge is not None and tags.challenge.value,
        "missed": missed,
        "guidance": telling in ("guidance", "feedback"),
        "steps": tags.has("action_item"),
    }
    return tuple(group for group, inside in belongs.items() if inside)


def find_missed(claims: Sequence[int], lines: Sequence[Line]) -> tuple[Missed, ...]:
    """Claims by the coach's next turn, which is what let them pass."""
    answered: dict[int, list[Line]] = {}
    for claim in claims:
        answer = next(line.index for line in lines[claim + 1 :] if line.role == "coach")
        answered.setdefault(answer, []).append(lines[claim])
    return tuple(
        Missed(
            claims=tuple(passed),
            answer=lines[answer],
            said=" ".join(line.text for line in _turn(lines, answer)),
        )
        for answer, passed in answered.items()
    )


def _turn(lines: Sequence[Line], start: int) -> list[Line]:
    end = next((line.index for line in lines[start + 1 :] if line.first), len(lines))
    return list(lines[start:end])


def find_steps(table: Table, lines: Sequence[Line]) -> tuple[Step, ...]:
    """Next steps turn by turn; a bare yes is told as who accepted the step before it."""
    steps: list[Step] = []
    marked = np.flatnonzero(taken(table))
    for turn in np.unique(table.turn[marked]):
        inside = [int(i) for i in marked[table.turn[marked] == turn]]
        text = " ".join(lines[i].text for i in inside)
        line = lines[inside[0]]
        if table.words[inside].sum() >= OWN_WORDS:
            steps.append(Step(line=line, text=text, dated=bool(table.dated[inside].any())))
        elif steps and _accepts(line, steps[-1]):
            steps[-1] = steps[-1].model_copy(update={"accepted_by": line.speaker})
    return tuple(steps)


def _accepts(line: Line, step: Step) -> bool:
    return line.speaker != step.line.speaker and line.index - step.line.index <= _NEAR
