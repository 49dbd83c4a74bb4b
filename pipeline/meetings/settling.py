"""Makes the analysis of a meeting under a set of contests, and shows the meeting by it."""

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from models.conversation import Conversation, Transcript, Value
from models.errors import CoachscoreError
from models.tags import TaggedConversation
from pipeline.analysis import finish, run_stage
from pipeline.jobs import AnalysisOptions, Workplace, failing, open_job
from pipeline.meetings.contests import Contest, ContestedField
from pipeline.meetings.meetings import Meeting
from pipeline.people.audit import Action
from pipeline.service import Service
from pipeline.speaker_edits import Assignment, Renaming, SpeakerEdits
from pipeline.sql import NotStoredError, now
from pipeline.store import STAGES, Made, Stage


class ContestError(CoachscoreError):
    """What was contested cannot be like that."""

    title = "That cannot be contested like this"


class Settled(Value):
    """What came of a contest or its withdrawal.

    Attributes:
        analysis_id: The analysis that the meeting is shown by now.
        seconds: How long it took until the score was there.
        waiting: Whether a worker has to make new tags first.
    """

    analysis_id: UUID
    seconds: float
    waiting: bool


def original_id(meeting: Meeting, active: Sequence[Contest]) -> UUID:
    """The analysis of a meeting before anything was contested."""
    return active[0].original_id if active else meeting.analysis_id


def contest_of(
    meeting: Meeting, before: Sequence[Contest], by: UUID, note: str
) -> Callable[[ContestedField, str, str, int | None], Contest]:
    """Makes the contests of one form from a field, what it was, what is right, and where."""
    about: dict[str, Any] = {
        "meeting_id": meeting.id,
        "original_id": original_id(meeting, before),
        "note": " ".join(note.split()),
        "by_id": by,
        "made_at": now(),
    }

    def make(field: ContestedField, was: str, value: str, utterance: int | None) -> Contest:
        return Contest(id=uuid4(), field=field, was=was, value=value, utterance=utterance, **about)

    return make


def without_tags(contests: Sequence[Contest]) -> tuple[Contest, ...]:
    """Those that are about no tag."""
    return tuple(c for c in contests if c.correction is None)


def machine_tags(service: Service, analysis_id: UUID) -> TaggedConversation:
    """The tags under an analysis as the tagger left them, without corrections.

    Raises:
        ContestError: The analysis is not finished.
    """
    sha256 = service.store.analysis(analysis_id).recording_sha256
    key = _lineage(service, analysis_id)["tag"].key
    return service.store.result(sha256, "tag", key, TaggedConversation)


def speaker_edits(said: Conversation, contests: Sequence[Contest]) -> SpeakerEdits:
    """What contests change about who spoke, in the machine's own names.

    Args:
        said: The conversation before anything was contested.
        contests: Those that count.
    """

    def renamings(field: str) -> tuple[Renaming, ...]:
        found = [Renaming(speaker=c.was, name=c.value) for c in contests if c.field == field]
        return tuple(sorted(found, key=lambda edit: edit.speaker))

    others = sorted((c.utterance, c.value) for c in contests if c.field == "speaker")
    return SpeakerEdits(
        assign=tuple(_assignment(said, at, value) for at, value in others if at is not None),
        merge=renamings("merge"),
        rename=renamings("rename"),
    )


def _assignment(said: Conversation, at: int, speaker: str) -> Assignment:
    """The segments that an utterance was cut from, up to those of the next one."""
    sources = [utterance.source for utterance in said.utterances]
    later = next((source for source in sources[at:] if source > sources[at]), sources[at] + 1)
    return Assignment(first=sources[at], last=later - 1, speaker=speaker)


