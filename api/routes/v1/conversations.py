"""What was made of a meeting: its transcript, its tags and its score."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.access import SeenMeeting, Served, scoped
from api.errors import NotFinishedError
from api.routes.v1.meetings import Reader
from models.conversation import Value
from models.labels import Kind
from models.tags import ConversationTags, UtteranceTags
from pipeline.analysis import Analysis, load_analysis
from pipeline.meetings.meetings import MeetingView
from pipeline.output import RolesOutput, SpokenOutput, to_output
from pipeline.people.policy import Viewer
from pipeline.service import Service
from scoring.score import Score

router = APIRouter(prefix="/meetings/{meeting_id}", tags=["meetings"])
ScoreReader = Annotated[Viewer, Depends(scoped("read:scores"))]


class TranscriptOutput(Value):
    """Who said what; one entry is one sentence, with seconds from the start where known."""

    meeting_id: UUID
    language: str | None
    source_format: str
    roles: RolesOutput
    notes: tuple[str, ...] = Field(description="Remarks on how the file was read.")
    utterances: tuple[SpokenOutput, ...]


class TaggedUtterance(Value):
    """The tags of one utterance, each with its probability."""

    index: int
    tags: UtteranceTags


class TagsOutput(Value):
    """The tags of a meeting; the codebook (docs/codebook.md) says what each means."""

    meeting_id: UUID
    conversation: ConversationTags
    utterances: tuple[TaggedUtterance, ...]
    missed_challenges: tuple[int, ...] = Field(
        description="Utterances with a claim that passed unpressed."
    )
    tagger: str


class ScoreOutput(Value):
    """The score with its criteria, the evidence for each, and every metric."""

    meeting_id: UUID
    kind: Kind
    score: Score
    metrics: dict[str, float]


@router.get("/transcript")
def get_transcript(viewer: Reader, view: SeenMeeting, service: Served) -> TranscriptOutput:
    """What was said, sentence by sentence."""
    shown = to_output(_analysis(service, view), service.settings.role_confidence)
    return TranscriptOutput(
        meeting_id=view.meeting.id,
        language=shown.recording.language,
        source_format=shown.recording.source_format,
        roles=shown.roles,
        notes=shown.recording.notes,
        utterances=tuple(
            SpokenOutput(**one.model_dump(exclude={"tags"})) for one in shown.utterances
        ),
    )


@router.get("/tags")
def get_tags(viewer: Reader, view: SeenMeeting, service: Served) -> TagsOutput:
    """What each sentence was taken for, and how sure that is."""
    scored = _analysis(service, view).scored
    tagged = scored.tagged
    return TagsOutput(
        meeting_id=view.meeting.id,
        conversation=scored.tags,
        utterances=tuple(
            TaggedUtterance(index=one.index, tags=tags)
            for one, tags in zip(tagged.conversation.utterances, tagged.tags, strict=True)
        ),
        missed_challenges=scored.missed_challenges,
        tagger=f"{tagged.tagged_by.name} {tagged.tagged_by.version}",
    )


@router.get("/score")
def get_score(viewer: ScoreReader, view: SeenMeeting, service: Served) -> ScoreOutput:
    """The score, what earned and lost it, and what to try next; it holds no sentence."""
    scored = _analysis(service, view).scored
    return ScoreOutput(
        meeting_id=view.meeting.id,
        kind=scored.tags.kind.value,
        score=scored.score,
        metrics=scored.metrics,
    )


def _analysis(service: Service, view: MeetingView) -> Analysis:
    if view.status != "done":
        raise NotFinishedError(f"Its analysis is {view.status}. Ask for the meeting to follow it.")
    return load_analysis(service.store, view.meeting.analysis_id)
