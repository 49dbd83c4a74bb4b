"""How somebody's voice is enrolled: from a recording of theirs, and on their own word."""

from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import UUID

from models.conversation import Transcript, Value
from models.errors import CoachscoreError
from pipeline.audio.voiceprints import VoicePrint
from pipeline.hearing import hear_voices
from pipeline.meetings.meetings import Meeting
from pipeline.people.policy import Reach
from pipeline.sql import NotStoredError

if TYPE_CHECKING:
    from pipeline.service import Service

_MOST: Final = 200
_OFFERED: Final = 12


class EnrolmentError(CoachscoreError):
    """A voice that cannot be enrolled."""

    title = "Your voice was not enrolled"


class Source(Value):
    """A recording that a voice can be taken from.

    Attributes:
        meeting: It belongs to the person whose voice it is.
        coach: The speaker who coaches in it, as its report says.
    """

    meeting: Meeting
    coach: str


def sources(service: "Service", person_id: UUID) -> list[Source]:
    """The newest recordings of somebody that say who coached, newest first."""
    mine = service.meetings.list(Reach(own=person_id), _MOST)
    found = (_source(service, one.meeting) for one in mine if one.status == "done")
    return list(islice((source for source in found if source is not None), _OFFERED))


def enrol(service: "Service", person_id: UUID, meeting_id: UUID) -> None:
    """Keep the voice of who coaches in a recording, as that of its owner, who agreed to it.

    A voice that is deleted or replaced while this runs stays so.

    Args:
        service: Where it is kept.
        person_id: Who asks for it.
        meeting_id: One of their recordings, in which they say that they are the coach.

    Raises:
        NotStoredError: It is not theirs, or no finished recording; or they were deleted.
        EnrolmentError: Too little of the coach is heard in it, or the voice was deleted or
            replaced meanwhile.
        MediaError: It cannot be decoded any more.
    """
    meeting = service.meetings.get(meeting_id)
    source = _source(service, meeting) if meeting.owner_id == person_id else None
    if source is None:
        raise NotStoredError("No such recording.")
    mark = service.voices.ask(person_id)
    try:
        kept = service.voices.enrol(person_id, _heard(service, source), mark)
    finally:
        service.voices.give_up(person_id, mark)
    if not kept:
        service.people.get(person_id)  # Who was deleted themselves is told that.
        raise EnrolmentError(
            "Your voice was deleted or taken anew while it was being worked out, so this one was "
            "not kept. Choose a recording again if you still want it to be."
        )


def _heard(service: "Service", source: Source) -> VoicePrint:
    """The voice of the coach in a recording."""
    meeting, transcript = source.meeting, _transcript(service, source.meeting)
    with service.files.fetched(meeting.path) as path:
        voices = hear_voices(path, meeting.file_name, transcript, service.settings)
    voice = voices.get(source.coach)
    if voice is None:
        raise EnrolmentError(
            f"{source.coach} is heard for less than 5 seconds in all where it is sure who speaks "
            f"in “{meeting.title}”. Choose another recording."
        )
    return voice


def _source(service: "Service", meeting: Meeting) -> Source | None:
    if service.store.recording(meeting.sha256).medium != "audio":
        return None
    key = service.store.analysis(meeting.analysis_id).score_key
    scores = (s for s in service.store.scores(meeting.sha256) if s.score_key == key)
    coach = next((s.coach for s in scores if s.analysis_id == meeting.analysis_id), None)
    return None if coach is None else Source(meeting=meeting, coach=coach)


def _transcript(service: "Service", meeting: Meeting) -> Transcript:
    key = service.store.analysis(meeting.analysis_id).score_key
    if key is None:
        raise NotStoredError("No such recording.")
    made = service.store.lineage(meeting.sha256, key)["transcribe"]
    return service.store.result(meeting.sha256, "transcribe", made.key, Transcript)
