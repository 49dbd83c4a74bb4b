"""What a tagger predicts: one matrix of probabilities per conversation, and its decoding.

Every tagger family fills the same columns, so families can be compared, stacked and
calibrated without knowing each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from models.conversation import Utterance
from models.labelled import LabelledConversation, UtteranceLabels
from models.labels import (
    ACTIVITIES,
    ACTS,
    COACH_MARKS,
    COACHEE_MARKS,
    FOCUSES,
    QUESTION_FORMS,
    TELLING_KINDS,
    Role,
)
from models.tags import Marks, Tag, UtteranceTags

Matrix = npt.NDArray[np.float32]
Side = Literal["coach", "coachee"]


@dataclass(frozen=True)
class Head:
    """One thing to predict.

    Attributes:
        name: Field of the codebook, or the mark.
        side: Whose utterances it is defined for.
        classes: The values; a single class makes a yes-or-no head.
        within: The value of `act` it is defined for, None for all.
        start: First column in the probability matrix.
    """

    name: str
    side: Side
    classes: tuple[str, ...]
    within: str | None
    start: int

    @property
    def columns(self) -> slice:
        """Columns of the probability matrix."""
        return slice(self.start, self.start + len(self.classes))

    @property
    def is_flag(self) -> bool:
        """Whether this is a yes-or-no head."""
        return len(self.classes) == 1

    @property
    def key(self) -> str:
        """Unique name, such as "coach.act"."""
        return f"{self.side}.{self.name}"


def _build() -> tuple[Head, ...]:
    heads: list[Head] = []
    spec: list[tuple[str, Side, tuple[str, ...], str | None]] = [
        ("act", "coach", ACTS, None),
        ("question_form", "coach", QUESTION_FORMS, "question"),
        ("telling_kind", "coach", TELLING_KINDS, "telling"),
        ("challenge", "coach", ("challenge",), None),
        ("focus", "coach", FOCUSES, None),
        ("activity", "coach", ACTIVITIES, None),
        *((mark, "coach", (mark,), None) for mark in COACH_MARKS),
        *((mark, "coachee", (mark,), None) for mark in COACHEE_MARKS),
    ]
    start = 0
    for name, side, classes, within in spec:
        heads.append(Head(name, side, tuple(classes), within, start))
        start += len(classes)
    return tuple(heads)


HEADS: Final[tuple[Head, ...]] = _build()
HEAD: Final[dict[str, Head]] = {head.key: head for head in HEADS}
WIDTH: Final = HEADS[-1].columns.stop


def target(head: Head, labels: UtteranceLabels | None, role: Role) -> int | None:
    """Class index of `labels` under `head`, None where the head is not defined there."""
    if labels is None or role != head.side:
        return None
    if head.within is not None and labels.act != head.within:
        return None
    if head.name == "challenge":
        return None if labels.challenge is None else int(labels.challenge)
    if head.is_flag:
        return None if labels.marks is None else int(head.name in labels.marks)
    value = getattr(labels, head.name)
    return None if value is None else head.classes.index(value)


def targets(head: Head, corpus: Sequence[LabelledConversation]) -> npt.NDArray[np.int64]:
    """Class index of every utterance of `corpus` in order, -1 where `head` is not defined."""
    found = (
        target(head, labels, utterance.role)
        for item in corpus
        for utterance, labels in zip(
            item.conversation.utterances, item.utterance_labels, strict=True
        )
    )
    return np.array([-1 if value is None else value for value in found], dtype=np.int64)


def link(scores: npt.NDArray[Any]) -> Matrix:
    """Scores to probabilities, softmax or logistic as each head needs."""
    out = np.empty(scores.shape, dtype=np.float32)
    for head in HEADS:
        part = scores[:, head.columns]
        if head.is_flag:
            out[:, head.columns] = 1 / (1 + np.exp(-part))
        else:
            raised = np.exp(part - part.max(axis=1, keepdims=True))
            out[:, head.columns] = raised / raised.sum(axis=1, keepdims=True)
    return out


def decode(
    matrix: Matrix, utterances: Sequence[Utterance], thresholds: dict[str, float]
) -> tuple[UtteranceTags, ...]:
    """Turn probabilities into tags that obey the codebook.

    Args:
        matrix: Shape (utterances, `WIDTH`), probabilities.
        utterances: The conversation, in order.
        thresholds: By head key, the least probability at which a flag is set.

    Returns:
        One `UtteranceTags` per utterance. `act` other has focus neither and activity none.
    """
    return tuple(
        _decode_coach(row, thresholds)
        if utterance.role == "coach"
        else _decode_other_side(row, utterance.role, thresholds)
        for row, utterance in zip(matrix, utterances, strict=True)
    )


def _decode_coach(row: Matrix, thresholds: dict[str, float]) -> UtteranceTags:
    act = _best(row, HEAD["coach.act"])
    idle = act.value == "other"
    challenge = HEAD["coach.challenge"]
    p = _unit(row[challenge.start])
    pressed = p >= thresholds[challenge.key]
    return UtteranceTags(
        act=act,
        question_form=_best(row, HEAD["coach.question_form"]) if act.value == "question" else None,
        telling_kind=_best(row, HEAD["coach.telling_kind"]) if act.value == "telling" else None,
        challenge=Tag[bool](value=pressed, p=p if pressed else 1 - p),
        focus=Tag[Any](value="neither", p=act.p) if idle else _best(row, HEAD["coach.focus"]),
        activity=Tag[Any](value="none", p=act.p) if idle else _best(row, HEAD["coach.activity"]),
        marks=_decode_marks(row, "coach", thresholds),
    )


def _decode_other_side(row: Matrix, role: Role, thresholds: dict[str, float]) -> UtteranceTags:
    """Marks of a coachee; somebody who is neither coach nor coachee carries none."""
    marks = _decode_marks(row, "coachee", thresholds)
    return UtteranceTags(marks=marks if role == "coachee" else Marks(value=(), p={}))


def _decode_marks(row: Matrix, side: Side, thresholds: dict[str, float]) -> Marks:
    names = COACH_MARKS if side == "coach" else COACHEE_MARKS
    p = {name: _unit(row[HEAD[f"{side}.{name}"].start]) for name in names}
    return Marks(value=tuple(n for n in names if p[n] >= thresholds[f"{side}.{n}"]), p=p)


def _best(row: Matrix, head: Head) -> Tag[Any]:
    values = row[head.columns]
    best = int(values.argmax())
    return Tag[Any](value=head.classes[best], p=_unit(values[best]))


def _unit(value: np.float32) -> float:
    return round(min(max(float(value), 0.0), 1.0), 4)
