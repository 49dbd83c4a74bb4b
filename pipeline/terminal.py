"""What the command line prints: results, complaints, and a bar while something takes long."""

import sys
import time
from pathlib import Path
from typing import Any

from models.errors import CoachscoreError


class ProgressBar:
    """A bar on standard error while something takes long; nothing where nobody watches."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._tasks: dict[str, tuple[Any, float]] = {}

    def __enter__(self) -> "ProgressBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def told(self, path: Path, phase: str, share: float) -> None:
        """Progress on one of several files: a phase, and the share done of the whole."""
        self._show(path.name, f"{path.name}: {phase}", share)

    def phase(self, name: str, share: float) -> None:
        """Progress on one thing; `share` from 0 to 1."""
        self._show("", name, share)

    def _show(self, thing: str, text: str, share: float) -> None:
        if thing not in self._tasks:
            for task, _ in self._tasks.values():
                self._bar.update(task, visible=False)
            self._tasks[thing] = self._bar.add_task(text, total=1.0), time.monotonic()
        task, begun = self._tasks[thing]
        # The share is one of time, so the rest takes what is missing of it.
        left = (time.monotonic() - begun) * (1 - share) / share if share > 0.02 else None
        about = "" if left is None else f", about {_duration(left)} left"
        self._bar.update(task, completed=share, description=text + about)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def write(text: str, out: Path | None) -> None:
    """Print a result, or write it to a file.

    Raises:
        CoachscoreError: The file cannot be written.
    """
    if out is None:
        print(text)  # noqa: T201
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CoachscoreError(
            f"{out} cannot be written: {error.strerror}. Give another path to --out."
        ) from error


def complain(error: CoachscoreError, path: Path | None = None) -> None:
    """Say what is wrong, and with which file where the message does not."""
    about = f"{path}: " if path is not None and path.name not in error.message else ""
    print(f"{error.title}: {about}{error.message}", file=sys.stderr)  # noqa: T201
