"""Deleting, and keeping for a time only: afterwards, no store holds anything of it."""

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, func, inspect, select, table, text, update

from pipeline.jobs import Workplace
from pipeline.meetings.deletion import delete_meeting, delete_person
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.purging import purge
from pipeline.people.audit import AuditFilter
from pipeline.people.people import PeopleError
from pipeline.service import Service
from pipeline.service_tables import MeetingRow
from pipeline.settings import Settings
from pipeline.sql import NotStoredError, now
from pipeline.tables import Base, RecordingRow, StageResultRow
from pipeline.uploads.resuming import append, start
from pipeline.uploads.uploads import MeetingDetails, receive, register

Client = Callable[..., TestClient]
MARKER = "Zanzibarquux"
TALK = f"Ana: How did {MARKER} go?\nBen: Well, {MARKER} bought.\n"
# These hold ids, hashes, counts, addresses of programs and rubrics; of no person, no meeting.
NAMES_NOBODY = {
    "audit", "rescores", "rubrics", "sign_in_attempts", "stored_files", "tokens", "totals",
    "webhooks", "workers",
}  # fmt: skip


def stores(service: Service) -> list[str]:
    """Each table and file that holds the marker, the database's own files included."""
    everything = select(text("*"))
    with service.database.write() as connection:
        tables = inspect(connection).get_table_names()
        held = [
            name
            for name in tables
            # As tuples: a row as text cuts long values short.
            if MARKER
            in str([tuple(row) for row in connection.execute(everything.select_from(table(name)))])
        ]
    folders = [service.settings.home, Path(os.environ["PREFECT_HOME"])]
    files = [f for folder in folders for f in folder.rglob("*") if f.is_file()]
    marker = MARKER.encode()
    return held + [str(f) for f in files if marker in f.read_bytes() or MARKER in str(f)]


@pytest.fixture
def marked(fake_stages: None, service: Service, client_of: Client) -> Callable[[str], Meeting]:
    """A meeting of somebody by name: uploaded and analysed as it is in earnest, by Prefect."""

    def make(who: str) -> Meeting:
        from pipeline.flows import analyze_queued

        form = {"coachee": MARKER, "held_at": "2026-03-04T09:30", "consent": "true"}
        files = {"files": (f"{MARKER}.txt", TALK.encode())}
        answer = client_of(who).post("/upload", data=form, files=files)
        person = service.people.by_email(f"{who}@example.com")
        views = service.meetings.list(service.viewer(person.id).reach)
        meeting = next(v.meeting for v in views if v.meeting.coachee == MARKER)
        assert answer.headers["location"] == f"/meetings/{meeting.id}"
        if (claim := service.work.claim("test")) is not None:
            place = Workplace(service.settings, service.store)
            analyze_queued(place, claim.analysis_id)
            service.work.done("test", claim.analysis_id)
        # What fake stages make does not come from the file; let it look as if it did.
        said = func.replace(StageResultRow.payload, "Line", MARKER)
        mine = StageResultRow.recording_sha256 == meeting.sha256
        service.database.run(update(StageResultRow).where(mine).values(payload=said))
        return meeting

    return make


def test_a_deleted_meeting_is_in_no_store(marked: Any, client_of: Client, service: Service) -> None:
    meeting = marked("mia")
    held = stores(service)
    assert {"meetings", "recordings", "stage_results"} <= set(held)
    assert any("uploads" in one for one in held)
    mia = client_of("mia")
    assert MARKER in mia.get(f"/meetings/{meeting.id}/delete").text
    answer = mia.post(f"/meetings/{meeting.id}/delete")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert mia.get(f"/meetings/{meeting.id}").status_code == 404
    assert stores(service) == []
    (line,) = service.audit.page(AuditFilter(action="delete"), None, 9).items
    assert line.object == f"meeting:{meeting.id}"


def test_of_a_shared_file_the_last_meeting_takes_what_was_made(
    marked: Any, service: Service, client_of: Client
) -> None:
    first, second = marked("mia"), marked("ned")
    assert first.sha256 == second.sha256
    # Whose meeting it is helps to tell who coaches, so each has an analysis of its own.
    assert first.analysis_id != second.analysis_id
    delete_meeting(service, second.id, "test")
    assert not Path(second.path).exists()
    with pytest.raises(NotStoredError):
        service.store.analysis(second.analysis_id)
    # What is left does not point to the copy that is gone.
    assert service.store.recording(first.sha256).path == first.path
    assert client_of("mia").get(f"/meetings/{first.id}").status_code == 200
    assert service.store.scores(first.sha256)
    delete_meeting(service, first.id, "test")
    assert stores(service) == []
    with pytest.raises(NotStoredError):
        delete_meeting(service, first.id, "test")


