"""`make bench`: how long a one-hour transcript takes from file to score, stage by stage.

Figures are of this machine in this run; compare the ratios, not the seconds.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from models.labelled import read_corpus
from pipeline import stages
from pipeline.flows import analyze_files
from pipeline.jobs import AnalysisOptions
from pipeline.progress import silent
from pipeline.settings import Settings

CORPUS = Path(__file__).parents[2] / "datasets" / "coachtalk" / "conversations"
UTTERANCES = 900
RUNS = 5

T = TypeVar("T")


def one_hour(variant: int) -> str:
    """A Zoom transcript of about an hour: the corpus joined, four seconds an utterance."""
    lines, at = ["WEBVTT", ""], 0.0
    spoken = [u for c in read_corpus(CORPUS)[variant::20] for u in c.conversation.utterances]
    for number, u in enumerate(spoken[:UTTERANCES], start=1):
        name = {"coach": "Dana Reyes", "coachee": "Marcus Webb"}[u.role]
        lines += [str(number), f"{_clock(at)} --> {_clock(at + 3.5)}", f"{name}: {u.text}", ""]
        at += 4
    return "\r\n".join(lines)


def _clock(seconds: float) -> str:
    whole, milli = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milli:03}"


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds and result of one call."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def by_stage(path: Path, settings: Settings) -> dict[str, float]:
    """Seconds of each stage without Prefect."""
    took: dict[str, float] = {}
    took["probe"], recording = timed(lambda: stages.probe(path))
    took["transcribe"], transcript = timed(lambda: stages.transcribe(recording, settings, silent))
    took["attribute"], conversation = timed(lambda: stages.attribute(transcript, "Dana Reyes"))
    took["tag"], tagged = timed(lambda: stages.tag(conversation))
    took["score"], _ = timed(lambda: stages.score(tagged, None, settings))
    print(f"  {len(conversation.utterances)} utterances", file=sys.stderr)
    return took


def main() -> None:
    """Run and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(home=home / "home")
        paths = [home / f"hour-{i}.vtt" for i in range(2 * RUNS + 3)]
        for i, path in enumerate(paths):
            path.write_text(one_hour(i), encoding="utf-8")
        options = AnalysisOptions(coach="Dana Reyes")
        by_stage(paths[0], settings)  # Warms up: models and tables are loaded once.
        runs = [by_stage(path, settings) for path in paths[1 : RUNS + 1]]
        plain = statistics.median(sum(run.values()) for run in runs)
        print("One hour, warm, without Prefect (median of 5)")
        for stage in runs[0]:
            print(f"  {stage:12} {statistics.median(r[stage] for r in runs):7.3f} s")
        print(f"  {'all':12} {plain:7.3f} s")
        analyze_files(paths[RUNS + 1 : RUNS + 2], options, settings)
        flows = [
            timed(partial(analyze_files, [path], options, settings))[0]
            for path in paths[RUNS + 2 : 2 * RUNS + 2]
        ]
        flow = statistics.median(flows)
        print(
            f"With Prefect and the store: {flow:.3f} s, {flow / plain:.2f} times the plain stages"
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"Peak memory of this process: {peak:.0f} MiB")
        command = [sys.executable, "-m", "pipeline.cli", "analyze", str(paths[-1])]
        colds = []
        for attempt in range(3):
            environment = os.environ | {"COACHSCORE_HOME": str(home / f"cold-{attempt}")}
            run = partial(subprocess.run, command, env=environment, check=True, capture_output=True)
            colds.append(timed(run)[0])
        cold = statistics.median(colds)
        print(f"Cold start of `coachscore analyze` to the report: {cold:.2f} s (median of 3)")


if __name__ == "__main__":
    main()
