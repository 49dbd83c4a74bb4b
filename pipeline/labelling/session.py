"""A conversation while it is being labelled: what is asked next, undo, and the file."""

import contextlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.conversation import Utterance
from models.errors import CoachscoreError
from models.labelled import ConversationLabels, LabelledConversation, UtteranceLabels, read_labelled
from models.labels import CRITERIA, MARKS
from pipeline.labelling.codes import CONVERSATION, CodeError, read_codes

Step = int | str  # Index of an utterance, or name of a label of the conversation.


class SessionError(CoachscoreError):
    """Labels cannot be kept in this file."""

    title = "The labels cannot be kept there"


class Session:
    """Labels given so far, kept in a file after each of them.

    Attributes:
        item: The conversation; its own labels, if any, are not looked at.
        steps: Everything that is asked, in order.
        at: Place in `steps` of what is asked next; their number when all is done.
    """

    def __init__(self, item: LabelledConversation, path: Path) -> None:
        """Go on with the labels in `path`, or begin where there is no such file.

        Raises:
            SessionError: The file holds another conversation.
        """
        self.item = item
        self._path = path
        spoken = item.conversation.utterances
        # Who is neither coach nor coachee has no labels.
        self.steps: Sequence[Step] = [
            *(u.index for u in spoken if u.role != "other"),
            *CONVERSATION,
        ]
        self._answers: dict[Step, Any] = {}
        if path.exists():
            self._answers = _answers(path, spoken)
        self.at = next((i for i, s in enumerate(self.steps) if s not in self._answers), self.count)

    @property
    def count(self) -> int:
        """How many things are asked."""
        return len(self.steps)

    @property
    def step(self) -> Step | None:
        """What is asked now, None when all is done."""
        return self.steps[self.at] if self.at < self.count else None

    def answer(self, typed: str) -> None:
        """Take a code for what is asked, save, and go on to what is asked next.

        An empty answer leaves a label of the conversation out.

        Raises:
            CodeError: The code is not understood; nothing has changed.
            SessionError: The file cannot be written.
        """
        step = self.steps[self.at]
        if isinstance(step, int):
            role = self.item.conversation.utterances[step].role
            self._answers[step] = read_codes(typed, role, self._topic(step))
        elif not typed.strip():
            pass  # An answer from an earlier time stays.
        elif typed.strip() in CONVERSATION[step]:
            self._answers[step] = CONVERSATION[step][typed.strip()]
        else:
            raise CodeError(f"“{typed}”. Answers are {', '.join(CONVERSATION[step])}.")
        self.at += 1
        self.save()

    def undo(self) -> bool:
        """Take the last answer back and ask for it again; False where there is none."""
        if self.at == 0:
            return False
        self.at -= 1
        self._answers.pop(self.steps[self.at], None)
        self.save()
        return True

    def labelled(self) -> LabelledConversation:
        """The conversation with the labels given so far."""
        spoken = self.item.conversation.utterances
        whole = {k: v for k, v in self._answers.items() if isinstance(k, str)}
        ratings = {name: whole.pop(name) for name in CRITERIA if name in whole}
        return self.item.model_copy(
            update={
                "labels": ConversationLabels(**whole, ratings=ratings),
                "utterance_labels": tuple(self._answers.get(u.index) for u in spoken),
            }
        )

    def save(self) -> None:
        """Write the file whole or not at all.

        Raises:
            SessionError: It cannot be written.
        """
        text = to_json(self.labelled())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                Path(name).replace(self._path)
            except OSError:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise SessionError(f"{self._path}: {error.strerror}. Give another --out.") from error

    def _topic(self, step: int) -> UtteranceLabels | None:
        """Labels of the coach's last utterance before `step` that was about something."""
        before = (self._answers.get(i) for i in range(step - 1, -1, -1))
        return next((b for b in before if b is not None and b.act not in (None, "other")), None)


def to_json(item: LabelledConversation) -> str:
    """The labelled form of docs/formats.md."""
    spoken = zip(item.conversation.utterances, item.utterance_labels, strict=True)
    about = {"id": item.id, "author": item.author, "medium": item.medium, "english": item.english}
    document = {
        **{key: value for key, value in about.items() if value is not None},
        **({"kind": item.conversation.kind} if item.conversation.kind else {}),
        "participants": [
            {"speaker": name, "role": role} for name, role in item.conversation.roles.roles.items()
        ],
        "labels": item.labels.model_dump(exclude_none=True),
        "utterances": [_utterance(u, labels) for u, labels in spoken],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _utterance(utterance: Utterance, labels: UtteranceLabels | None) -> dict[str, Any]:
    fields = utterance.model_dump(include={"speaker", "start", "end", "text"}, exclude_none=True)
    if labels is None:
        return fields
    marks = [m for m in MARKS if m in (labels.marks or ())]
    return fields | {"labels": labels.model_dump(exclude_none=True) | {"marks": marks}}


def _answers(path: Path, spoken: Sequence[Utterance]) -> dict[Step, Any]:
    kept = read_labelled(path)
    if [u.text for u in kept.conversation.utterances] != [u.text for u in spoken]:
        raise SessionError(f"{path} holds another conversation. Give another --out.")
    if [u.role for u in kept.conversation.utterances] != [u.role for u in spoken]:
        raise SessionError(
            f"{path} was labelled with somebody else as the coach. Give another --out."
        )
    labels = kept.labels
    whole = {name: getattr(labels, name, labels.ratings.get(name)) for name in CONVERSATION}  # type: ignore[call-overload]
    given: dict[Step, Any] = {k: v for k, v in whole.items() if v is not None}
    given |= {i: g for i, g in enumerate(kept.utterance_labels) if g is not None}
    return given
