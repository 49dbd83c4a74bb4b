"""Files in a folder and in a bucket: the same tests on both, the bucket a server of its own."""

import base64
import io
import os
import shutil
import wave
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from pipeline import stages
from pipeline.jobs import Workplace
from pipeline.meetings.deletion import delete_meeting
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.purging import purge
from pipeline.queue import work as work_module
from pipeline.queue.worker import Worker
from pipeline.service import Service
from pipeline.service_tables import MeetingRow
from pipeline.settings import Settings
from pipeline.sql import NotStoredError, now
from pipeline.storage.folder import new_slot
from pipeline.storage.storage import FileGoneError, StorageError
from pipeline.upload_tables import StoredFileRow

Client = Callable[..., TestClient]
MARKER = b"Zanzibarquux"
TUS = {"tus-resumable": "1.0.0"}


@pytest.fixture(params=["folder", "bucket"])
def settings(
    request: pytest.FixtureRequest, template: Any, tmp_path: Path, server: Any
) -> Settings:
    """The organisation of every test, whose new files go to one storage or the other."""
    home = tmp_path / "home"
    shutil.copytree(template[0], home)
    more = server.settings() if request.param == "bucket" else {}
    return Settings(home=home, database_url=None, **more)


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
    server: Any,
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
    client_of: Client, service: Service, server: Any
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


def test_retention_reaches_every_storage(client_of: Client, service: Service, server: Any) -> None:
    meeting = meeting_of(service, upload(client_of("max"), sound()))
    keeping = service.settings.model_copy(update={"retention_days": 30})
    object.__setattr__(service, "settings", keeping)
    past, mine = now() - timedelta(days=31), MeetingRow.id == meeting.id
    service.database.run(update(MeetingRow).where(mine).values(created_at=past))
    assert purge(service).meetings == 1
    assert ([v for v in server.kept().values() if MARKER in v], on_disk(keeping)) == ([], [])


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, server: Any) -> Callable[[bool], None]:
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
    client_of: Client, service: Service, server: Any, broken: Callable[[bool], None]
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
    place = Workplace(service.settings, service.store)
    analyze_queued(place, claim.analysis_id)
    assert service.store.analysis(meeting.analysis_id).status == "done"


@pytest.mark.parametrize("settings", ["bucket"], indirect=True)
def test_deleting_while_the_bucket_is_away_is_told_and_done_later(
    client_of: Client,
    service: Service,
    server: Any,
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
    assert purge(service).files == 2  # At once, as the page says, however young they are.
    assert server.kept() == {}
