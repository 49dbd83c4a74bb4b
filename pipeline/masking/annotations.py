"""The names and numbers that readers marked in conversations of the corpus."""

import json
from pathlib import Path
from typing import Literal

from models.conversation import Value
from models.masked import Masked
from pipeline.masking.spans import Found

Medium = Literal["asr", "captions", "assistant"]


class Entity(Value):
    """A name or number: its utterance from 0, its place in it, and its words."""

    utterance: int
    start: int
    end: int
    type: Masked
    text: str


class Annotated(Value):
    """A conversation with everything in it that leads to a customer.

    Attributes:
        id: As in the corpus.
        medium: Which kind of transcript it imitates.
        speakers: Names of the speakers.
        texts: What was said, one for each utterance.
        entities: What was marked, in order.
    """

    id: str
    medium: Medium
    speakers: tuple[str, ...]
    texts: tuple[str, ...]
    entities: tuple[Entity, ...]

    def marked(self) -> list[list[Found]]:
        """Places that were marked in each utterance."""
        places: list[list[Found]] = [[] for _ in self.texts]
        for one in self.entities:
            places[one.utterance].append(Found(one.start, one.end, one.type))
        return places


def read_annotated(corpus: Path, split: str) -> list[Annotated]:
    """The conversations of a split that were read for names, in order of their ids.

    Args:
        corpus: Such as `datasets/coachtalk`.
        split: "train", "dev" or "test".
    """
    return [_read(corpus, path) for path in sorted((corpus / "entities" / split).glob("*.json"))]


def read_plain(corpus: Path, split: str) -> list[Annotated]:
    """Every conversation of a split, without what was marked in it."""
    folder = corpus / "conversations" / split
    return [_talk(path, ()) for path in sorted(folder.glob("*.json"))]


def _read(corpus: Path, path: Path) -> Annotated:
    marked = json.loads(path.read_text(encoding="utf-8"))["entities"]
    entities = tuple(Entity.model_validate(one) for one in marked)
    return _talk(corpus / "conversations" / path.parent.name / path.name, entities)


def _talk(path: Path, entities: tuple[Entity, ...]) -> Annotated:
    talk = json.loads(path.read_text(encoding="utf-8"))
    return Annotated(
        id=talk["id"],
        medium=talk["medium"],
        speakers=tuple(one["speaker"] for one in talk["participants"]),
        texts=tuple(one["text"] for one in talk["utterances"]),
        entities=entities,
    )
