"""What `test_recycled` has done in a process of its own; each load is noted in a file."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.errors import CoachscoreError

kept = []


def load(log: Path) -> Callable[[Any, Any], Any]:
    with log.open("a") as file:
        print(os.getpid(), file=file)
    return work


def work(request: tuple[str, Any], tell: Callable[..., None]) -> Any:
    what, given = request
    tell("begun", os.getpid())
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "refuse":
        raise CoachscoreError(given)
    elif what == "divide":
        return 1 / given
    elif what == "fail":
        raise type("OddError", (Exception,), {})(given)
    elif what == "grow":
        kept.append(b"x" * given * 1_000_000)
    elif what == "wait":
        time.sleep(given)
    return os.getpid()
