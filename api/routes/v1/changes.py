"""Contesting a meeting's score, for its owner, and deleting a meeting."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field

from api.access import OwnMeeting, SeenMeeting, Served, get_deletable, scoped
from api.errors import NotFinishedError
from api.routes.v1.meetings import MeetingOutput, Reader, to_output
from models.conversation import Value
from models.corrections import CorrectedField
from pipeline.jobs import NAME_LENGTH
from pipeline.meetings.contesting import contest_tags, withdraw
from pipeline.meetings.contesting_speakers import (
    contest_coach,
    contest_merge,
    contest_name,
    contest_speaker,
)
from pipeline.meetings.contests import Contest, ContestedField
from pipeline.meetings.deletion import delete_meeting
from pipeline.meetings.meetings import MeetingView
from pipeline.meetings.settling import Settled
from pipeline.people.policy import Reach, Viewer
from pipeline.service import Service

router = APIRouter(prefix="/meetings/{meeting_id}", tags=["meetings"])
Name = Annotated[str, Field(max_length=NAME_LENGTH)]
Writer = Annotated[Viewer, Depends(scoped("write:meetings"))]
Deleter = Annotated[Viewer, Depends(scoped("delete:meetings"))]


class TagContest(Value):
    """Tags of one utterance, as they should be; docs/codebook.md says what each means."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"utterance": 12, "values": {"act": "open", "challenge": "yes"}}]
        }
    )

    utterance: int = Field(ge=0, description="Utterance number, from 0.")
    values: dict[CorrectedField, str] = Field(min_length=1, description="Right value by tag.")
    note: str = Field(default="", max_length=500, description="Why.")


class CoachContest(Value):
    """Who coached, where the sides were mistaken for each other."""

    coach: Name = Field(description="Name of a speaker.")
    note: str = Field(default="", max_length=500, description="Why.")


class SpeakerContest(Value):
    """Who said an utterance, with all of the segment that it was cut from."""

    utterance: int = Field(ge=0, description="Utterance number, from 0.")
    speaker: Name = Field(description="Name of another speaker.")
    note: str = Field(default="", max_length=500, description="Why.")


class MergeContest(Value):
    """Two speakers who are one person."""

    merge: Name = Field(description="Name of a speaker who is not there.")
    into: Name = Field(description="Name of the speaker who it is.")
    note: str = Field(default="", max_length=500, description="Why.")


class NameContest(Value):
    """What a speaker is called."""

    rename: Name = Field(description="Name of a speaker.")
    name: Name = Field(min_length=1, description="The name to show.")
    note: str = Field(default="", max_length=500, description="Why.")


class ContestOutput(Value):
    """One thing that was contested, beside what the machine said."""

    id: UUID
    utterance: int | None = Field(
        description="Null where it is about a whole conversation. Of a tag it is counted among "
        "the sentences as they are shown, of a speaker as they were before anything was contested."
    )
    field: ContestedField
    was: str
    value: str
    note: str
    made_at: datetime
    withdrawn_at: datetime | None


class ContestList(Value):
    """What was ever contested in a meeting, newest first."""

    items: tuple[ContestOutput, ...]


class ContestOutcome(Value):
    """The meeting after a contest."""

    meeting: MeetingOutput
    waiting: bool = Field(description="Whether a worker has to make new tags first.")


@router.get("/contests")
def list_contests(viewer: Reader, view: SeenMeeting, service: Served) -> ContestList:
    """What was contested; those above the owner see it beside what the machine said."""
    found = service.contests.all(view.meeting.id)
    return ContestList(items=tuple(_contest(one.contest) for one in found))


@router.post("/contests", status_code=201)
def contest(
    viewer: Writer,
    view: OwnMeeting,
    service: Served,
    asked: TagContest | CoachContest | SpeakerContest | MergeContest | NameContest,
) -> ContestOutcome:
    """Contest tags of a sentence, who coached, or who spoke; the score follows. For the owner.

    Names are those that are shown. Where somebody else said a sentence, or two speakers are
    one, sentences may be cut anew, and contested tags are withdrawn.
    """
    _finished(view)
    meeting, by, note = view.meeting, view.meeting.owner_id, asked.note
    match asked:
        case TagContest():
            settled = contest_tags(service, meeting, by, asked.utterance, asked.values, note)
        case CoachContest():
            settled = contest_coach(service, meeting, by, asked.coach, note)
        case SpeakerContest():
            settled = contest_speaker(service, meeting, by, asked.utterance, asked.speaker, note)
        case MergeContest():
            settled = contest_merge(service, meeting, by, asked.merge, asked.into, note)
        case NameContest():
            settled = contest_name(service, meeting, by, asked.rename, asked.name, note)
    return _outcome(service, view, settled)


@router.delete("/contests/{contest_id}")
def withdraw_contest(
    viewer: Writer, view: OwnMeeting, service: Served, contest_id: UUID
) -> ContestOutcome:
    """Let a contest no longer count; the score follows at once. For the owner."""
    return _outcome(
        service, view, withdraw(service, view.meeting, view.meeting.owner_id, contest_id)
    )


@router.delete("", status_code=204)
def remove_meeting(viewer: Deleter, service: Served, meeting_id: UUID) -> Response:
    """Delete a meeting with everything that was made of it.

    For its owner, an admin, and a token that sees it.
    """
    if viewer.token is not None:
        service.meetings.seen(viewer.reach, meeting_id)
    else:
        get_deletable(meeting_id, viewer, service)
    delete_meeting(service, meeting_id, viewer.actor)
    return Response(status_code=204)


def _finished(view: MeetingView) -> None:
    if view.status != "done":
        raise NotFinishedError(f"Its analysis is {view.status}; there is no score to contest.")


def _outcome(service: Service, view: MeetingView, settled: Settled) -> ContestOutcome:
    now = service.meetings.seen(Reach(own=view.meeting.owner_id), view.meeting.id)
    return ContestOutcome(meeting=to_output(now), waiting=settled.waiting)


def _contest(one: Contest) -> ContestOutput:
    shown = {"id", "utterance", "field", "was", "value", "note", "made_at", "withdrawn_at"}
    return ContestOutput(**one.model_dump(include=shown))
