"""The recorded meeting of the demo, and what hears it without downloading anything."""

import os
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from pipeline.audio.stand_in import CHECKPOINT
from pipeline.settings import Settings

# Names that stand for another file in openai-whisper's cache.
_ALSO = {"large": "large-v3", "turbo": "large-v3-turbo"}


class DemoRecording(NamedTuple):
    """A recording to analyse in the demo.

    Attributes:
        path: Synthetic voices read a meeting that was made up.
        settings: With the recogniser that hears it.
        line: What to say where that is no recogniser for real work, else None.
    """

    path: Path
    settings: Settings
    line: str | None


def demo_recording(settings: Settings) -> DemoRecording | None:
    """The demo's recording, None where nothing can hear it without a download.

    The settings' own model is used where it is on disk. Otherwise the test recogniser that
    comes with the source hears it.
    """
    path = Path(str(resources.files("pipeline") / "demo_meetings" / "recorded-one-on-one.ogg"))
    if _on_disk(settings):
        return DemoRecording(path, settings, None)
    if not CHECKPOINT.is_file():
        return None
    chosen = {"whisper_engine": "openai-whisper", "whisper_model": str(CHECKPOINT)}
    return DemoRecording(
        path,
        settings.model_copy(update=chosen),
        "The recorded meeting was heard by a tiny test recogniser that knows synthetic voices "
        "only. For your own recordings set COACHSCORE_WHISPER_MODEL.",
    )


def _on_disk(settings: Settings) -> bool:
    """Whether the model is a file or folder, or was downloaded by openai-whisper before."""
    model = settings.whisper_model
    if Path(model).exists():
        return True
    if settings.whisper_engine != "openai-whisper":
        return False  # Nobody tells where another engine keeps what it downloads.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
    return (cache / f"{_ALSO.get(model, model)}.pt").is_file()
