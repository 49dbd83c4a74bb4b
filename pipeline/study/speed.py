"""How fast the taggers are here, and how big what ships is."""

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from models import artefacts
from models.combined import CombinedTagger, load_transformer
from models.transformer import cores
from pipeline.study.families import Corpus, talks_of
from pipeline.study.values import SpeedStudy

RUNS: Final = 9  # The best counts: whatever else the machine does only makes it slower.


def speed(tagger: CombinedTagger, corpus: Corpus, day: str) -> SpeedStudy:
    """Utterances per second, everything loaded, all conversations given at once.

    Args:
        tagger: The shipped one.
        corpus: What to tag.
        day: Today, as YYYY-MM-DD.
    """
    talks = talks_of(corpus)
    count = sum(len(talk) for talk in talks)
    transformer = tagger.transformer or load_transformer()
    return SpeedStudy(
        day=day,
        tagger=tagger.provenance.version,
        machine=machine(),
        utterances=count,
        transformer=round(count / best_of(lambda: transformer.predict(talks))),
        combination=round(count / best_of(lambda: tagger.predict(talks))),
    )


def best_of(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few calls."""
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def machine() -> str:
    """The processor and the number of cores that this process may use."""
    return f"{_processor()}, {cores()} cores"


def shipped_sizes() -> dict[str, int]:
    """Bytes of each model file that ships."""
    sizes = {file: Path(str(artefacts.FOLDER / file)) for file in artefacts.FILES.values()}
    return {file: path.stat().st_size for file, path in sizes.items()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
