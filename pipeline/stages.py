"""The stages of an analysis as plain functions: a value in, a new value out.

`pipeline.flows` wraps them for Prefect; tests and `coachscore evaluate` call them directly.
Heavy libraries are imported inside the stage that needs them.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from models import artefacts
from models.conversation import Conversation, Recording, Transcript
from models.corrections import Correction, correct
from models.errors import CoachscoreError
from models.labels import CODEBOOK_VERSION, KINDS, Kind
from models.tagger import Tagger
from models.tags import TaggedConversation
from pipeline.captions.reader import read_transcript
from pipeline.clues import Clues
from pipeline.hearing import hear
from pipeline.progress import Progress
from pipeline.rubrics import load_rubric
from pipeline.settings import Settings
from scoring.rubric import Rubric
from scoring.score import ScoredConversation, score_conversation

RubricOf = Callable[[Kind], Rubric]

# Bumped when a stage would give another result for the same input. The tagger and the
# rubrics carry versions of their own beside these.
STAGE_VERSIONS: Final[dict[str, str]] = {
    "transcribe": "2",
    "attribute": "4",
    "tag": CODEBOOK_VERSION,
    "score": "5",
}


class InputFileError(CoachscoreError):
    """The file to analyse is not there or cannot be read."""

    title = "This file cannot be opened"


def probe(path: Path) -> Recording:
    """Find out what a file is: content hash, sound or transcript, length.

    Raises:
        InputFileError: There is no such file, or it may not be read.
        MediaError: It is sound that cannot be read.
    """
    from pipeline.audio.formats import looks_like_audio
    from pipeline.audio.media import probe as probe_sound

    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            start = file.read(4096)
            digest.update(start)
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise InputFileError(f"{path}: {error.strerror}. Check the name and the rights.") from error
    sha256 = digest.hexdigest()
    if not looks_like_audio(start):
        return Recording(sha256=sha256, name=path.name, path=str(path), medium="transcript")
    found = probe_sound(path)
    return Recording(
        sha256=sha256,
        name=path.name,
        path=str(path),
        medium="audio",
        seconds=found.seconds,
        channels=found.channels,
    )


def transcribe(recording: Recording, settings: Settings, progress: Progress) -> Transcript:
    """Read a transcript file, or recognise the speech in a recording.

    Args:
        recording: From `probe`.
        settings: For the recogniser and the cap on length.
        progress: Called with a phase and its share done, 0 to 1.

    Raises:
        InputFileError: The transcript is gone.
        TranscriptError: The text is in no known format.
        MediaError: The sound cannot be decoded.
        WhisperModelMissing: There is no recogniser model.
        ProcessDiedError: The process in which a recording is heard died twice.
    """
    path = Path(recording.path)
    if recording.medium == "transcript":
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputFileError(
                f"{recording.name} is not there any more ({error.strerror}). Give it again."
            ) from error
        return read_transcript(data, recording.name)
    return hear(path, recording.name, settings, progress)


def attribute(
    transcript: Transcript, coach: str | None, clues: Clues | None = None
) -> Conversation:
    """Work out who coaches and split what was said into utterances.

    Args:
        transcript: Segments with speakers.
        coach: Name of the coach where the user gave it.
        clues: What else is known about who was there.

    Raises:
        RolesError: Nobody in the transcript has that name, or it names fewer than two speakers.
    """
    from pipeline.quality import assess
    from pipeline.roles import assign_roles
    from pipeline.segmentation import split_utterances

    roles = assign_roles(transcript, coach, clues)
    talk = split_utterances(transcript, roles)
    return talk.model_copy(update={"quality": assess(transcript)})


def tag(conversation: Conversation) -> TaggedConversation:
    """Give every utterance its codebook tags."""
    from models.combined import CombinedTagger

    tagger: Tagger = CombinedTagger.load()
    return TaggedConversation(
        conversation=conversation,
        tags=tagger.tag(conversation),
        tagged_by=tagger.provenance,
    )


def score(
    tagged: TaggedConversation,
    kind: Kind | None,
    settings: Settings,
    rubric_of: RubricOf | None = None,
) -> ScoredConversation:
    """Score a tagged conversation under the rubric of its kind.

    Args:
        tagged: From `tag`.
        kind: Kind of meeting as the user gave it; else the file's, else the text decides.
        settings: For an own rubric folder.
        rubric_of: Gives the rubric of a kind; those in files if None.
    """
    known = kind or tagged.conversation.kind
    if known is not None:
        kinds: dict[Kind, float] = {k: float(k == known) for k in KINDS}
    else:
        kinds = artefacts.load("kinds").probabilities(tagged)
    likeliest = max(kinds, key=lambda k: kinds[k])
    rubric = rubric_of(likeliest) if rubric_of else load_rubric(likeliest, settings.rubric_dir)
    return score_conversation(tagged, rubric, kinds)


def score_corrected(
    scored: ScoredConversation, corrections: Sequence[Correction], rubric_of: RubricOf
) -> ScoredConversation:
    """Score a conversation again with some of its tags put right.

    Args:
        scored: From `score`; the kind of meeting stays the one that was found there.
        corrections: What was contested.
        rubric_of: Gives the rubric of a kind.
    """
    kind = scored.tags.kind
    tagged = correct(scored.tagged, corrections)
    return score_conversation(tagged, rubric_of(kind.value), {kind.value: kind.p})
