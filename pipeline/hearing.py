"""Recordings to transcripts, in a process of their own: with which libraries and models.

Everything that is large while a recording is heard (PyTorch, the models, what is worked out
on the way) is in that process. It stays for the next recording.
"""

import contextlib
import functools
import importlib.metadata
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.conversation import Transcript, Value
from pipeline.progress import silent
from pipeline.recycled import Limits, RecycledProcess, Tell
from pipeline.settings import DiarizerName, Settings, WhisperEngine

if TYPE_CHECKING:
    from pipeline.audio.voiceprints import VoicePrint

# Libraries leak a little with each recording; loading a model anew takes seconds.
_MOST_RECORDINGS: Final = 20
_SOUND: Final = "coachscore-sound-"
_HEARD: Final = 3 * 24 * 3600  # Seconds; no recording takes so long.


class Ears(Value):
    """What recordings are heard with.

    Attributes:
        engine: The library that runs Whisper.
        model: Its model, by name or path.
        diarizer: What tells speakers apart by their voices.
        pyannote_model: Its pipeline, by name or folder, where that is pyannote.audio.
    """

    engine: WhisperEngine
    model: str
    diarizer: DiarizerName
    pyannote_model: str


class _Asked(NamedTuple):
    """What is to be heard: the words, or with a transcript how its speakers sound.

    The sound is decoded to a folder that is deleted afterwards.
    """

    path: Path
    name: str
    max_seconds: float
    folder: Path
    transcript: Transcript | None


def hear(path: Path, name: str, settings: Settings, progress: Tell) -> Transcript:
    """Make the transcript of a recording; see `transcribe_recording`.

    Args:
        path: Where the bytes are.
        name: What the user calls the file.
        settings: Which recogniser, and the cap on length.
        progress: Called with a phase and its share done, 0 to 1.

    Raises:
        CoachscoreError: The recording, or what should hear it, is not as it must be.
        ProcessDiedError: The process in which it is heard died twice.
    """
    found: Transcript = _ask(path, name, settings, None, progress)
    return found


def hear_voices(
    path: Path, name: str, transcript: Transcript, settings: Settings
) -> dict[str, "VoicePrint"]:
    """How the speakers of a recording sound; see `voice_prints`.

    Args:
        path: Where the bytes are.
        name: What the user calls the file.
        transcript: Of the recording.
        settings: The cap on length.

    Raises:
        MediaError: The recording cannot be decoded.
        ProcessDiedError: The process in which it is heard died twice.
    """
    found: dict[str, VoicePrint] = _ask(path, name, settings, transcript, silent)
    return found


def _ask(
    path: Path, name: str, settings: Settings, transcript: Transcript | None, tell: Tell
) -> Any:
    # Made here: a process that dies cleans nothing up, and nobody may find the sound.
    with tempfile.TemporaryDirectory(prefix=_SOUND) as folder:
        asked = _Asked(path, name, settings.max_audio_hours * 3600, Path(folder), transcript)
        return _process(ears(settings), _limits(settings)).run(asked, tell)


def remove_left_sound(settings: Settings) -> int:
    """Remove sound that a process left when it was killed; returns how many folders of it."""
    removed = 0
    for place in {Path(tempfile.gettempdir()), settings.upload_dir}:
        for folder in place.glob(f"{_SOUND}*"):
            with contextlib.suppress(OSError):  # Another user's, or gone by now.
                if folder.stat().st_mtime < time.time() - _HEARD:
                    shutil.rmtree(folder)
                    removed += 1
    return removed


def ears(settings: Settings) -> Ears:
    """What the settings ask for."""
    return Ears(
        engine=settings.whisper_engine,
        model=settings.whisper_model,
        diarizer=settings.diarizer,
        pyannote_model=settings.pyannote_model,
    )


def state(settings: Settings) -> list[Any]:
    """Everything of the libraries and models that a transcript depends on, as plain values."""
    chosen = ears(settings)
    version = _version(chosen.engine)
    named = [version] if chosen.engine == "openai-whisper" else [chosen.engine, version]
    heard = [*named, _file_state(chosen.model)]
    if chosen.diarizer == "resemblyzer":  # Its weights come with our own version.
        return heard
    return [*heard, chosen.diarizer, _version("pyannote.audio"), chosen.pyannote_model]


def _limits(settings: Settings) -> Limits:
    idle = settings.recogniser_idle_minutes * 60
    return Limits(_MOST_RECORDINGS, settings.recogniser_memory_mb, idle)


@functools.cache
def _process(chosen: Ears, limits: Limits) -> RecycledProcess:
    return RecycledProcess(functools.partial(_load, chosen), limits)


def _load(chosen: Ears) -> Callable[[_Asked, Tell], Any]:
    """What hears recordings, in the process where it does; the first one loads the model."""
    from pipeline.audio import pyannote
    from pipeline.audio.diarization import Diarizer, diarize
    from pipeline.audio.faster_whisper import FasterWhisperRecogniser
    from pipeline.audio.media import decoded
    from pipeline.audio.openai_whisper import WhisperRecogniser
    from pipeline.audio.transcription import Recogniser
    from pipeline.audio.voiceprints import voice_prints
    from pipeline.recordings import transcribe_recording

    recogniser: Recogniser = (
        FasterWhisperRecogniser(chosen.model)
        if chosen.engine == "faster-whisper"
        else WhisperRecogniser(chosen.model)
    )
    diarizers: dict[DiarizerName, Diarizer] = {
        "resemblyzer": diarize,
        "pyannote": functools.partial(pyannote.diarize, model=chosen.pyannote_model),
    }

    def work(asked: _Asked, tell: Tell) -> Any:
        if asked.transcript is not None:
            with decoded(asked.path, asked.max_seconds, asked.name, asked.folder) as channels:
                return voice_prints(channels, asked.transcript)
        return transcribe_recording(
            asked.path,
            asked.name,
            recogniser=recogniser,
            max_seconds=asked.max_seconds,
            progress=tell,
            folder=asked.folder,
            diarizer=diarizers[chosen.diarizer],
        )

    return work


def _version(package: str) -> str:
    """Of a library, empty where it is not installed: to say so is for whoever loads it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _file_state(model: str) -> list[Any]:
    """A model's name, and for one on disk what changes when it is replaced."""
    path = Path(model)
    path = path / "model.bin" if path.is_dir() else path
    if not path.is_file():
        return [model]
    found = path.stat()
    return [model, found.st_size, found.st_mtime_ns]