def test_a_deleted_person_is_in_no_store(
    marked: Any, service: Service, organisation: Any, client_of: Client
) -> None:
    vic, rhea = organisation.ids["vic"], organisation.ids["rhea"]
    meeting = marked("vic")
    service.people.change(vic, name=MARKER, role="vp", reports_to=rhea)
    service.identities.link(vic, "https://provider.example", MARKER)
    client = client_of("vic")
    details = MeetingDetails(
        owner_id=vic, coachee=MARKER, held_at=now(), consent_by=f"person:{vic}"
    )
    part = start(service, details, f"{MARKER}.txt", 100)
    append(service.settings, part, 0, MARKER.encode())
    assert {"people", "partial_uploads", "identities"} <= set(stores(service))
    answer = client_of("ada").post(f"/people/{vic}/delete")
    assert answer.headers["location"] == "/people"
    assert stores(service) == []
    assert client.get("/").headers["location"].startswith("/sign-in")
    assert service.people.get(organisation.ids["mia"]).reports_to == rhea
    assert not Path(meeting.path).parent.exists()


def test_the_only_admin_stays(service: Service, organisation: Any, client_of: Client) -> None:
    with pytest.raises(PeopleError):
        delete_person(service, organisation.ids["ada"], "test")
    page = client_of("ada").post(f"/people/{organisation.ids['ada']}/delete")
    assert (page.status_code, "only admin" in page.text) == (400, True)


def test_who_may_delete(client_of: Client, organisation: Any) -> None:
    """Those who only see a meeting may not; an admin may, and learns nothing but whose it is."""
    path = f"/meetings/{organisation.ids['released']}/delete"
    for who in ("vic", "rhea", "max", "ned"):
        assert client_of(who).get(path).status_code == 404
        assert client_of(who).post(path).status_code == 404
    page = client_of("ada").get(path)
    assert "Mia" in page.text
    assert "Meeting with Ben" not in page.text
    assert client_of("ada").post(path).headers["location"] == "/audit"
    assert client_of("mia").get(path).status_code == 404


def test_every_table_goes_with_what_it_is_about() -> None:
    """A table that refers to nobody's meeting must say so here, with its reason above."""
    roots, reached = {"people", "recordings"}, set()
    tables = Base.metadata.tables
    for _ in tables:
        reached |= {
            name
            for name, table in tables.items()
            if any(
                key.ondelete == "CASCADE" and key.column.table.name in roots | reached
                for key in table.foreign_keys
            )
        }
    assert set(tables) - reached - roots == NAMES_NOBODY


def test_what_is_too_old_is_removed(marked: Any, service: Service) -> None:
    meeting = marked("max")
    assert purge(service).meetings == 0  # Without a setting, everything is kept.
    keeping = service.settings.model_copy(update={"retention_days": 30})
    object.__setattr__(service, "settings", keeping)
    assert purge(service).meetings == 0
    past = now() - timedelta(days=31)
    mine = MeetingRow.id == meeting.id
    service.database.run(update(MeetingRow).where(mine).values(created_at=past))
    service.database.run(update(RecordingRow).values(created_at=past))
    done = purge(service)
    assert (done.meetings, done.recordings) == (1, 0)
    assert stores(service) == []
    assert service.database.all(select(MeetingRow.id))  # The younger ones are still there.


def test_files_that_were_left_behind_are_removed(service: Service, organisation: Any) -> None:
    uploads = service.settings.upload_dir
    before = set(uploads.iterdir())
    for name, age in (("old", timedelta(days=2)), ("young", timedelta(0))):
        (uploads / name).mkdir()
        (uploads / name / "file").write_text(MARKER)
        at = (now() - age).timestamp()
        os.utime(uploads / name / "file", (at, at))
    mia = organisation.ids["mia"]
    details = MeetingDetails(owner_id=mia, coachee="Ben", held_at=now(), consent_by=f"person:{mia}")
    part = start(service, details, "talk.txt", 100)
    service.partial_uploads.extend(part.id, now() - timedelta(seconds=1))
    assert purge(service).files == 2
    assert set(uploads.iterdir()) - before == {uploads / "young"}


