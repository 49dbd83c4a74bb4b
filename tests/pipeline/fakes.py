"""Stages that give small real values at once, and note that they were called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models.conversation import (
    Conversation,
    Provenance,
    Recording,
    RoleAssignment,
    Segment,
    Transcript,
    Utterance,
)
from models.tags import ConversationTags, Marks, Tag, TaggedConversation, UtteranceTags
from pipeline import jobs, rubric_versions, stages
from pipeline.rubrics import load_rubric
from pipeline.sql import table
from pipeline.store import AnalysisRecord, Store
from pipeline.tables import AnalysisRow
from scoring.rubric import Rubric
from scoring.score import Score, ScoredConversation

ALL = ("probe", "transcribe", "attribute", "tag", "score")
SPEAKERS = ("Ana", "Ben")


def recording(sha256: str = "a" * 64) -> Recording:
    return Recording(sha256=sha256, name="talk.txt", path="talk.txt", medium="transcript")


def analyses(store: Store) -> list[AnalysisRecord]:
    """Every analysis that was ever begun."""
    rows = store.database.all(select(table(AnalysisRow)))
    return [AnalysisRecord.model_validate(row._asdict()) for row in rows]


def transcript(lines: int = 2) -> Transcript:
    return Transcript(
        segments=tuple(
            Segment(index=i, speaker=SPEAKERS[i % 2], text=f"Line {i}.") for i in range(lines)
        ),
        source_format="fake",
        made_by=Provenance(name="captions/fake", version="1"),
        title="A talk",
    )


def conversation(script: Transcript, coach: str | None = None) -> Conversation:
    first = coach or SPEAKERS[0]
    roles = {name: "coach" if name == first else "coachee" for name in SPEAKERS}
    return Conversation(
        utterances=tuple(
            Utterance(
                index=s.index,
                source=s.index,
                speaker=s.speaker,
                role=roles[s.speaker],
                text=s.text,
            )
            for s in script.segments
        ),
        roles=RoleAssignment(roles=roles, source="given" if coach else "content", confidence=1),
    )


def tagged(talk: Conversation) -> TaggedConversation:
    return TaggedConversation(
        conversation=talk,
        tags=tuple(UtteranceTags(marks=Marks(value=(), p={})) for _ in talk.utterances),
        tagged_by=Provenance(name="fake-tagger", version="3"),
    )


def scored(of: TaggedConversation, kind: str | None = None) -> ScoredConversation:
    kind = kind or "deal_review"
    return ScoredConversation(
        tagged=of,
        tags=ConversationTags(
            kind=Tag(value=kind, p=1),
            focus=Tag(value="development", p=0.8),
            style=Tag(value="questioning", p=0.7),
            challenge_level=Tag(value=2, p=0.6),
        ),
        metrics={},
        missed_challenges=(),
        score=Score(
            overall=71.5,
            interval=(60.0, 80.0),
            verdict="truly coaching",
            explanation="Because.",
            criteria=(),
            rubric=Provenance(name=f"rubric/{kind}", version="2"),
        ),
    )


def rubric(name: str) -> Rubric:
    """The rubric of the kind that is the last word of a name; another name is another rubric."""
    return load_rubric(name.rsplit(maxsplit=1)[-1]).model_copy(update={"title": name})


def install(
    put: Callable[[object, str, Any], None], called: Callable[[str], None], tagger: str = "3"
) -> None:
    """Put the fake stages in place.

    Args:
        put: Such as `monkeypatch.setattr`.
        called: Told the name of each stage when it is called.
        tagger: Digest of the tagger in the manifest.
    """
    real_probe = stages.probe
    digests = {"tagger": tagger, "encoder": "e", "roles": "r", "kinds": "k"}
    put(jobs, "manifest", lambda: {"models": digests})
    put(rubric_versions, "load_rubric", lambda kind, _: rubric(kind))

    def noted(name: str, result: Callable[..., Any]) -> Callable[..., Any]:
        def stage(*arguments: Any) -> Any:
            called(name)
            return result(*arguments)

        return stage

    def probe(path: Path) -> Recording:
        return real_probe(path)

    put(stages, "probe", noted("probe", probe))
    put(stages, "transcribe", noted("transcribe", lambda *_: transcript()))
    put(
        stages,
        "attribute",
        noted("attribute", lambda script, coach, *_: conversation(script, coach)),
    )
    put(stages, "tag", noted("tag", tagged))
    put(stages, "score", noted("score", lambda of, kind, *_: scored(of, kind)))
