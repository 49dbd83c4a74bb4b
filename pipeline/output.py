"""The JSON that `analyze --format json` prints, and its published schema.

A change here changes docs/schema/analysis.schema.json; a test compares the two.
"""

import json
from typing import Any, Final, Literal

from models.conversation import TranscriptQuality, Value
from models.labels import Role
from models.masked import joined
from models.tags import ConversationTags, UtteranceTags
from pipeline.analysis import Analysis
from scoring.score import Score

SCHEMA_ID: Final = "coachscore/analysis/1"


class SpokenOutput(Value):
    """An utterance.

    Attributes:
        index: Position in the conversation, from 0.
        source: Index of the input utterance or cue that it came from.
        speaker: Name as in the input.
        role: Side in the conversation.
        start: Seconds, null where unknown.
        end: Seconds, null where unknown.
        text: The words.
        speaker_confidence: Probability that `speaker` said it.
    """

    index: int
    source: int
    speaker: str
    role: Role
    start: float | None
    end: float | None
    text: str
    speaker_confidence: float


class UtteranceOutput(SpokenOutput):
    """An utterance with its tags: the codebook's fields, each with value and probability."""

    tags: UtteranceTags


class RolesOutput(Value):
    """Who coaches, how that is known, and whether it is certain enough."""

    coach: str | None
    source: Literal["given", "file", "voice", "names", "content"]
    confidence: float
    certain: bool


class RecordingOutput(Value):
    """The file that was analysed."""

    sha256: str
    name: str
    medium: Literal["audio", "transcript"]
    seconds: float | None
    source_format: str
    language: str | None
    notes: tuple[str, ...]


class AnalysisOutput(Value):
    """One analysed conversation."""

    schema_id: Literal["coachscore/analysis/1"]
    id: str
    recording: RecordingOutput
    quality: TranscriptQuality | None
    roles: RolesOutput
    utterances: tuple[UtteranceOutput, ...]
    tags: ConversationTags
    metrics: dict[str, float]
    missed_challenges: tuple[int, ...]
    score: Score
    versions: dict[str, str]


def to_output(analysis: Analysis, role_confidence: float) -> AnalysisOutput:
    """An analysis as the JSON shows it.

    Args:
        analysis: A finished analysis.
        role_confidence: Least confidence at which the coach counts as certain.
    """
    conversation = analysis.scored.tagged.conversation
    recording, transcript, roles = analysis.recording, analysis.transcript, conversation.roles
    return AnalysisOutput(
        schema_id=SCHEMA_ID,
        id=str(analysis.id),
        recording=RecordingOutput(
            sha256=recording.sha256,
            name=recording.name,
            medium=recording.medium,
            seconds=recording.seconds,
            source_format=transcript.source_format,
            language=transcript.language,
            notes=transcript.notes,
        ),
        quality=conversation.quality,
        roles=RolesOutput(
            coach=roles.coach,
            source=roles.source,
            confidence=roles.confidence,
            certain=roles.confidence >= role_confidence,
        ),
        utterances=tuple(
            UtteranceOutput(
                **(utterance.model_dump() | {"text": joined(utterance.text)}), tags=tags
            )
            for utterance, tags in zip(
                conversation.utterances, analysis.scored.tagged.tags, strict=True
            )
        ),
        tags=analysis.scored.tags,
        metrics=analysis.scored.metrics,
        missed_challenges=analysis.scored.missed_challenges,
        score=analysis.scored.score,
        versions={str(stage): version for stage, version in analysis.versions.items()},
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one analysed conversation."""
    schema = AnalysisOutput.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def dump(outputs: list[AnalysisOutput], *, several: bool = False) -> str:
    """JSON text: one object for one file, an array for several, though only one may be left."""
    if len(outputs) == 1 and not several:
        return outputs[0].model_dump_json(indent=1)
    return json.dumps([o.model_dump(mode="json") for o in outputs], indent=1)


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=1))  # noqa: T201
