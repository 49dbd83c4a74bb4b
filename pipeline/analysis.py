"""An analysis as stored stages: each result is looked up, or made by its plain function.

Everything that runs an analysis, through Prefect or not, goes through `run_stage`.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from models.conversation import Conversation, Recording, Transcript, Value
from models.labels import Kind
from models.tags import Tag, TaggedConversation
from pipeline import stages
from pipeline.jobs import (
    AnalysisOptions,
    Job,
    Workplace,
    current_rubric,
    failing,
    heard_with,
    open_job,
)
from pipeline.known_people import clues
from pipeline.speaker_edits import SpeakerEdits
from pipeline.store import (
    STAGES,
    AnalysisRecord,
    Made,
    NotStoredError,
    ScoreRecord,
    Stage,
    Store,
)
from pipeline.totals import Totals
from pipeline.watched import watched
from scoring.digest import digest_of
from scoring.score import ScoredConversation, score_conversation

V = TypeVar("V", bound=Value)

_log = logging.getLogger(__name__)


class Analysis(Value):
    """A finished analysis.

    Attributes:
        id: Its id in the store.
        recording: What was analysed.
        options: What the user said about it.
        transcript: How it was read or recognised, without its segments.
        scored: The conversation with tags, metrics and score.
        versions: What made the result of each stage, and in which version.
    """

    id: UUID
    recording: Recording
    options: AnalysisOptions
    transcript: Transcript
    scored: ScoredConversation
    versions: dict[Stage, str]


def run_stage(job: Job, stage: Stage) -> bool:
    """Make sure that the result of a stage is stored; its input must be.

    Returns:
        Whether it had to be made.

    Raises:
        CoachscoreError: The stage cannot be done on this recording.
    """
    if job.has(stage):
        return False
    job.place.store.start_stage(job.id, stage)
    _keep(watched(job, stage), stage)
    return True


def _keep(job: Job, stage: Stage) -> None:
    started = time.perf_counter()
    value, made_by = _COMPUTE[stage](job)
    took = time.perf_counter() - started
    before = STAGES[: STAGES.index(stage)]
    made = Made(
        stage=stage,
        key=job.keys[stage],
        input_key=job.keys[before[-1]] if before else None,
        made_by=made_by,
    )
    _put(job, made, value)
    # Last, for what took an hour must not be lost for want of a figure.
    Totals(job.place.store.database).add("stage", stage, took)
    told = {"analysis": str(job.id), "stage": stage, "ms": round(took * 1000, 1)}
    _log.info("stage made", extra=told)


def _put(job: Job, made: Made, value: Value) -> None:
    """Store a result; one that is to be masked is held until the score is there."""
    store, sha256 = job.place.store, job.recording.sha256
    if not job.place.settings.mask_customers:
        store.put_result(sha256, made, value)
        return
    job.place.held.hold(made, value)
    if made.stage == STAGES[-1]:
        for one, masked in job.place.held.release():
            store.put_result(sha256, one, masked)


def finish(job: Job) -> None:
    """Keep the figures of the score and say that the analysis is done."""
    scored = _load(job, "score", ScoredConversation)
    low, high = scored.score.interval or (None, None)
    tagged_by, rubric = scored.tagged.tagged_by, scored.score.rubric
    job.place.store.finish_analysis(
        ScoreRecord(
            analysis_id=job.id,
            score_key=job.keys["score"],
            recording_sha256=job.recording.sha256,
            kind=scored.tags.kind.value,
            coach=scored.tagged.conversation.roles.coach,
            overall=scored.score.overall,
            low=low,
            high=high,
            verdict=scored.score.verdict,
            rubric_name=rubric.name,
            rubric_version=rubric.version,
            tagger_name=tagged_by.name,
            tagger_version=tagged_by.version,
        )
    )
    # Were this cut off, a worker would make it up.
    job.place.store.put_digest(job.id, job.keys["score"], digest_of(scored))


def digest_one(store: Store) -> bool:
    """Make the digest of a score that has none of this version; returns whether one lacked."""
    record = store.undigested()
    if record is None:
        return False
    key = _score_key(record)
    scored = store.result(record.recording_sha256, "score", key, ScoredConversation)
    store.put_digest(record.id, key, digest_of(scored))
    return True


def load_analysis(store: Store, analysis_id: UUID) -> Analysis:
    """A finished analysis from the store.

    Raises:
        NotStoredError: There is none, or it has not been finished.
    """
    record = store.analysis(analysis_id)
    sha256 = record.recording_sha256
    lineage = store.lineage(sha256, _score_key(record))
    transcript = store.result(sha256, "transcribe", lineage["transcribe"].key, Transcript)
    return Analysis(
        id=analysis_id,
        recording=store.recording(sha256),
        options=AnalysisOptions.model_validate_json(record.options),
        transcript=transcript.model_copy(update={"segments": ()}),
        scored=store.result(sha256, "score", lineage["score"].key, ScoredConversation),
        versions={stage: made.made_by for stage, made in lineage.items()},
    )


def rescore(
    place: Workplace,
    analysis_id: UUID,
    *,
    coach: str | None = None,
    kind: Kind | None = None,
    speakers: SpeakerEdits | None = None,
) -> Analysis:
    """Score a finished analysis again: other speakers, coach, kind of meeting or rubric.

    Only what depends on the change is done again: with another kind or rubric the score,
    with other speakers or another coach also who said what and the tags, and never the
    transcription.

    Args:
        place: Where it is made.
        analysis_id: A finished analysis; it stays as it is.
        coach: Another coach; the same one if None.
        kind: Another kind of meeting; the same one if None.
        speakers: What to put right about who spoke, beside what was put right before.

    Returns:
        The analysis of the same recording under the changed options.

    Raises:
        CoachscoreError: It was never finished, or nobody in it has that name.
    """
    record = place.store.analysis(analysis_id)
    old = AnalysisOptions.model_validate_json(record.options)
    known = old.speakers or SpeakerEdits()
    edits = known.then(speakers or SpeakerEdits())
    given = {
        "coach": coach or (old.coach and known.follow(old.coach, edits)),
        "kind": kind or old.kind,
        "speakers": None if edits == SpeakerEdits() else edits,
    }
    new = old.model_copy(update=given)
    moved = (new.coach, new.speakers) != (old.coach, old.speakers)
    kept = STAGES[:1] if moved else STAGES[:3]
    lineage = place.store.lineage(record.recording_sha256, _score_key(record))
    new_id = place.store.queue_analysis(record.recording_sha256, new.canonical())
    job = open_job(place, new_id, {stage: lineage[stage].key for stage in kept})
    with failing(place.store, new_id):
        for stage in STAGES:
            run_stage(job, stage)
        finish(job)
    return load_analysis(place.store, new_id)


def score_again(place: Workplace, analysis_id: UUID) -> bool:
    """Score a finished analysis under the rubrics of today, from the tags it has.

    Its old score is shown until the new one is there, and stays where that fails.

    Returns:
        Whether the rubrics had changed since it was scored.

    Raises:
        CoachscoreError: It was never finished, or no score can be made of it.
    """
    record = place.store.analysis(analysis_id)
    lineage = place.store.lineage(record.recording_sha256, _score_key(record))
    job = open_job(place, analysis_id, {stage: lineage[stage].key for stage in STAGES[:3]})
    if record.score_key == job.keys["score"]:
        return False
    if not job.has("score"):
        _keep(job, "score")
    finish(job)
    return True


def _transcribe(job: Job) -> tuple[Value, str]:
    settings = heard_with(job.options, job.place.settings)
    with job.fetched() as path:
        here = job.recording.model_copy(update={"path": str(path)})
        made = stages.transcribe(here, settings, job.place.progress)
    return made, f"{made.made_by.name} {made.made_by.version}"


def _attribute(job: Job) -> tuple[Value, str]:
    transcript = _load(job, "transcribe", Transcript)
    if job.options.speakers is not None:
        transcript = job.options.speakers.apply(transcript)
    made = stages.attribute(transcript, job.options.coach, clues(job, transcript))
    return made, f"attribute {stages.STAGE_VERSIONS['attribute']}"


def _tag(job: Job) -> tuple[Value, str]:
    made = stages.tag(_load(job, "attribute", Conversation))
    return made, f"{made.tagged_by.name} {made.tagged_by.version}"


def _score(job: Job) -> tuple[Value, str]:
    made = _uncorrected(job)
    if job.options.corrections:
        rubric_of = partial(current_rubric, job.place)
        made = stages.score_corrected(made, job.options.corrections, rubric_of)
    return made, f"{made.score.rubric.name} {made.score.rubric.version}"


def _uncorrected(job: Job) -> ScoredConversation:
    """The score without corrections, looked up where it is stored."""
    store, sha256 = job.place.store, job.recording.sha256
    if store.made(sha256, "score", job.uncorrected) is not None:
        return store.result(sha256, "score", job.uncorrected, ScoredConversation)
    tagged = _load(job, "tag", TaggedConversation)
    rubric_of = partial(current_rubric, job.place)
    found = _kind_before(job)
    if found is not None:
        return score_conversation(tagged, rubric_of(found.value), {found.value: found.p})
    return stages.score(tagged, job.options.kind, job.place.settings, rubric_of)


def _kind_before(job: Job) -> Tag[Kind] | None:
    """The kind that the words told before they were masked, None where there is no such."""
    key = job.place.store.analysis(job.id).score_key
    if key is None or job.options.kind is not None or not job.place.settings.mask_customers:
        return None
    before = job.place.store.result(job.recording.sha256, "score", key, ScoredConversation)
    return before.tags.kind


_COMPUTE: Final[dict[Stage, Callable[[Job], tuple[Value, str]]]] = {
    "transcribe": _transcribe,
    "attribute": _attribute,
    "tag": _tag,
    "score": _score,
}


def _load(job: Job, stage: Stage, kind: type[V]) -> V:
    held = job.place.held.get(job.keys[stage])
    if isinstance(held, kind):
        return held
    return job.place.store.result(job.recording.sha256, stage, job.keys[stage], kind)


def _score_key(record: AnalysisRecord) -> str:
    if record.score_key is None:
        raise NotStoredError(f"Analysis {record.id} has not been finished ({record.status}).")
    return record.score_key
