"""What an analysis is about, and the key of each of its results.

A stage's key is a hash of its input's key and of everything else that its result depends
on, so a result is used again exactly as long as nothing that matters has changed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from models.artefacts import manifest
from models.conversation import Recording, Value
from models.corrections import Correction
from models.errors import CoachscoreError
from models.labels import KINDS, Kind
from pipeline import hearing, stages
from pipeline.captions.draft import PARSER_VERSION
from pipeline.clues import Name
from pipeline.masking.held import MASKING_VERSION, Held
from pipeline.progress import Progress, silent
from pipeline.rubric_versions import RubricVersions
from pipeline.settings import Settings
from pipeline.speaker_edits import SpeakerEdits
from pipeline.storage.files import Files
from pipeline.store import STAGES, Stage, Store
from scoring.rubric import Rubric

NAME_LENGTH: Final = 200  # Characters of a speaker's name.


class AnalysisOptions(Value):
    """What the user may say about a recording; None leaves it to the recording itself.

    Attributes:
        coach: Name of the coach.
        kind: Kind of meeting.
        whisper_model: Speech recogniser, where another one than the settings' is wanted.
        transcript_key: Key of a stored transcript to go on from, so that nothing is
            recognised again.
        corrections: Tags that were contested, with their right values.
        voice_of: Whose meeting it is, where they had their voice enrolled by then.
        manager: Name of who holds the meeting.
        invited: Names of those it was held with.
        speakers: What was put right about who spoke.
    """

    coach: str | None = Field(default=None, max_length=NAME_LENGTH)
    kind: Kind | None = None
    whisper_model: str | None = Field(default=None, max_length=1000)
    transcript_key: str | None = None
    corrections: tuple[Correction, ...] = ()
    voice_of: UUID | None = None
    manager: Name | None = None
    invited: tuple[Name, ...] = Field(default=(), max_length=50)
    speakers: SpeakerEdits | None = None

    def canonical(self) -> str:
        """As JSON, by which an analysis is found again.

        What a first analysis never has is left out, as it was before there was any.
        """
        late = ("transcript_key", "corrections", "voice_of", "manager", "invited", "speakers")
        return self.model_dump_json(exclude={name for name in late if not getattr(self, name)})


@dataclass(frozen=True)
class Workplace:
    """Where analyses are made: settings, the store, and whom to tell of progress.

    `held` has what is to be masked before it is stored.
    """

    settings: Settings
    store: Store
    progress: Progress = silent
    held: Held = field(default_factory=Held, compare=False)


@dataclass(frozen=True)
class Job:
    """One analysis to be made, and the key of each of its results.

    `uncorrected` is the key of the score as it is without corrections.
    """

    place: Workplace
    id: UUID
    recording: Recording
    options: AnalysisOptions
    keys: Mapping[Stage, str]
    uncorrected: str

    def has(self, stage: Stage) -> bool:
        """Whether the result of a stage is there."""
        key = self.keys[stage]
        there = self.place.store.made(self.recording.sha256, stage, key) is not None
        return there or key in self.place.held

    def fetched(self) -> AbstractContextManager[Path]:
        """The recording's file on this machine; see `pipeline.storage.files.Files.fetched`."""
        files = Files(self.place.settings, self.place.store.database)
        return files.fetched(self.recording.path)


def begin(
    place: Workplace,
    path: Path,
    options: AnalysisOptions,
    name: str | None = None,
    location: str | None = None,
) -> UUID:
    """Find out what a file is and queue its analysis; the same file again is the same one.

    Args:
        place: Where it is made.
        path: The file.
        options: What the user said about it.
        name: The file's name as the user knows it, where the path has another one.
        location: Where it is kept (`pipeline.storage`), if not at the path.

    Raises:
        CoachscoreError: The file cannot be read.
    """
    found = _known(place.store, path) or stages.probe(path)
    # A later run, in another folder, must find the file as well.
    here = {"name": name or path.name, "path": location or str(path.absolute())}
    recording = found.model_copy(update=here)
    place.store.put_recording(recording)
    return place.store.queue_analysis(recording.sha256, options.canonical())


