"""A stage that is watched: its progress is estimated, told, and kept with the analysis."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from pipeline.estimate import Watch, expected_seconds
from pipeline.jobs import Job, heard_with
from pipeline.store import Stage

# Nobody looks more often.
_TELL_SECONDS: Final = 0.5


def watched(job: Job, stage: Stage) -> Job:
    """The same job with a progress that knows of the whole analysis.

    What the stage tells of a phase becomes the share of the whole analysis that is done,
    for the caller, and with the time left it is kept in the store.
    """
    model = heard_with(job.options, job.place.settings).whisper_model
    watch = Watch(expected_seconds(job.recording, _size(Path(job.recording.path)), model))
    kept = float("-inf"), ""

    def tell(phase: str, share: float) -> None:
        nonlocal kept
        found = watch.at(phase, share)
        job.place.progress(phase, found.share)
        if phase != kept[1] or time.monotonic() - kept[0] >= _TELL_SECONDS:
            kept = time.monotonic(), phase
            job.place.store.tell_progress(job.id, found.share, found.seconds_left)

    first = "decode" if (stage, job.recording.medium) == ("transcribe", "audio") else stage
    tell(first, 0.0)
    return replace(job, place=replace(job.place, progress=tell))


def _size(path: Path) -> int:
    """Bytes of a file that may be gone by now, which the stage says better."""
    return path.stat().st_size if path.exists() else 0
