"""Runs the flow in processes of its own that die at a chosen moment, then once more each.

Called as `killable.py FOLDER`; writes what happened to FOLDER/found.json. The processes are
forks of this one, which has imported Prefect but never used it: importing it each time
would take longer than all the rest.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import fakes

from pipeline import flows, stages
from pipeline.jobs import AnalysisOptions
from pipeline.settings import Settings
from pipeline.store import Store

importlib.import_module("fastapi")  # Prefect does so in its first run.

MOMENTS = ("before", "after")


def die_at(module: Any, name: str, moment: str) -> None:
    """Let a function kill the process before it does anything, or with its result in hand."""
    real = getattr(module, name)

    def deadly(*arguments: Any) -> Any:
        result = real(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    def dead(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, deadly if moment == "after" else dead)


def run(folder: Path, log: Path, stage: str | None = None, moment: str = "") -> int:
    """Analyse in a process of its own; the calls of stages are logged.

    Returns:
        Its exit status, negative where a signal ended it.
    """
    child = os.fork()
    if child == 0:
        try:
            with log.open("a") as file:
                fakes.install(setattr, lambda name: print(name, file=file, flush=True))
                if stage == "store":
                    die_at(flows, "finish", moment)
                elif stage is not None:
                    die_at(stages, stage, moment)
                settings = Settings(home=folder, database_url=None)
                (found,) = flows.analyze_files([folder / "talk.txt"], AnalysisOptions(), settings)
            os._exit(isinstance(found, Exception))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def tell(folder: Path, stage: str, moment: str) -> dict[str, Any]:
    """Kill a run at a moment of a stage, run again, and say what each did."""
    folder.mkdir()
    (folder / "talk.txt").write_text("Ana: How did it go?\nBen: Well.\n")
    logs = [folder / "first.log", folder / "second.log"]
    status = [run(folder, logs[0], stage, moment)]
    store = Store.open(Settings(home=folder, database_url=None))
    left = [a.status for a in fakes.analyses(store)]
    status.append(run(folder, logs[1]))
    found = {
        "stage": stage,
        "moment": moment,
        "status": status,
        "calls": [log.read_text().split() for log in logs],
        "left": left,
        "analyses": [a.status for a in fakes.analyses(store)],
        "scores": sum(len(store.scores(a.recording_sha256)) for a in fakes.analyses(store)),
    }
    store.close()
    return found


def main(folder: Path) -> None:
    """Go through every moment of every stage."""
    cases = [(stage, moment) for stage in (*fakes.ALL, "store") for moment in MOMENTS]
    found = [tell(folder / f"{stage}-{moment}", stage, moment) for stage, moment in cases]
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
