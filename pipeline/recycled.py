"""Work in one process of its own, which loads what it needs once and is replaced now and then.

Its parent stays small: what the process holds is given back when it is idle, when it has
done enough, or when it has grown too large. A pool of `concurrent.futures` would neither tell
of progress, nor let go of work that is under way, nor end with a parent that was killed.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final, NamedTuple

from models.errors import CoachscoreError

Tell = Callable[..., None]
Work = Callable[[Any, Tell], Any]

_ATTEMPTS: Final = 2
_STATM: Final = Path("/proc/self/statm")


class ProcessDiedError(CoachscoreError):
    """A process that died each time it was given the same thing."""

    title = "The recording could not be worked on"


class Limits(NamedTuple):
    """When a process is replaced.

    Attributes:
        jobs: After so many.
        megabytes: When it holds more memory than this after one.
        idle_seconds: When it was asked for nothing for so long.
    """

    jobs: int
    megabytes: int
    idle_seconds: float


class _Told(NamedTuple):
    arguments: tuple[Any, ...]


class _Ended(NamedTuple):
    value: Any
    error: Exception | None
    megabytes: float


class _DiedError(Exception):
    """The process is gone."""


class RecycledProcess:
    """One process at a time, started when there is something to do."""

    def __init__(self, load: Callable[[], Work], limits: Limits) -> None:
        """Choose what is done, without starting anything.

        Args:
            load: Called once in each process; gives what does the work there. It can be
                pickled.
            limits: When the process is replaced.
        """
        self._load, self._limits = load, limits
        self._lock = Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._done = 0

    def run(self, request: Any, tell: Tell) -> Any:
        """Have something done; where the process dies, once more in a fresh one.

        Args:
            request: What the work takes; it can be pickled, and so can what it gives.
            tell: Called here with what the work tells there.

        Raises:
            ProcessDiedError: It died twice.
            CoachscoreError: As the work raised it; so is an error of the operating system.
            RuntimeError: The work raised anything else.
        """
        with self._lock:
            for _ in range(_ATTEMPTS):
                with contextlib.suppress(_DiedError):
                    return self._ask(request, tell)
            raise ProcessDiedError(
                "The process that recognises speech died on it twice, most likely because memory "
                "ran out. Use a smaller Whisper model, give the machine more memory, or split "
                "the recording."
            )

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None and self._connection is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
        self._process, self._connection, self._done = None, None, 0

    def _ask(self, request: Any, tell: Tell) -> Any:
        connection = self._started()
        try:
            with _noticing_death():
                connection.send(request)
            while isinstance(answer := _received(connection), _Told):
                tell(*answer.arguments)
        except BaseException:
            # It died, or what waits for it was told to stop: nobody wants the answer.
            self.stop()
            raise
        self._done += 1
        if self._done >= self._limits.jobs or answer.megabytes > self._limits.megabytes:
            self.stop()
        if answer.error is not None:
            raise answer.error
        return answer.value

    def _started(self) -> Connection:
        """The way to a process that lives; one that was idle for long has ended itself."""
        if self._connection is not None and self._process is not None and self._process.is_alive():
            return self._connection
        self.stop()
        # A fork would share this process's threads, models and database connections.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        given = (self._load, theirs, self._limits.idle_seconds)
        # Ended with the parent, where that ends of itself; `_end_with_parent` sees to the rest.
        self._process = context.Process(target=_serve, args=given, name="recogniser", daemon=True)
        self._process.start()
        theirs.close()
        return self._connection


@contextlib.contextmanager
def _noticing_death() -> Any:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise _DiedError from error


def _received(connection: Connection) -> Any:
    with _noticing_death():
        return connection.recv()


def _serve(load: Callable[[], Work], connection: Connection, idle_seconds: float) -> None:
    """The life of the process."""
    # Ctrl-C goes to everybody in the terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, name="parent", daemon=True).start()

    def tell(*arguments: Any) -> None:
        connection.send(_Told(arguments))

    work: Work | None = None
    with contextlib.suppress(EOFError, ConnectionError):
        while connection.poll(idle_seconds):
            request, value, raised = connection.recv(), None, None
            try:
                work = work or load()
                value = work(request, tell)
            except Exception as error:
                raised = _passable(error)
            connection.send(_Ended(value, raised, _megabytes()))


def _passable(error: Exception) -> Exception:
    """An error that can be raised in another process as well."""
    if isinstance(error, CoachscoreError) or type(error).__module__ == "builtins":
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")


def _megabytes() -> float:
    """Memory that the process holds now, 0 where the system does not say."""
    if not _STATM.exists():
        return 0.0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _end_with_parent() -> None:
    """End when the parent does, in the midst of work too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
