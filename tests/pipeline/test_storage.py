"""Files in a bucket: its server, its settings, other machines, and files of any size."""

import io
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.jobs import Workplace
from pipeline.queue.work import Claim
from pipeline.queue.worker import Worker
from pipeline.service import Service
from pipeline.settings import Settings, SettingsError
from pipeline.sql import now
from pipeline.storage.files import Files
from pipeline.storage.folder import new_slot
from pipeline.storage.storage import StorageError
from pipeline.uploads.uploads import MeetingDetails, receive, register

CONTENT = b"Ana: How did it go?\nBen: Well, %d.\n"


@pytest.fixture
def in_bucket(server: Any, tmp_path: Path) -> Iterator[Service]:
    """An empty service that keeps files in a bucket."""
    settings = Settings(home=tmp_path / "bucket", database_url=None, **server.settings())
    with closing(Service.open(settings)) as service:
        yield service


def test_two_workers_share_one_database_and_one_bucket(
    database_url: str, server: Any, tmp_path: Path
) -> None:
    """Each as on a machine of its own: another folder, the same database and bucket."""
    machines = [
        Service.open(Settings(home=tmp_path / name, database_url=database_url, **server.settings()))
        for name in ("server", "one", "two")
    ]
    service, *others = machines
    owner = service.people.add("mia@example.com", "Mia", "manager")
    details = MeetingDetails(
        owner_id=owner, coachee="Ben", held_at=now(), consent_by=f"person:{owner}"
    )
    made = [
        register(service, receive(io.BytesIO(CONTENT % n), "talk.txt", service.settings), details)
        for n in range(1, 9)
    ]
    both, seen = threading.Barrier(2), [[], []]

    def work(number: int) -> None:
        def make(place: Workplace, claim: Claim) -> None:
            if not seen[number]:
                both.wait(60)  # So that neither has done everything before the other begins.
            with Files(place.settings, place.store.database).fetched(
                path_of[claim.analysis_id]
            ) as f:
                assert f.is_relative_to(place.settings.home)
                seen[number].append(f.read_bytes())

        worker = Worker(others[number].settings, others[number].database, make)
        while worker.step():
            pass

    path_of = {one.analysis_id: one.path for one in made}
    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(seen)
    assert sorted(seen[0] + seen[1]) == [CONTENT % n for n in range(1, 9)]
    assert [list(one.settings.upload_dir.glob("*")) for one in machines] == [[], [], []]
    for one in machines:
        one.close()


def peak(action: Callable[[], object]) -> int:
    """By how many bytes this process was larger than before, at most."""
    page, most, over = os.sysconf("SC_PAGESIZE"), [0], threading.Event()

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * page

    def watch() -> None:
        while not over.wait(0.005):
            most[0] = max(most[0], resident())

    before, watcher = resident(), threading.Thread(target=watch)
    watcher.start()
    try:
        action()
    finally:
        over.set()
        watcher.join()
    return max(most[0], resident()) - before


def test_memory_stays_flat_for_a_large_file(server_apart: Any, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=None, **server_apart.settings())
    with closing(Service.open(settings)) as service:
        files, size = service.files, 64 << 20
        small = new_slot(settings)
        small.write_bytes(CONTENT)
        files.remove(files.keep(small))  # What is loaded once is loaded.
        slot = new_slot(settings)
        with slot.open("wb") as file:
            for _ in range(64):
                file.write(secrets.token_bytes(1 << 20))
        location = files.location(slot)
        assert peak(lambda: files.keep(slot)) < size // 2

        def fetch() -> None:
            with files.fetched(location) as path:
                assert path.stat().st_size == size
                assert path.parent.stat().st_mode & 0o777 == 0o700

        assert peak(fetch) < size // 2
        assert peak(lambda: sum(map(len, files.read(location)))) < size // 2


def test_files_from_before_there_was_a_bucket_stay_where_they_are(
    server: Any, tmp_path: Path
) -> None:
    old = Settings(home=tmp_path, database_url=None)
    with closing(Service.open(old)) as service:
        slot = new_slot(old)
        slot.write_bytes(CONTENT)
        location = service.files.keep(slot)
    new = Settings(home=tmp_path, database_url=None, **server.settings())
    with closing(Service.open(new)) as service:
        assert b"".join(service.files.read(location)) == CONTENT
        with service.files.fetched(location) as path:
            assert path == slot
        other = service.files.keep(slot)
        service.files.remove(location)
        assert not slot.exists()
    # And one in a bucket is not taken for a path where none is named any more.
    with closing(Service.open(old)) as service, pytest.raises(StorageError, match="S3_BUCKET"):
        service.files.read(other)


def test_checking_a_bucket(server: Any, tmp_path: Path) -> None:
    with closing(Service.open(Settings(home=tmp_path, database_url=None))) as service:
        service.files.check()
        good = server.settings()
        wrong = ({"s3_bucket": "no-such-bucket"}, {"s3_endpoint": "http://127.0.0.1:1"})
        Files(Settings(home=tmp_path, **good), service.database).check()
        for change in wrong:
            files = Files(Settings(home=tmp_path, **good | change), service.database)
            started = time.monotonic()
            with pytest.raises(StorageError, match="cannot be used at the moment"):
                files.check()
            assert time.monotonic() - started < 10
        one_key = Settings(home=tmp_path, **good | {"s3_secret_key": None})
        with pytest.raises(SettingsError, match="belong together"):
            Files(one_key, service.database)


def test_parts_that_were_never_sent_to_the_end_are_removed(in_bucket: Service, server: Any) -> None:
    slot = new_slot(in_bucket.settings)
    slot.write_bytes(CONTENT)
    location = in_bucket.files.keep(slot)
    key = location.removeprefix(f"s3://{server.bucket}/")
    server.client.create_multipart_upload(Bucket=server.bucket, Key=key)
    assert set(server.kept()) == {key, f"begun {key}"}
    in_bucket.files.remove(location)
    assert server.kept() == {}
    in_bucket.files.remove(location)  # Twice is no error.


@pytest.mark.parametrize(
    ("endpoint", "taken"),
    [
        ("https://minio.example:9000", True),
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000/", True),
        ("http://[::1]:9000", True),
        ("http://minio.example:9000", False),
        ("http://127.0.0.1.example", False),
        ("http://localhost@minio.example", False),
        ("https://user:secret@minio.example", False),
        ("minio.example", False),
    ],
)
def test_files_travel_encrypted(endpoint: str, taken: bool) -> None:
    if taken:
        assert Settings(s3_endpoint=endpoint).s3_endpoint == endpoint
        return
    with pytest.raises(ValidationError, match="it takes https"):
        Settings(s3_endpoint=endpoint)


def test_no_key_is_told() -> None:
    keys = {"s3_access_key": "the-id", "s3_secret_key": "the-secret"}
    told = repr(Settings(**keys))
    assert "the-id" not in told
    assert "the-secret" not in told
