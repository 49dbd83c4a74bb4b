"""One open database, and what every module that asks it something needs.

Modules with SQL (`store`, `people`, `credentials`, `meetings`, `work`, `audit`) share one
`Database`, and so one pool of connections. Typed values go in and come out of them.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import Column, Connection, Executable, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite

from models.conversation import Value
from models.errors import CoachscoreError
from pipeline.database import BUSY_TIMEOUT, connect, make_folder, revision, upgrade, writing
from pipeline.settings import Settings
from pipeline.tables import Base

# Makes a value of what a driver gives, None where that is one.
Typed = Callable[[Any], Any]


class NotStoredError(CoachscoreError):
    """Nothing is stored under that name."""

    title = "There is no such entry"


class Database:
    """An engine with the few ways in which it is used."""

    def __init__(self, url: str) -> None:
        """Prepare for a database whose tables are up to date; see `open`."""
        self._engine = connect(url)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the configured database, make its tables where they lack.

        Raises:
            DatabaseError: It cannot be reached, or was made by a newer version.
        """
        if settings.database_url is None:
            make_folder(settings.home)
        database = cls(settings.sqlalchemy_url)
        upgrade(database._engine)
        return database

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def revision(self) -> str | None:
        """At which migration the tables are at this moment."""
        with self._engine.connect() as connection:
            return revision(connection)

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that will write, committed where nothing was raised."""
        return writing(self._engine)

    def run(self, statement: Executable) -> int:
        """Change something in a transaction of its own; returns how many rows it changed."""
        with self.write() as connection:
            return connection.execute(statement).rowcount

    def forget(self) -> None:
        """Let what was deleted leave the disk: SQLite's log of changes still holds it.

        Where somebody reads at this moment, some of it stays until the next time. PostgreSQL
        overwrites deleted rows by its own autovacuum.
        """
        if self._engine.dialect.name == "sqlite":
            # Inside a transaction, as every connection of SQLAlchemy's is, it does nothing.
            with closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                # It waits for those who read, though not for as long as a writer would.
                for pragma in ("busy_timeout=2000", "wal_checkpoint(TRUNCATE)", BUSY_TIMEOUT):
                    cursor.execute(f"PRAGMA {pragma}")

    def all(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Every row of a question."""
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    def raw(self, statement: Select[Any]) -> tuple[Sequence[tuple[Any, ...]], list[Typed | None]]:
        """Every row as the driver gives it, and what makes a value of each column of it."""
        with self._engine.connect() as connection:
            dialect, cursor = connection.dialect, connection.execute(statement).cursor
            if cursor is None:
                return [], []
            kinds = zip(statement.selected_columns, cursor.description or (), strict=True)
            typed: list[Any] = [
                column.type.dialect_impl(dialect).result_processor(dialect, told[1])
                for column, told in kinds
            ]
            return cursor.fetchall(), typed

    def first(self, statement: Select[Any]) -> Row[Any] | None:
        """The first row of a question, None where there is none."""
        return next(iter(self.all(statement)), None)

    def insert(self, row: type[Base]) -> sqlite.Insert | postgresql.Insert:
        """An insert that knows what to do on a conflict, which plain SQL does not."""
        if self._engine.dialect.name == "postgresql":
            return postgresql.insert(table(row))
        return sqlite.insert(table(row))


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def table(row: type[Base]) -> Table:
    """The table of a row class."""
    return Base.metadata.tables[row.__tablename__]


def columns(row: type[Base], value: type[Value]) -> list[Column[Any]]:
    """The columns of a table that a value of that kind is made of, by their names."""
    own = table(row).c
    return [own[name] for name in value.model_fields if name in own]
