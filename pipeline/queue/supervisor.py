"""Keeps one worker running beside the process that asked for it."""

import logging
import multiprocessing
import os
from threading import Event, Thread
from typing import Final

from pipeline.queue.worker import work
from pipeline.settings import Settings

_log = logging.getLogger(__name__)
_PAUSE_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 10.0


class Supervisor:
    """Starts a worker, starts it again where it dies, and stops it in the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopped = Event()
        self._thread = Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> "Supervisor":
        """Start the worker; it loads its models while others go on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the worker; what it was making goes back into the queue."""
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self._run_one()
            # One that cannot even start would otherwise be started without a pause.
            self._stopped.wait(_PAUSE_SECONDS)

    def _run_one(self) -> None:
        # A fork would share this process's threads and database connections.
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=work, args=(self._settings, os.getpid()), name="worker")
        process.start()
        while process.is_alive() and not self._stopped.wait(0.1):
            pass
        if not self._stopped.is_set():
            _log.error("worker ended, and is started again", extra={"exit": process.exitcode})
        process.terminate()
        process.join(_PATIENCE_SECONDS)
        if process.is_alive():
            process.kill()  # What it had finished is stored; its lease runs out.
            process.join()
