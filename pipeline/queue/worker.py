"""A worker: one process that makes queued analyses, oldest first, with models loaded once.

Any number of them may share a database. SIGTERM and Ctrl-C end one at once; the analysis
that it was making goes back into the queue and continues after its last finished stage.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Final, NoReturn
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError

from models.errors import CoachscoreError, UnavailableError
from pipeline.analysis import digest_one, score_again
from pipeline.jobs import Workplace
from pipeline.logs import about, configure
from pipeline.meetings.purging import purge_daily
from pipeline.people.secret import load_secret
from pipeline.queue.rescores import Rescores
from pipeline.queue.work import LEASE, Claim, Work
from pipeline.queue.workers import Workers
from pipeline.settings import Settings
from pipeline.sql import Database, NotStoredError
from pipeline.store import Store
from pipeline.totals import Totals
from pipeline.webhooks.events import Events
from pipeline.webhooks.sending import Sender
from pipeline.webhooks.webhooks import Webhooks

Make = Callable[[Workplace, Claim], None]

_log = logging.getLogger(__name__)
_POLL_SECONDS: Final = 0.3
# A file that ends the process (out of memory, say) must not end every worker for ever.
_MOST_ATTEMPTS: Final = 3


class GaveUpError(CoachscoreError):
    """An analysis during which the worker died again and again."""

    title = "The analysis could not be finished"


class Worker:
    """Takes analyses from the queue and makes them, one after the other."""

    def __init__(self, settings: Settings, database: Database, make: Make) -> None:
        self.name = str(uuid4())
        self._settings, self._make = settings, make
        self._store, self._work = Store(database), Work(database)
        self._totals = Totals(database)
        self._rescores = Rescores(database)
        self._events = Events(database, Webhooks(database, load_secret(settings)))

    def step(self) -> bool:
        """Make the oldest analysis, if there is one; returns whether there was."""
        claim = self._work.claim(self.name)
        if claim is None:
            return False
        shown = ",".join(map(str, self._work.meetings(claim.analysis_id)))
        with about(analysis=claim.analysis_id, meeting=shown or "none"):
            self._take(claim)
        return True

    def _take(self, claim: Claim) -> None:
        """Make an analysis and take it out of the queue, once its end is noted."""
        started, result = time.perf_counter(), "failed"
        anew = claim.rescore_id is not None
        _log.info("begun", extra={"attempt": claim.attempts, "rescore": anew})
        try:
            self._make_one(claim)
            result = "done"
        except UnavailableError as error:  # Not the file's fault, so it is not given up.
            _log.warning("postponed", extra={"reason": type(error).__name__})
            self._work.postpone(self.name, claim.analysis_id)
            return
        except CoachscoreError as error:
            _log.info("cannot be made", extra={"reason": type(error).__name__})
        except Exception:
            _log.exception("went wrong")
        except BaseException:  # A signal: somebody else, or the next start, goes on.
            self._work.release(self.name, claim.analysis_id)
            raise
        if result == "failed" and not self._noted(claim):
            _log.warning("not ended; it is tried again when the lease has run out")
            return
        self._work.done(self.name, claim.analysis_id)
        if not anew:
            self._totals.add("analysis", result)
        took = round((time.perf_counter() - started) * 1000, 1)
        _log.info("ended", extra={"result": result, "ms": took})

    def digest(self) -> bool:
        """Make one digest that an earlier version left out; returns whether to go on."""
        try:
            return digest_one(self._store)
        except Exception:  # Pages go without; uploads must not wait for that.
            _log.exception("a score cannot be digested")
            return False

    def _make_one(self, claim: Claim) -> None:
        if claim.attempts > _MOST_ATTEMPTS:
            error = GaveUpError("The worker stopped three times on this file. Try a shorter one.")
            if claim.rescore_id is None:
                self._store.fail_analysis(claim.analysis_id, error.title, error.message)
            raise error
        place = Workplace(self._settings, self._store)
        if claim.rescore_id is None:
            with self._renewing(claim):
                self._make(place, claim)
        elif not score_again(place, claim.analysis_id):
            return
        self._events.scored(claim.analysis_id)

    def _noted(self, claim: Claim) -> bool:
        """Whether it is known outside of the queue that an analysis failed.

        Where the database was away at that moment, or nothing got as far as noting it, the
        analysis would be shown as running for ever. Each further try counts as an attempt.
        """
        if claim.rescore_id is not None:  # The old score stays, and only the job counts it.
            self._rescores.failed(claim.rescore_id)
            return True
        try:
            return self._store.analysis(claim.analysis_id).status in ("done", "failed")
        except NotStoredError:  # Deleted meanwhile, and with it its place in the queue.
            return True

    @contextmanager
    def _renewing(self, claim: Claim) -> Iterator[None]:
        """Keep the lease in a thread of its own while a stage computes."""
        ended = Event()

        def renew() -> None:
            while not ended.wait(LEASE.total_seconds() / 3):
                try:
                    self._work.renew(self.name, claim.analysis_id)
                except SQLAlchemyError as error:  # The database may be back for the next one.
                    _log.warning("a lease could not be renewed", exc_info=error)

        thread = Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()


def work(settings: Settings, parent: int | None = None) -> None:
    """Work until a signal comes.

    Args:
        settings: Where the queue is.
        parent: Process that started this one; without it, there is nothing to work for.
    """
    configure(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    with closing(Database.open(settings)) as database:
        # Before the models are loaded, for what is to be sent needs none.
        webhooks = Webhooks(database, load_secret(settings))
        sender = Sender(webhooks, private=settings.webhook_private)
        Thread(target=sender.run, args=(Event(),), name="webhooks", daemon=True).start()
        Thread(target=purge_daily, args=(settings, Event()), name="purge", daemon=True).start()
        worker = Worker(settings, database, _prepared())
        with Workers(database).beating(worker.name):
            _log.info("ready", extra={"worker": worker.name})
            lacking = True  # Scores of an earlier version; new ones bring their digests along.
            while parent is None or os.getppid() == parent:
                if not worker.step() and not (lacking := lacking and worker.digest()):
                    time.sleep(_POLL_SECONDS)


def _prepared() -> Make:
    """What makes an analysis, with everything heavy loaded before the first one waits."""
    from models.combined import CombinedTagger
    from pipeline.flows import analyze_queued

    CombinedTagger.load()
    return lambda place, claim: analyze_queued(place, claim.analysis_id)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
