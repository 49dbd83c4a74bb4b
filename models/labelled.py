"""Labelled conversations: reading the product's conversation JSON with its `labels`.

The format is in docs/formats.md. Reading is lenient about keys it does not know,
so that corpora with extra fields can be evaluated, and strict about labels.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.conversation import Conversation, Provenance, RoleAssignment, Utterance
from models.errors import CoachscoreError
from models.labels import (
    COACH_MARKS,
    COACHEE_MARKS,
    Act,
    Activity,
    ConversationFocus,
    Criterion,
    Focus,
    Kind,
    Mark,
    QuestionForm,
    Role,
    Style,
    TellingKind,
)
from models.tags import Marks, Tag, TaggedConversation, UtteranceTags

Split = Literal["train", "dev", "test"]


class LabelledDataError(CoachscoreError):
    """A labelled conversation cannot be read."""

    title = "This is not a labelled conversation"


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class UtteranceLabels(_Lenient):
    """The codebook's labels of one utterance, as a reader gave them.

    A field is None where the codebook does not define it, or where nobody looked for it.
    """

    act: Act | None = None
    question_form: QuestionForm | None = None
    telling_kind: TellingKind | None = None
    challenge: bool | None = None
    focus: Focus | None = None
    activity: Activity | None = None
    marks: frozenset[Mark] | None = frozenset()


class ConversationLabels(_Lenient):
    """The codebook's labels of one conversation; ratings are 1 to 5."""

    kind: Kind | None = None
    focus: ConversationFocus | None = None
    style: Style | None = None
    challenge_level: int | None = Field(default=None, ge=0, le=3)
    ratings: dict[Criterion, Annotated[float, Field(ge=1, le=5)]] = {}
    coaching: float | None = Field(default=None, ge=1, le=5)


class LabelledConversation(_Lenient):
    """A conversation with its labels, one `UtteranceLabels` per utterance (None: unlabelled)."""

    id: str
    author: str
    medium: str | None = None
    english: str | None = None
    conversation: Conversation
    labels: ConversationLabels
    utterance_labels: tuple[UtteranceLabels | None, ...]


class _RawUtterance(_Lenient):
    speaker: str
    text: str
    start: float | None = None
    end: float | None = None
    labels: UtteranceLabels | None = None


class _RawParticipant(_Lenient):
    speaker: str
    role: Role | None = None


class _RawConversation(_Lenient):
    id: str | None = None
    author: str = "unknown"
    medium: str | None = None
    english: str | None = None
    kind: Kind | None = None
    participants: tuple[_RawParticipant, ...] = ()
    utterances: tuple[_RawUtterance, ...] = Field(min_length=1)
    labels: ConversationLabels = ConversationLabels()


def read_labelled(path: Path) -> LabelledConversation:
    """Read one labelled conversation file.

    Raises:
        LabelledDataError: The file is not JSON, or a field is not as docs/formats.md says.
    """
    try:
        raw = _RawConversation.model_validate(json.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, RecursionError) as error:
        raise LabelledDataError(f"{path.name}: {_first_problem(error)}") from error
    utterances = tuple(
        Utterance(
            index=i,
            source=i,
            speaker=u.speaker,
            role=role,
            start=u.start,
            end=u.end,
            text=u.text,
        )
        for i, (u, role) in enumerate(zip(raw.utterances, _roles(raw), strict=True))
    )
    roles = {u.speaker: u.role for u in utterances}
    return LabelledConversation(
        id=raw.id or path.stem,
        author=raw.author,
        medium=raw.medium,
        english=raw.english,
        conversation=Conversation(
            utterances=utterances,
            roles=RoleAssignment(roles=roles, source="file", confidence=1.0),
            kind=raw.kind,
        ),
        labels=raw.labels,
        utterance_labels=tuple(u.labels for u in raw.utterances),
    )


def read_corpus(path: Path) -> list[LabelledConversation]:
    """Read a labelled file, or every ``*.json`` conversation below a folder, in name order.

    Manifests and other JSON without ``utterances`` are passed over in a folder.

    Raises:
        LabelledDataError: Nothing labelled is there, or a file is malformed.
    """
    if path.is_file():
        return [read_labelled(path)]
    files = [p for p in sorted(path.rglob("*.json")) if _holds_utterances(p)]
    if not files:
        raise LabelledDataError(
            f"{path}: no conversation JSON is there; "
            "give a file or a folder of files as docs/formats.md describes"
        )
    return [read_labelled(p) for p in files]


def gold_tags(item: LabelledConversation) -> TaggedConversation:
    """The labels of a conversation as tags with probability 1, for fitting the score."""
    tags = []
    for utterance, given in zip(item.conversation.utterances, item.utterance_labels, strict=True):
        labels = given or UtteranceLabels()
        marked = labels.marks or frozenset()
        names = COACH_MARKS if utterance.role == "coach" else COACHEE_MARKS
        marks = Marks(
            value=tuple(n for n in names if n in marked),
            p={n: float(n in marked) for n in names},
        )
        fields = {
            field: None if value is None else Tag[Any](value=value, p=1.0)
            for field in ("act", "question_form", "telling_kind", "challenge", "focus", "activity")
            for value in [getattr(labels, field)]
        }
        tags.append(UtteranceTags(marks=marks, **fields))
    return TaggedConversation(
        conversation=item.conversation,
        tags=tuple(tags),
        tagged_by=Provenance(name="labels", version="1"),
    )


def read_splits(corpus: Path) -> dict[Split, frozenset[str]]:
    """Authors by split, from the corpus's ``manifest.json``.

    Splitting by author keeps every author's hand, and so every conversation, on one side.

    Raises:
        LabelledDataError: It is missing or does not name the three splits.
    """
    try:
        text = (corpus / "manifest.json").read_text(encoding="utf-8")
        splits: dict[str, list[str]] = json.loads(text)["splits"]
        return {name: frozenset(splits[name]) for name in ("train", "dev", "test")}
    except (OSError, ValueError, KeyError) as error:
        raise LabelledDataError(
            f"{corpus}/manifest.json with its splits by author cannot be read ({error}). "
            "docs/development.md says what a corpus to train on holds."
        ) from error


def _holds_utterances(path: Path) -> bool:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return True  # Let read_labelled say what is wrong with it.
    return isinstance(data, dict) and isinstance(data.get("utterances"), list)


def _roles(raw: _RawConversation) -> list[Role]:
    """Role per utterance: as stated, else whoever has `act` labels coaches."""
    stated = {p.speaker: p.role for p in raw.participants if p.role is not None}
    coaches = {u.speaker for u in raw.utterances if u.labels is not None and u.labels.act}
    fallback: dict[str, Role] = {
        u.speaker: "coach" if u.speaker in coaches else "coachee" for u in raw.utterances
    }
    return [stated.get(u.speaker, fallback[u.speaker]) for u in raw.utterances]


def _first_problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        return f"{where}: {first['msg']}"
    return f"not valid JSON ({error})"