def settle(
    service: Service,
    meeting: Meeting,
    by: UUID,
    before: Sequence[Contest],
    after: Sequence[Contest],
) -> Settled:
    """Score a meeting under other contests; what is stored already is only looked up.

    Args:
        service: Where it is stored.
        meeting: The meeting.
        by: Who changes it, for the audit log.
        before: What counts now.
        after: What is to count.

    Raises:
        ContestError: Somebody was quicker, or the meeting was never analysed to the end.
    """
    started = time.perf_counter()
    analysis_id, waiting = original_id(meeting, before), False
    if after:
        analysis_id, waiting = _make(service, analysis_id, after)
    if not service.contests.settle(meeting.id, before, after, analysis_id):
        raise ContestError("It was changed at the same moment. Look at it and try again.")
    if waiting:
        service.work.ask(analysis_id)
    new = {one.id for one in after} - {one.id for one in before}
    action: Action = "contest" if new else "withdraw"
    service.audit.note(f"person:{by}", action, f"meeting:{meeting.id}")
    if new:
        service.events.contested(meeting.owner_id, meeting.id)
    seconds = time.perf_counter() - started
    return Settled(analysis_id=analysis_id, seconds=seconds, waiting=waiting)


def _make(service: Service, original: UUID, contests: Sequence[Contest]) -> tuple[UUID, bool]:
    """The analysis under some contests, and whether a worker has to make it."""
    record = service.store.analysis(original)
    lineage = _lineage(service, original)
    place = Workplace(service.settings, service.store)
    _score(place, original, {stage: lineage[stage].key for stage in STAGES[:3]})
    old = AnalysisOptions.model_validate_json(record.options)
    options = _options(service, original, old, contests)
    made = service.store.queue_analysis(record.recording_sha256, options.canonical())
    same_tags = options.transcript_key is None
    pinned = {stage: lineage[stage].key for stage in STAGES[:3]} if same_tags else {}
    if not open_job(place, made, pinned).has("tag"):
        return made, True
    _score(place, made, pinned)
    return made, False


def _score(place: Workplace, analysis_id: UUID, pinned: dict[Stage, str]) -> None:
    """Score from stored tags, unless that was done under the rubrics of today."""
    job = open_job(place, analysis_id, pinned)
    with failing(place.store, analysis_id):
        run_stage(job, "score")
        record = place.store.analysis(analysis_id)
        if record.status != "done" or record.score_key != job.keys["score"]:
            finish(job)


def _options(
    service: Service, original: UUID, old: AnalysisOptions, contests: Sequence[Contest]
) -> AnalysisOptions:
    corrections = sorted(
        (c.correction for c in contests if c.correction is not None),
        key=lambda one: (one.utterance, one.field),
    )
    changed: dict[str, object] = {"corrections": tuple(corrections)}
    coach = next((c.value for c in contests if c.field == "coach"), old.coach)
    said = machine_tags(service, original).conversation
    edits = speaker_edits(said, contests)
    if edits != SpeakerEdits():
        _check(_transcript(service, original), edits, coach)
        changed["speakers"] = edits
    if edits != SpeakerEdits() or coach != old.coach:
        key = _lineage(service, original)["transcribe"].key
        changed |= {"coach": coach and edits.named(coach), "transcript_key": key}
    return old.model_copy(update=changed)


def _check(transcript: Transcript, edits: SpeakerEdits, coach: str | None) -> None:
    """Refuse now what a worker would fail at later."""
    left = {s.speaker for s in edits.apply(transcript).segments} - {None}
    if len(left) < 2:
        raise ContestError("Only one speaker would be left, and a score takes two.")
    if coach is not None and edits.named(coach) not in left:
        raise ContestError(f"{coach} would have said nothing, but is said to be the coach.")


def _transcript(service: Service, analysis_id: UUID) -> Transcript:
    sha256 = service.store.analysis(analysis_id).recording_sha256
    key = _lineage(service, analysis_id)["transcribe"].key
    return service.store.result(sha256, "transcribe", key, Transcript)


def _lineage(service: Service, analysis_id: UUID) -> dict[Stage, Made]:
    record = service.store.analysis(analysis_id)
    if record.score_key is None:
        raise ContestError("The meeting is still being analysed. Wait until its score is there.")
    try:
        return service.store.lineage(record.recording_sha256, record.score_key)
    except NotStoredError as error:
        raise ContestError("What the score was made of is not stored any more.") from error
