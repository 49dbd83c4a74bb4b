"""`coachscore worker` as a process: a signal ends it at once, and it gives its work back."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.service import Service
from pipeline.settings import Settings

# The command itself, with an analysis that takes longer than any test.
CODE = """
import sys, time
from pipeline.cli import main
from pipeline.queue import worker

def make(place, claim):
    print("begun", flush=True)
    time.sleep(600)

worker._prepared = lambda: make
sys.argv = ["coachscore", "worker"]
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_worker_and_its_work_goes_back(
    tmp_path: Path, fakes: ModuleType, number: int
) -> None:
    with closing(Service.open(Settings(home=tmp_path, database_url=None))) as service:
        service.store.put_recording(fakes.recording())
        analysis_id = service.store.queue_analysis("a" * 64, "{}")
        service.work.ask(analysis_id)
        process = subprocess.Popen(
            [sys.executable, "-c", CODE],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ
            | {"COACHSCORE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        try:
            assert process.stdout.readline() == "begun\n"
            assert service.work.claim("other") is None
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
        assert (process.returncode, "Traceback" in errors) == (0, False), errors
        claim = service.work.claim("other")
        assert (claim.analysis_id, claim.attempts) == (analysis_id, 1)
