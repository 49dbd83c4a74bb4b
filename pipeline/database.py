"""Opening the database: its engine, and its tables brought up to date."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from models.errors import CoachscoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The newest migration. Kept here so that a database that is up to date opens without
# importing Alembic; a test holds it to the folder of migrations.
HEAD: Final = "0012"

# Milliseconds for which one writer on SQLite waits for another.
BUSY_TIMEOUT: Final = "busy_timeout=30000"
# Read in place, up to 1 GiB: pages over many meetings take half the time, and connections share it.
_MAPPED: Final = "mmap_size=1073741824"
_MIGRATION_LOCK: Final = 0x636F616368  # Any number of our own, for PostgreSQL's advisory lock.


class DatabaseError(CoachscoreError):
    """The database cannot be reached, or is not one that this version knows."""

    title = "The database cannot be used"


def make_folder(folder: Path) -> None:
    """Make the folder that an SQLite file is to lie in.

    Raises:
        DatabaseError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"{folder} cannot be made: {error.strerror}. COACHSCORE_HOME may name another folder."
        ) from error


def connect(url: str) -> Engine:
    """An engine for a URL; nothing is opened yet.

    Raises:
        DatabaseError: The URL is not one of SQLAlchemy's, or its driver is not installed.
    """
    try:
        # A file does not go away as a server's connection does.
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    except (ImportError, SQLAlchemyError) as error:
        raise DatabaseError(
            f"{error}. COACHSCORE_DATABASE_URL takes sqlite:///… or postgresql+psycopg://…"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # sqlite3 must not begin transactions on its own: it leaves out table definitions, and
    # a transaction that starts reading and then writes fails where another one wrote.
    connection.isolation_level = None
    for pragma in (BUSY_TIMEOUT, "journal_mode=WAL", "synchronous=NORMAL", _MAPPED):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # What is deleted is overwritten in the file.


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> "Iterator[Connection]":
    """A transaction that will write, committed where nothing was raised."""
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


def upgrade(engine: Engine) -> None:
    """Bring the tables up to date; several processes may do so at once.

    Raises:
        DatabaseError: It cannot be reached, or was made by a newer version.
    """
    try:
        with engine.connect() as connection:
            if revision(connection) == HEAD:
                return
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            if revision(connection) != HEAD:
                _run_alembic(connection)
    except OperationalError as error:
        raise DatabaseError(f"{engine.url} does not answer: {error.orig}") from error


def revision(connection: Connection) -> str | None:
    """At which migration the tables are, None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(connection: Connection) -> None:
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise DatabaseError(f"It was made by a newer Coachscore ({error}). Update this one.") from (
            error
        )


def alembic_config(connection: Connection) -> Any:
    """What Alembic's commands need to work on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "pipeline:migrations")
    config.attributes["connection"] = connection
    return config
