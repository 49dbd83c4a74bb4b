"""Databases to test on: SQLite always, PostgreSQL where there is a server or its programs.

And a meeting whose tags are known, so that scores are real without a tagger.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one that is named, or one of our own until the tests end."""
    named = os.environ.get("COACHSCORE_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not found:
        pytest.skip("no PostgreSQL: set COACHSCORE_TEST_POSTGRES_URL or install postgresql")
    # Not pytest's own folder: that one is closed to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="coachscore-postgres-"))
    try:
        yield from _private_server(found[-1], folder)
    finally:
        shutil.rmtree(folder)


def _private_server(programs: Path, folder: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data, port = folder / "data", _free_port()
    options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c max_connections=40"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*as_user, str(programs / program), "-D", str(data), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )

    run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def empty_postgres(postgres_url: str) -> Callable[[], AbstractContextManager[str]]:
    """Makes an empty database on the server, gone after use; gives its URL."""
    server = make_url(postgres_url)

    @contextmanager
    def make() -> Iterator[str]:
        name = f"test_{secrets.token_hex(6)}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, on each of the two kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'coachscore.db'}"
        return
    with request.getfixturevalue("empty_postgres")() as url:
        yield url


LABELLED = "datasets/coachtalk/conversations/train/a02-05.json"


@pytest.fixture
def labelled_talk(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A transcript file with roles and kind; the stage "tag" gives its labels as tags.

    Where somebody else is taken to be the coach, each of the coach's sentences is telling.
    """
    from models.labelled import UtteranceLabels, gold_tags, read_labelled
    from pipeline import stages

    path = Path(__file__).parents[1] / LABELLED
    item = read_labelled(path)
    telling = UtteranceLabels(act="telling", telling_kind="information", focus="deal")

    def tag(talk: object) -> object:
        sides = zip(item.conversation.utterances, talk.utterances, strict=True)
        labels = tuple(
            known if was.role == now.role else telling if now.role == "coach" else None
            for (was, now), known in zip(sides, item.utterance_labels, strict=True)
        )
        return gold_tags(item.model_copy(update={"conversation": talk, "utterance_labels": labels}))

    monkeypatch.setattr(stages, "tag", tag)
    return path
