"""Files in a folder and in a bucket: the same tests on both, the bucket a server of its own."""

import base64
import io
import logging
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from boto3.session import Session
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from sqlalchemy import select, update

from pipeline import stages
from pipeline.jobs import Workplace
from pipeline.meetings.deletion import delete_meeting
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.purging import purge
from pipeline.queue import work as work_module
from pipeline.queue.work import Claim
from pipeline.queue.worker import Worker
from pipeline.service import Service
from pipeline.service_tables import MeetingRow
from pipeline.settings import Settings, SettingsError
from pipeline.sql import NotStoredError, now
from pipeline.storage.files import Files
from pipeline.storage.folder import new_slot
from pipeline.storage.storage import FileGoneError, StorageError
from pipeline.upload_tables import StoredFileRow
from pipeline.uploads.uploads import MeetingDetails, receive, register

Client = Callable[..., TestClient]
MARKER = b"Zanzibarquux"
TUS = {"tus-resumable": "1.0.0"}


class Server:
    """An S3 server, and the settings by which it is reached."""

    def __init__(self, address: str) -> None:
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
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def server(s3: str) -> Server:
    return Server(s3)


@pytest.fixture(params=["folder", "bucket"])
def settings(
    request: pytest.FixtureRequest, template: Any, tmp_path: Path, server: Server
) -> Settings:
    """The organisation of every test, whose new files go to one storage or the other."""
    home = tmp_path / "home"
    shutil.copytree(template[0], home)
    more = server.settings() if request.param == "bucket" else {}
    return Settings(home=home, database_url=None, **more)


@pytest.fixture
def in_bucket(server: Server, tmp_path: Path) -> Iterator[Service]:
    """An empty service that keeps files in a bucket."""
    settings = Settings(home=tmp_path / "bucket", database_url=None, **server.settings())
    with closing(Service.open(settings)) as service:
        yield service


