"""A process that works: loaded once, replaced, tried again, and gone when nobody needs it."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from models.errors import CoachscoreError
from pipeline.recycled import Limits, ProcessDiedError, RecycledProcess

HERE = Path(__file__).parent
ROOMY = Limits(jobs=100, megabytes=10_000, idle_seconds=60)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def start(log, monkeypatch):
    # The process finds what it is to load where its parent would.
    monkeypatch.syspath_prepend(str(HERE))
    import laborious

    made = []

    def _start(limits=ROOMY):
        made.append(RecycledProcess(partial(laborious.load, log), limits))
        return made[-1]

    yield _start
    for process in made:
        process.stop()


def loads(log):
    return len(log.read_text().split())


def unheard(*_):
    """Nobody listens."""


def ended(pid):
    """Whether a process ended within some seconds; one that only waits for its parent did."""
    for _ in range(200):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_what_it_needs_is_loaded_once_and_in_another_process(start, log):
    process, told = start(), []
    first = process.run(("", None), lambda *told_: told.append(told_))
    second = process.run(("", None), unheard)
    assert first == second != os.getpid()
    assert told == [("begun", first)]
    assert loads(log) == 1


def test_work_that_was_killed_is_finished_in_a_fresh_process(start, log):
    seen = []

    def kill_the_first(_, pid):
        seen.append(pid)
        if len(seen) == 1:
            os.kill(pid, signal.SIGKILL)

    found = start().run(("wait", 1), kill_the_first)
    assert found == seen[1] != seen[0]
    assert loads(log) == 2


def test_what_always_kills_it_ends_with_a_message_and_the_next_goes_well(start, log):
    process = start()
    with pytest.raises(ProcessDiedError, match="died on it twice, most likely because memory"):
        process.run(("die", None), unheard)
    assert loads(log) == 2
    assert process.run(("", None), unheard) > 0


@pytest.mark.parametrize(
    ("limits", "asked"),
    [
        (ROOMY._replace(jobs=2), [("", None), ("", None), ("", None)]),
        (ROOMY._replace(megabytes=150), [("", None), ("grow", 200), ("", None)]),
    ],
)
def test_it_is_replaced_when_it_did_enough_or_grew_too_large(start, log, limits, asked):
    process = start(limits)
    first, second, third = (process.run(request, unheard) for request in asked)
    assert first == second != third
    assert ended(first)
    assert loads(log) == 2


def test_its_memory_goes_back_when_it_is_idle(start, log):
    process = start(ROOMY._replace(idle_seconds=0.5))
    first = process.run(("", None), unheard)
    assert ended(first)
    assert process.run(("", None), unheard) != first


def test_errors_are_raised_as_if_it_had_happened_here(start, log):
    process = start()
    with pytest.raises(CoachscoreError, match="no sound"):
        process.run(("refuse", "no sound"), unheard)
    with pytest.raises(ZeroDivisionError):
        process.run(("divide", 0), unheard)
    with pytest.raises(RuntimeError, match="OddError: how odd"):
        process.run(("fail", "how odd"), unheard)
    assert loads(log) == 1


def test_who_stops_waiting_stops_the_work(start):
    process, seen = start(), []

    def interrupt(_, pid):
        seen.append(pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.run(("wait", 600), interrupt)
    assert ended(seen[0])
    assert process.run(("", None), unheard) != seen[0]


def test_it_ends_with_a_parent_that_is_killed(log):
    code = (
        "from functools import partial; from pathlib import Path; import laborious;"
        "from pipeline.recycled import *;"
        f"process = RecycledProcess(partial(laborious.load, Path({str(log)!r})),"
        " Limits(9, 9999, 600));"
        "process.run(('wait', 600), lambda _, pid: print(pid, flush=True))"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}"},
    )
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert ended(child)
