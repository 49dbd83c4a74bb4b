"""Makes the analysis of a meeting under a set of contests, and shows the meeting by it."""

import time
from collections.abc import Sequence
from uuid import UUID

from models.conversation import Value
from models.errors import CoachscoreError
from models.tags import TaggedConversation
from pipeline.analysis import finish, run_stage
from pipeline.jobs import AnalysisOptions, Workplace, failing, open_job
from pipeline.meetings.contests import Contest
from pipeline.meetings.meetings import Meeting
from pipeline.people.audit import Action
from pipeline.service import Service
from pipeline.sql import NotStoredError
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


def machine_tags(service: Service, analysis_id: UUID) -> TaggedConversation:
    """The tags under an analysis as the tagger left them, without corrections.

    Raises:
        ContestError: The analysis is not finished.
    """
    sha256 = service.store.analysis(analysis_id).recording_sha256
    key = _lineage(service, analysis_id)["tag"].key
    return service.store.result(sha256, "tag", key, TaggedConversation)


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
    options = _options(AnalysisOptions.model_validate_json(record.options), contests, lineage)
    made = service.store.queue_analysis(record.recording_sha256, options.canonical())
    same_coach = options.transcript_key is None
    pinned = {stage: lineage[stage].key for stage in STAGES[:3]} if same_coach else {}
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
    old: AnalysisOptions, contests: Sequence[Contest], lineage: dict[Stage, Made]
) -> AnalysisOptions:
    corrections = sorted(
        (c.correction for c in contests if c.correction is not None),
        key=lambda one: (one.utterance, one.field),
    )
    changed: dict[str, object] = {"corrections": tuple(corrections)}
    coach = next((c.value for c in contests if c.field == "coach"), None)
    if coach is not None:
        changed |= {"coach": coach, "transcript_key": lineage["transcribe"].key}
    return old.model_copy(update=changed)


def _lineage(service: Service, analysis_id: UUID) -> dict[Stage, Made]:
    record = service.store.analysis(analysis_id)
    if record.score_key is None:
        raise ContestError("The meeting is still being analysed. Wait until its score is there.")
    try:
        return service.store.lineage(record.recording_sha256, record.score_key)
    except NotStoredError as error:
        raise ContestError("What the score was made of is not stored any more.") from error