def sound(seconds: float = 0.2) -> bytes:
    """A recording, with a marker after its samples."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * int(seconds * 125))
    return made.getvalue() + MARKER


def upload(client: TestClient, content: bytes) -> Any:
    form = {"coachee": "Ben", "held_at": "2026-03-04T09:30", "consent": "true"}
    return client.post("/upload", data=form, files={"files": ("talk.wav", content)})


def meeting_of(service: Service, answer: Any) -> Meeting:
    return service.meetings.get(UUID(answer.headers["location"].rsplit("/", 1)[1]))


def on_disk(settings: Settings) -> list[str]:
    files = [f for f in settings.home.rglob("*") if f.is_file()]
    return [str(f) for f in files if MARKER in f.read_bytes()]


def analyse(service: Service) -> None:
    from pipeline.flows import analyze_queued

    worker = Worker(
        service.settings,
        service.database,
        lambda place, one: analyze_queued(place, one.analysis_id),
    )
    while worker.step():
        pass


def test_a_file_from_its_upload_to_its_end(
    fake_stages: None,
    client_of: Client,
    service: Service,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content, mia = sound(), client_of("mia")
    given: list[tuple[bytes, Path]] = []
    real = stages.transcribe

    def transcribe(recording: Any, *more: Any) -> Any:
        path = Path(recording.path)
        given.append((path.read_bytes(), path))
        return real(recording, *more)

    monkeypatch.setattr(stages, "transcribe", transcribe)
    meeting = meeting_of(service, upload(mia, content))
    bucket = service.settings.s3_bucket is not None
    held = [one for one in server.kept().values() if MARKER in one]
    assert (held, len(on_disk(service.settings))) == (([content], 0) if bucket else ([], 1))
    upload(mia, content)  # The same file again is kept once.
    assert len(server.kept()) + len(on_disk(service.settings)) == 1
    analyse(service)
    ((read, path),) = given
    assert read == content
    assert path.exists() is not bucket  # What was fetched for the worker is removed.
    assert service.store.analysis(meeting.analysis_id).status == "done"
    part = mia.get(f"/meetings/{meeting.id}/audio", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, content[100:200])
    assert mia.get(f"/meetings/{meeting.id}/audio").content == content
    assert mia.post(f"/meetings/{meeting.id}/delete").status_code == 303
    assert (server.kept(), on_disk(service.settings)) == ({}, [])
    assert not service.database.all(select(StoredFileRow.location))
    with pytest.raises(FileGoneError):
        service.files.read(meeting.path)


@pytest.mark.parametrize(
    ("asked", "status", "part", "said"),
    [
        ("bytes=0-0", 206, slice(0, 1), "bytes 0-0/{}"),
        ("bytes=-12", 206, slice(-12, None), "bytes {from12}-{last}/{}"),
        ("bytes=-99999999", 206, slice(None), "bytes 0-{last}/{}"),
        ("bytes=6000-", 206, slice(6000, None), "bytes 6000-{last}/{}"),
        ("bytes=5-99999999", 206, slice(5, None), "bytes 5-{last}/{}"),
        ("bytes=99999999-", 416, slice(0, 0), "bytes */{}"),
        ("bytes=-0", 416, slice(0, 0), "bytes */{}"),
        ("bytes=0-1,5-6", 200, slice(None), None),
        ("bytes=9-5", 200, slice(None), None),
        ("lines=1-2", 200, slice(None), None),
    ],
)
def test_ranges(
    client_of: Client, service: Service, asked: str, status: int, part: slice, said: str | None
) -> None:
    content, mia = sound(), client_of("mia")
    path = f"/meetings/{meeting_of(service, upload(mia, content)).id}/audio"
    answer = mia.get(path, headers={"range": asked})
    assert (answer.status_code, answer.content) == (status, content[part])
    assert answer.headers["content-length"] == str(len(content[part]))
    size = len(content)
    shown = said and said.format(size, last=size - 1, from12=size - 12)
    assert answer.headers.get("content-range") == shown
    # Who has a part of another file is sent the whole of this one.
    other = mia.get(path, headers={"range": "bytes=0-0", "if-range": '"other"'})
    assert (other.status_code, len(other.content)) == (200, size)
    mine = {"range": "bytes=0-0", "if-range": answer.headers["etag"]}
    assert mia.get(path, headers=mine).status_code == 206


def test_a_recording_is_only_for_those_who_see_the_meeting(
    client_of: Client, service: Service
) -> None:
    path = f"/meetings/{meeting_of(service, upload(client_of('mia'), sound())).id}/audio"
    for who in ("max", "vic", "ada"):
        assert client_of(who).get(path).status_code == 404
    answer = client_of("mia").get(path)
    assert "location" not in answer.headers
    assert b"http" not in answer.content


def age(service: Service) -> None:
    """Let a day pass for what is in the bucket, and in the folder."""
    past = now() - timedelta(days=2)
    service.database.run(update(StoredFileRow).values(created_at=past))
    for file in service.settings.upload_dir.glob("*/file"):
        os.utime(file, (past.timestamp(), past.timestamp()))


def test_the_purge_finds_what_was_left_behind_and_leaves_the_rest(
    client_of: Client, service: Service, server: Server
) -> None:
    meeting = meeting_of(service, upload(client_of("mia"), sound()))
    slot = new_slot(service.settings)
    slot.write_bytes(b"left" + MARKER)
    service.files.keep(slot)  # And the process dies before it is a meeting.
    server.client.put_object(Bucket=server.bucket, Key="coachscore/other", Body=b"not ours")
    server.client.put_object(Bucket=server.bucket, Key="else", Body=b"not ours")
    assert purge(service).files == 0
    age(service)
    left = 2 if service.settings.s3_bucket else 1
    assert purge(service).files == left
    assert b"".join(service.files.read(meeting.path)) == sound()
    found = [v for v in server.kept().values() if v == b"not ours"]
    assert len(found) == 2
    delete_meeting(service, meeting.id, "test")
    assert [v for v in server.kept().values() if MARKER in v] + on_disk(service.settings) == []


def test_retention_reaches_every_storage(
    client_of: Client, service: Service, server: Server
) -> None:
    meeting = meeting_of(service, upload(client_of("max"), sound()))
    keeping = service.settings.model_copy(update={"retention_days": 30})
    object.__setattr__(service, "settings", keeping)
    past, mine = now() - timedelta(days=31), MeetingRow.id == meeting.id
    service.database.run(update(MeetingRow).where(mine).values(created_at=past))
    assert purge(service).meetings == 1
    assert ([v for v in server.kept().values() if MARKER in v], on_disk(keeping)) == ([], [])


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, server: Server) -> Callable[[bool], None]:
    """Take the bucket away, and bring it back."""

    def switch(away: bool) -> None:
        if away:
            listed = server.client.list_objects_v2(Bucket=server.bucket).get("Contents", ())
            switch.held = {o["Key"]: server.kept()[o["Key"]] for o in listed}
            for key in switch.held:
                server.client.delete_object(Bucket=server.bucket, Key=key)
            server.client.delete_bucket(Bucket=server.bucket)
            return
        place = {"LocationConstraint": "eu-west-1"}
        server.client.create_bucket(Bucket=server.bucket, CreateBucketConfiguration=place)
        for key, content in switch.held.items():
            server.client.put_object(Bucket=server.bucket, Key=key, Body=content)

    return switch


@pytest.mark.parametrize("settings", ["bucket"], indirect=True)
def test_an_upload_outlives_a_bucket_that_is_away(
    client_of: Client, service: Service, server: Server, broken: Callable[[bool], None]
) -> None:
    client, content = client_of("max"), sound()
    said = {"filename": "talk.wav", "coachee": "Ben", "consent": "true"}
    said |= {"held_at": "2026-03-04T09:30+01:00"}
    pairs = (f"{n} {base64.b64encode(v.encode()).decode()}" for n, v in said.items())
    announced = {"upload-length": str(len(content)), "upload-metadata": ",".join(pairs)}
    location = client.post("/uploads", headers=TUS | announced).headers["location"]
    before = len(
        service.meetings.list(service.viewer(service.people.by_email("max@example.com").id).reach)
    )

    def send(at: int, part: bytes) -> Any:
        headers = {"upload-offset": str(at), "content-type": "application/offset+octet-stream"}
        return client.patch(location, headers=TUS | headers, content=part)

    broken(True)
    refused = send(0, content)
    assert refused.status_code == 503
    assert refused.json()["title"] == "The storage of files does not answer"
    assert "NoSuchBucket" in refused.json()["detail"]
    assert client.head(location, headers=TUS).headers["upload-offset"] == str(len(content))
    assert len(on_disk(service.settings)) == 1
    # The form tells its sender, who has the file, and keeps nothing.
    form = upload(client, sound(0.3))
    assert ("does not answer" in form.text, len(on_disk(service.settings))) == (True, 1)
    age(service)
    with pytest.raises(StorageError):
        purge(service)
    assert len(on_disk(service.settings)) == 1
    broken(False)
    done = send(len(content), b"")
    assert (done.status_code, "coachscore-meeting" in done.headers) == (204, True)
    assert on_disk(service.settings) == []
    (kept,) = server.kept().values()
    assert kept == content
    assert purge(service).files == 1  # What the form's attempt had noted.
    mine = service.meetings.list(
        service.viewer(service.people.by_email("max@example.com").id).reach
    )
    assert len(mine) == before + 1


@pytest.mark.parametrize("settings", ["bucket"], indirect=True)
def test_an_analysis_waits_for_a_bucket_that_is_away(
    fake_stages: None,
    client_of: Client,
    service: Service,
    broken: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pipeline.flows import analyze_queued

    monkeypatch.setattr("pipeline.flows._may_pass", lambda *_: False)
    meeting = meeting_of(service, upload(client_of("mia"), sound()))
    broken(True)
    analyse(service)
    mia = client_of("mia")
    assert service.store.analysis(meeting.analysis_id).status == "failed"
    view = service.meetings.seen(service.viewer(meeting.owner_id).reach, meeting.id)
    assert view.status == "queued"  # Nobody is told of what passes.
    assert mia.get(f"/meetings/{meeting.id}/audio").status_code == 503
    broken(False)
    assert service.work.claim("too soon") is None
    monkeypatch.setattr(work_module, "now", lambda: now() + timedelta(minutes=1))
    claim = service.work.claim("later")
    assert claim.attempts == 1
    place = Workplace(service.settings, service.store, lambda *_: None)
    analyze_queued(place, claim.analysis_id)
    assert service.store.analysis(meeting.analysis_id).status == "done"


@pytest.mark.parametrize("settings", ["bucket"], indirect=True)
def test_deleting_while_the_bucket_is_away_is_told_and_done_later(
    client_of: Client,
    service: Service,
    server: Server,
    organisation: Any,
    broken: Callable[[bool], None],
) -> None:
    mia = client_of("mia")
    meeting = meeting_of(service, upload(mia, sound()))
    ned = meeting_of(service, upload(client_of("ned"), sound(0.3)))
    broken(True)
    answer = mia.post(f"/meetings/{meeting.id}/delete")
    assert (answer.status_code, "not deleted yet" in answer.text) == (503, True)
    with pytest.raises(NotStoredError):
        service.meetings.get(meeting.id)
    answer = client_of("ada").post(f"/people/{organisation.ids['ned']}/delete")
    assert (answer.status_code, "not deleted yet" in answer.text) == (503, True)
    for gone in (lambda: service.people.get(ned.owner_id), lambda: service.meetings.get(ned.id)):
        with pytest.raises(NotStoredError):
            gone()
    broken(False)
    age(service)
    assert purge(service).files == 2
    assert server.kept() == {}


def test_two_workers_share_one_database_and_one_bucket(
    database_url: str, server: Server, tmp_path: Path, fake_stages: None
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
        register(service, receive(io.BytesIO(sound(n / 10)), "t.wav", service.settings), details)
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
    assert sorted(seen[0] + seen[1]) == sorted(sound(n / 10) for n in range(1, 9))
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


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Server]:
    """A server in a process of its own, whose memory is not ours."""
    code = (
        "import time; from moto.server import ThreadedMotoServer as S; "
        "s = S(ip_address='127.0.0.1', port=0, verbose=False); s.start(); "
        "print(s.get_host_and_port()[1], flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
    process.kill()
    process.communicate()


def test_memory_stays_flat_for_a_large_file(apart: Server, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=None, **apart.settings())
    with closing(Service.open(settings)) as service:
        files, size = service.files, 64 << 20
        small = new_slot(settings)
        small.write_bytes(MARKER)
        files.remove(files.keep(small))  # What is loaded once is loaded.
        slot = new_slot(settings)
        with slot.open("wb") as file:
            for _ in range(64):
                file.write(secrets.token_bytes(1 << 20))
        location = files.location(slot)
        assert peak(lambda: files.keep(slot)) < 24 << 20

        def fetch() -> None:
            with files.fetched(location) as path:
                assert path.stat().st_size == size
                assert path.parent.stat().st_mode & 0o777 == 0o700

        assert peak(fetch) < 24 << 20
        assert peak(lambda: sum(map(len, files.read(location)))) < 24 << 20


def test_files_from_before_there_was_a_bucket_stay_where_they_are(
    server: Server, tmp_path: Path
) -> None:
    old = Settings(home=tmp_path, database_url=None)
    with closing(Service.open(old)) as service:
        slot = new_slot(old)
        slot.write_bytes(MARKER)
        location = service.files.keep(slot)
    new = Settings(home=tmp_path, database_url=None, **server.settings())
    with closing(Service.open(new)) as service:
        assert b"".join(service.files.read(location)) == MARKER
        with service.files.fetched(location) as path:
            assert path == slot
        other = service.files.keep(slot)
        service.files.remove(location)
        assert not slot.exists()
    # And one in a bucket is not taken for a path where none is named any more.
    with closing(Service.open(old)) as service, pytest.raises(StorageError, match="S3_BUCKET"):
        service.files.read(other)


def test_checking_a_bucket(server: Server, tmp_path: Path) -> None:
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


def test_parts_that_were_never_sent_to_the_end_are_removed(
    in_bucket: Service, server: Server
) -> None:
    slot = new_slot(in_bucket.settings)
    slot.write_bytes(MARKER)
    location = in_bucket.files.keep(slot)
    key = location.removeprefix(f"s3://{server.bucket}/")
    server.client.create_multipart_upload(Bucket=server.bucket, Key=key)
    assert set(server.kept()) == {key, f"begun {key}"}
    in_bucket.files.remove(location)
    assert server.kept() == {}
    in_bucket.files.remove(location)  # Twice is no error.
