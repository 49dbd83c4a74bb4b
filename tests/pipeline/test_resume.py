"""A run that is killed goes on where it was: at most the stage it died in is done twice."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

STAGES = ["probe", "transcribe", "attribute", "tag", "score"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """For every stage and moment: the calls of the killed run and of the one after it."""
    folder = tmp_path_factory.mktemp("killed")
    script = Path(__file__).with_name("killable.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PREFECT_HOME": str(folder / "prefect")},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = json.loads((folder / "found.json").read_text())
    return {(one["stage"], one["moment"]): one for one in found}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("stage", [*STAGES, "store"])
def test_a_killed_run_goes_on_where_it_was(
    runs: dict[tuple[str, str], Any], stage: str, moment: str
) -> None:
    run = runs[stage, moment]
    reached = len(STAGES) if stage == "store" else STAGES.index(stage)
    # Killed before its work, a stage is not called; after it, before the result is kept.
    called = reached + (moment == "after" and stage != "store")
    assert run["status"] == [-signal.SIGKILL, 0]
    assert run["calls"] == [STAGES[:called], STAGES[reached:]]
    if stage != "probe":
        assert run["left"] == ["done" if (stage, moment) == ("store", "after") else "running"]
    assert run["analyses"] == ["done"]
    assert run["scores"] == 1
