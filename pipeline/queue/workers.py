"""Which workers are alive: each says so every few seconds, whatever it is doing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from pipeline.sql import Database, now
from pipeline.watch_tables import WorkerRow

BEAT_SECONDS: Final = 5.0
ALIVE: Final = timedelta(seconds=30)

_log = logging.getLogger(__name__)


class Workers:
    """Every worker on this database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, name: str) -> None:
        """Say that a worker is there; those that are not any longer are forgotten."""
        seen = {"seen_at": now()}
        statement = self._database.insert(WorkerRow).values(name=name, **seen)
        with self._database.write() as connection:
            connection.execute(delete(WorkerRow).where(WorkerRow.seen_at < now() - ALIVE))
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=seen))

    def leave(self, name: str) -> None:
        """Say that a worker ends."""
        self._database.run(delete(WorkerRow).where(WorkerRow.name == name))

    def alive(self) -> int:
        """How many there are."""
        row = self._database.first(
            select(func.count()).select_from(WorkerRow).where(WorkerRow.seen_at >= now() - ALIVE)
        )
        return 0 if row is None else int(row[0])

    @contextmanager
    def beating(self, name: str) -> Iterator[None]:
        """Say that a worker is there for as long as the block runs, from a thread of its own."""
        ended = Event()

        def beat() -> None:
            while True:
                try:
                    self.beat(name)
                except SQLAlchemyError as error:  # The database may be back for the next one.
                    _log.warning("no sign of life could be given", exc_info=error)
                if ended.wait(BEAT_SECONDS):
                    return

        thread = Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.leave(name)