def test_the_audit_page_in_parts(client_of: Client, service: Service, organisation: Any) -> None:
    mia, ada = organisation.ids["mia"], client_of("ada")
    for number in range(120):
        service.audit.note(f"person:{mia}", "change", f"meeting:{number}")
    first = ada.get("/audit", params={"action": "change", "actor": f"person:{mia}"})
    assert first.text.count("<tr") == 101  # The head, and a hundred lines.
    assert "meeting:119" in first.text
    older = first.text.split('href="/audit?')[-1].split('"')[0].replace("&amp;", "&")
    second = ada.get(f"/audit?{older}")
    assert second.text.count("<tr") == 21
    assert "meeting:0" in second.text
    assert "Nothing fits" in ada.get("/audit", params={"action": "delete"}).text


class Racing(NamedTuple):
    """A person on each kind of database whose last upload is just finishing."""

    service: Service
    person: UUID
    by: str

    def upload(self) -> Meeting:
        details = MeetingDetails(
            owner_id=self.person, coachee=MARKER, held_at=now(), consent_by=f"person:{self.person}"
        )
        received = receive(io.BytesIO(TALK.encode()), f"{MARKER}.txt", self.service.settings)
        return register(self.service, received, details)


@pytest.fixture
def racing(database_url: str, tmp_path: Path) -> Iterator[Racing]:
    with closing(Service.open(Settings(home=tmp_path, database_url=database_url))) as service:
        admin = service.people.add("ada@example.com", "ada", "admin")
        yield Racing(
            service, service.people.add("bob@example.com", "bob", "manager"), f"person:{admin}"
        )


def test_a_meeting_that_comes_while_its_person_is_deleted_goes_with_them(
    racing: Racing, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, real = racing.service, racing.service.people.remove

    def remove(person_id: UUID) -> bool:
        monkeypatch.setattr(service.people, "remove", real)
        racing.upload()  # After the list of their meetings was taken.
        return real(person_id)

    monkeypatch.setattr(service.people, "remove", remove)
    assert delete_person(service, racing.person, racing.by) == 1
    assert stores(service) == []


def test_an_upload_that_ends_after_its_person_was_deleted_leaves_nothing(
    racing: Racing, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, real = racing.service, racing.service.meetings.add

    def add(meeting: Meeting) -> Meeting:
        delete_person(service, racing.person, racing.by)
        return real(meeting)

    monkeypatch.setattr(service.meetings, "add", add)
    with pytest.raises(NotStoredError, match="deleted while it was being added"):
        racing.upload()
    assert stores(service) == []


def test_an_upload_whose_meeting_is_deleted_at_once_leaves_nothing(
    racing: Racing, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, real = racing.service, racing.service.work.ask

    def ask(analysis_id: UUID) -> None:
        delete_person(service, racing.person, racing.by)
        real(analysis_id)

    monkeypatch.setattr(service.work, "ask", ask)
    with pytest.raises(NotStoredError):
        racing.upload()
    assert stores(service) == []


def test_who_adds_a_meeting_waits_for_the_end_of_its_person(
    racing: Racing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look at a person's meetings and their removal, none can come."""
    service, real = racing.service, Connection.execute
    with ThreadPoolExecutor(1) as pool:
        uploads: list[Future[Meeting]] = []

        def execute(connection: Connection, statement: Any, *more: Any, **named: Any) -> Any:
            if str(statement).startswith("UPDATE people SET reports_to"):
                uploads.append(pool.submit(racing.upload))
                wait(uploads, timeout=1)
            return real(connection, statement, *more, **named)

        monkeypatch.setattr(Connection, "execute", execute)
        assert delete_person(service, racing.person, racing.by) == 0
        with pytest.raises(NotStoredError, match="deleted while it was being added"):
            uploads[0].result()
    assert stores(service) == []


def test_deleting_on_both_databases(database_url: str, tmp_path: Path, fake_stages: None) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, retention_days=30)
    with closing(Service.open(settings)) as service:
        ids = [service.people.add(f"{n}@example.com", n, "manager") for n in ("ann", "bob")]
        ada = service.people.add("ada@example.com", "ada", "admin")
        made = []
        for owner in ids:
            details = MeetingDetails(
                owner_id=owner, coachee="Ben", held_at=now(), consent_by=f"person:{owner}"
            )
            received = receive(io.BytesIO(TALK.encode()), "talk.txt", settings)
            made.append(register(service, received, details))
        delete_meeting(service, made[0].id, "test")
        assert service.store.recording(made[1].sha256).path == made[1].path
        assert delete_person(service, ids[1], f"person:{ada}") == 1
        with pytest.raises(NotStoredError):
            service.store.recording(made[1].sha256)
        assert purge(service).meetings == 0
        assert [one.name for one in service.people.all()] == ["ada", "ann"]
