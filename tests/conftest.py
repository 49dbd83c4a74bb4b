"""Databases to test on: SQLite always, PostgreSQL where there is a server or its programs.

An S3 server with a bucket. And a meeting whose tags are known, so that scores are real without
a tagger.
"""

import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

# No property is timed, for machines are noisy; and each run tries the same examples, so that a
# failure is the change's.
settings.register_profile(
    "coachscore", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("coachscore")


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


class S3Server:
    """An S3 server, and the settings by which it is reached."""

    def __init__(self, address: str) -> None:
        from boto3.session import Session

        keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}
        self.address, self.bucket = address, f"bucket-{secrets.token_hex(4)}"
        self.client = Session().client("s3", "eu-west-1", endpoint_url=address, **keys)
        place = {"LocationConstraint": "eu-west-1"}
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=place)

    def settings(self) -> dict[str, Any]:
        return {
            "s3_bucket": self.bucket,
            "s3_endpoint": self.address,
            "s3_region": "eu-west-1",
            "s3_access_key": "id",
            "s3_secret_key": "secret",
        }

    def kept(self) -> dict[str, bytes]:
        """Every file by its key, with those that were never sent to their end."""
        listed = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        begun = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ())
        get = self.client.get_object
        found = {o["Key"]: get(Bucket=self.bucket, Key=o["Key"])["Body"].read() for o in listed}
        return found | {f"begun {one['Key']}": b"" for one in begun}


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server in this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def server(s3: str) -> S3Server:
    """A new bucket on it."""
    return S3Server(s3)


@pytest.fixture
def server_apart() -> Iterator[S3Server]:
    """A server in a process of its own, whose memory is not ours."""
    code = (
        "import time; from moto.server import ThreadedMotoServer as S; "
        "s = S(ip_address='127.0.0.1', port=0, verbose=False); s.start(); "
        "print(s.get_host_and_port()[1], flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield S3Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
    process.kill()
    process.communicate()