def open_job(place: Workplace, analysis_id: UUID, pinned: Mapping[Stage, str] | None = None) -> Job:
    """Read what an analysis is about and work out the keys of its results.

    Args:
        place: Where it is made.
        analysis_id: From `begin`.
        pinned: Keys of results to use even where a newer version would give another one.

    Raises:
        CoachscoreError: There is no such analysis, no trained model or no rubric.
    """
    record = place.store.analysis(analysis_id)
    recording = place.store.recording(record.recording_sha256)
    options = AnalysisOptions.model_validate_json(record.options)
    given = dict(pinned or {})
    if options.transcript_key is not None:
        given.setdefault("transcribe", options.transcript_key)
    keys: dict[Stage, str] = {}
    key = recording.sha256
    for stage in STAGES:
        chosen = given.get(stage)
        key = chosen or _digest([key, stage, _depends(stage, recording, options, place)])
        keys[stage] = key
    if options.corrections:
        keys["score"] = _digest([key, [one.model_dump() for one in options.corrections]])
    return Job(place, analysis_id, recording, options, keys, uncorrected=key)


def heard_with(options: AnalysisOptions, settings: Settings) -> Settings:
    """The settings by which a recording is heard: the user may have named another model."""
    if options.whisper_model is None:
        return settings
    return settings.model_copy(update={"whisper_model": options.whisper_model})


def current_rubric(place: Workplace, kind: Kind) -> Rubric:
    """The rubric that scores meetings of a kind: the newest that was added, or the file's.

    Raises:
        RubricError: It is in a file that is missing or not usable.
    """
    return RubricVersions(place.store.database, place.settings.rubric_dir).current(kind)


@contextmanager
def failing(store: Store, analysis_id: UUID) -> Iterator[None]:
    """Note on the analysis what is raised in the block, and let it go on."""
    try:
        yield
    except CoachscoreError as error:
        store.fail_analysis(analysis_id, error.title, error.message)
        raise
    except Exception as error:
        store.fail_analysis(analysis_id, CoachscoreError.title, f"{type(error).__name__}: {error}")
        raise


def _known(store: Store, path: Path) -> Recording | None:
    """The recording with this content, unless something went wrong with it before."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None  # `probe` meets the same error and says it well.
    return store.known(sha256)


def _depends(
    stage: Stage, recording: Recording, options: AnalysisOptions, place: Workplace
) -> list[Any]:
    """What a stage's result depends on beside its input, as plain values."""
    version, models = stages.STAGE_VERSIONS[stage], manifest()["models"]
    match stage:
        case "transcribe" if recording.medium == "transcript":
            return [version, PARSER_VERSION, *_masking(place.settings)]
        case "transcribe":
            heard = hearing.state(heard_with(options, place.settings))
            return [version, *heard, *_masking(place.settings)]
        case "attribute":
            # Not the voice itself: it may be deleted or replaced while the analysis is made.
            known: list[Any] = [str(options.voice_of)] if options.voice_of else []
            if options.manager or options.invited:
                known = [*known, options.manager, options.invited]
            if options.speakers is not None:
                known = [*known, options.speakers.model_dump()]
            return [version, options.coach, models["roles"], models["encoder"], *known]
        case "tag":
            return [version, models["tagger"], models["encoder"]]
        case "score":
            # Which rubric it will be is not known yet where the text decides the kind.
            kinds = KINDS if options.kind is None else (options.kind,)
            # The content, for the version of an own rubric may have been left as it was.
            rubrics = [current_rubric(place, k).model_dump_json() for k in kinds]
            return [version, options.kind, rubrics, models["kinds"]]


def _masking(settings: Settings) -> list[Any]:
    """Nothing where masking is off, so that keys are as they were before there was any."""
    return ["masked", MASKING_VERSION] if settings.mask_customers else []


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
