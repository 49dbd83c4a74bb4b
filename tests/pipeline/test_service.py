"""The service's part of the database, on both kinds of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from models.errors import CoachscoreError
from pipeline.jobs import Workplace, failing
from pipeline.meetings.meetings import Meeting
from pipeline.meetings.releasing import delete_recording
from pipeline.people.people import PeopleError
from pipeline.people.policy import Reach
from pipeline.people.secret import SecretError, load_secret
from pipeline.people.throttle import LIMITS, ThrottledError
from pipeline.queue import work as work_module
from pipeline.queue.rescores import Rescores
from pipeline.queue.work import Claim, Work
from pipeline.queue.worker import Worker
from pipeline.service import Service
from pipeline.service_tables import WorkRow
from pipeline.settings import Settings
from pipeline.sql import Database, NotStoredError, now
from pipeline.store import Store


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    service = Service.open(settings)
    yield service
    service.close()


def queued(service: Service, fakes: ModuleType, count: int) -> list[UUID]:
    service.store.put_recording(fakes.recording())
    found = [service.store.queue_analysis("a" * 64, f"{n}") for n in range(count)]
    for analysis_id in found:
        service.work.ask(analysis_id)
        service.work.ask(analysis_id)
    return found


def test_people_and_their_tree(service: Service) -> None:
    people = service.people
    top = people.add("Top@Example.com", "  Top  Most ", "vp")
    middle = people.add("middle@example.com", "Middle", "vp", top)
    low = people.add("low@example.com", "Low", "manager", middle)
    assert people.get(top).name == "Top Most"
    assert people.by_email("TOP@example.COM").id == top
    with pytest.raises(PeopleError, match="belongs to somebody"):
        people.add("TOP@example.com", "Other", "vp")
    assert people.under(top) == {middle, low}
    assert people.under(low) == frozenset()
    with pytest.raises(PeopleError, match="reports to them"):
        people.change(top, name="Top", role="vp", reports_to=low)
    with pytest.raises(NotStoredError):
        people.get(uuid4())


def test_nobody_reports_to_somebody_unknown(service: Service) -> None:
    with pytest.raises(NotStoredError):
        service.people.add("new@example.com", "New", "manager", uuid4())
    person = service.people.add("new@example.com", "New", "manager")
    with pytest.raises(NotStoredError):
        service.people.change(person, name="New", role="manager", reports_to=uuid4())
    assert service.people.get(person).reports_to is None


def test_of_many_who_use_a_link_at_once_one_succeeds(service: Service) -> None:
    person = service.people.add("a@example.com", "A", "manager")
    key = service.credentials.make_link(person, 1)

    def use(_: int) -> bool:
        try:
            return service.credentials.use_link(key).person_id == person
        except NotStoredError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_of_many_attempts_at_once_no_more_get_through(service: Service) -> None:
    def attempt(_: int) -> bool:
        try:
            service.throttle.enter("a@example.com", "203.0.113.7")
        except ThrottledError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(20))) <= LIMITS[0]
    service.throttle.enter("a@example.com", "203.0.113.8")


def test_keys_are_stored_as_hashes_only(service: Service, tmp_path: Path) -> None:
    person = service.people.add("a@example.com", "A", "admin")
    keys = [
        service.credentials.start_session(person, 1),
        service.credentials.make_link(person, 1),
        service.credentials.make_token("T", frozenset({"read:scores"}), person, 1)[1],
    ]
    service.close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not [key for key in keys if key.encode() in path.read_bytes()]


def test_a_key_of_another_secret_or_purpose_opens_nothing(
    service: Service, settings: Settings
) -> None:
    person = service.people.add("a@example.com", "A", "admin")
    key = service.credentials.start_session(person, 1)
    assert service.credentials.session_person(key) == person
    assert service.credentials.token(key) is None
    given = Settings(**settings.model_dump() | {"secret": "0123456789abcdefghijklmnopqrstuvwxyz"})
    other = Service.open(given)
    assert other.credentials.session_person(key) is None
    other.close()


def test_a_secret_is_made_once_and_closed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=None)
    made = load_secret(settings)
    assert load_secret(settings) == made
    path = tmp_path / "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(SecretError, match="chmod"):
        load_secret(settings)


@pytest.mark.parametrize("given", ["short", "a" * 40, "changeme-changeme-changeme-0123456789"])
def test_a_placeholder_is_no_secret(tmp_path: Path, given: str) -> None:
    with pytest.raises(SecretError, match="COACHSCORE_SECRET") as caught:
        load_secret(Settings(home=tmp_path, secret=given))
    assert given not in caught.value.message


def test_a_reach_is_the_same_in_a_query_and_for_one(service: Service, fakes: ModuleType) -> None:
    (analysis_id,) = queued(service, fakes, 1)
    people = [service.people.add(f"{n}@example.com", n, "manager") for n in "ab"]
    moments = [now() - timedelta(hours=1), now() + timedelta(hours=1)]
    meetings = [
        service.meetings.add(meeting(owner, analysis_id, sha256, visible))
        for owner in people
        for sha256, visible in zip("xy", moments, strict=True)
    ]
    reaches = [
        Reach(own=own, released=released)
        for own in (None, people[0])
        for released in (None, frozenset(), frozenset({people[1]}), frozenset(people))
    ]
    for reach in reaches:
        listed = {view.meeting.id for view in service.meetings.list(reach)}
        assert listed == {
            one.id for one in meetings if reach.reaches(one.owner_id, one.visible_to_vp_at, now())
        }
        for one in meetings:
            if one.id not in listed:
                with pytest.raises(NotStoredError):
                    service.meetings.seen(reach, one.id)


def meeting(owner: UUID, analysis_id: UUID, sha256: str, visible: datetime) -> Meeting:
    return Meeting(
        id=uuid4(),
        owner_id=owner,
        title="T",
        coachee="C",
        kind=None,
        held_at=datetime(2026, 1, 1, tzinfo=UTC),
        consent_by="x",
        consent_at=now(),
        file_name="f",
        file_size=3_000_000_000,
        sha256=sha256,
        path="p",
        analysis_id=analysis_id,
        created_at=now(),
        visible_to_vp_at=visible,
    )


def test_work_is_claimed_once_and_oldest_first(
    service: Service, settings: Settings, fakes: ModuleType
) -> None:
    asked = queued(service, fakes, 12)
    first = service.work.claim("first")
    assert first == Claim(analysis_id=asked[0], attempts=1)
    databases = [Database.open(settings) for _ in range(4)]

    def claim(number: int) -> Claim | None:
        return Work(databases[number % 4]).claim(str(number))

    with ThreadPoolExecutor(8) as pool:
        claims = [found for found in pool.map(claim, range(30)) if found is not None]
    assert sorted(one.analysis_id for one in claims) == sorted(asked[1:])
    for database in databases:
        database.close()


def test_work_of_a_dead_worker_is_taken_over(
    service: Service, fakes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    (analysis_id,) = queued(service, fakes, 1)
    service.work.claim("dead")
    assert service.work.claim("other") is None
    service.work.renew("dead", analysis_id)
    monkeypatch.setattr(work_module, "now", lambda: now() + timedelta(minutes=1))
    assert service.work.claim("other").attempts == 2
    service.work.done("dead", analysis_id)  # It is not its own any longer.
    service.work.release("other", analysis_id)
    assert service.work.claim("third").attempts == 2
    service.work.done("third", analysis_id)
    assert service.work.claim("third") is None


def worker(service: Service, raised: BaseException | None = None) -> Worker:
    def make(place: Workplace, claim: Claim) -> None:
        with failing(place.store, claim.analysis_id):
            place.store.start_stage(claim.analysis_id, "tag")
            if raised is not None:
                raise raised

    return Worker(service.settings, service.database, make)


@pytest.mark.parametrize("raised", [None, CoachscoreError("bad file"), RuntimeError("bug")])
def test_a_worker_goes_on_after_every_end(
    service: Service, fakes: ModuleType, raised: Exception | None
) -> None:
    queued(service, fakes, 2)
    one = worker(service, raised)
    assert [one.step(), one.step(), one.step()] == [True, True, False]
    assert service.database.all(select(WorkRow.analysis_id)) == []


def test_a_failure_that_could_not_be_noted_is_tried_again(
    service: Service, fakes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of the queue, it would be shown as running for ever."""
    (analysis_id,) = queued(service, fakes, 1)
    one = worker(service, RuntimeError("bug"))
    with monkeypatch.context() as away:
        lost = OperationalError("UPDATE", {}, Exception("no connection"))
        away.setattr(Store, "fail_analysis", Mock(side_effect=lost))
        assert one.step()
    assert service.store.analysis(analysis_id).status == "running"
    assert not one.step()  # Its lease has not run out yet.
    monkeypatch.setattr(work_module, "now", lambda: now() + timedelta(minutes=1))
    assert one.step()
    assert service.store.analysis(analysis_id).status == "failed"
    assert service.database.all(select(WorkRow.analysis_id)) == []


def test_what_never_says_how_it_ended_is_given_up(
    service: Service, fakes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    (analysis_id,) = queued(service, fakes, 1)
    one = Worker(service.settings, service.database, Mock(side_effect=RuntimeError("bug")))
    for minutes in range(4):
        later = now() + timedelta(minutes=minutes)
        monkeypatch.setattr(work_module, "now", lambda later=later: later)
        assert one.step()
    assert service.store.analysis(analysis_id).status == "failed"
    assert service.database.all(select(WorkRow.analysis_id)) == []


def test_what_was_deleted_while_it_was_made_is_no_work_any_more(
    service: Service, fakes: ModuleType
) -> None:
    queued(service, fakes, 1)

    def make(_: Workplace, __: Claim) -> None:
        delete_recording(service.database, "a" * 64)
        raise NotStoredError("No such recording.")

    one = Worker(service.settings, service.database, make)
    assert [one.step(), one.step()] == [True, False]


def test_a_job_counts_each_score_that_could_not_be_made(
    service: Service, monkeypatch: pytest.MonkeyPatch, fakes: ModuleType
) -> None:
    """Also where the database was away when it was to be counted, and never twice."""
    (analysis_id,) = queued(service, fakes, 1)
    job = service.rescores.start(None, "test")
    mine = WorkRow.analysis_id == analysis_id
    service.database.run(update(WorkRow).where(mine).values(rescore_id=job.id))
    one = worker(service)  # Never analysed, so it cannot be scored again.
    with monkeypatch.context() as away:
        lost = OperationalError("UPDATE", {}, Exception("no connection"))
        away.setattr(Rescores, "failed", Mock(side_effect=lost))
        with pytest.raises(OperationalError):
            one.step()
    assert service.rescores.get(job.id).left == 1
    monkeypatch.setattr(work_module, "now", lambda: now() + timedelta(minutes=1))
    assert one.step()
    found = service.rescores.get(job.id)
    assert (found.left, found.failed) == (0, 1)


def test_a_worker_that_is_stopped_gives_its_work_back(service: Service, fakes: ModuleType) -> None:
    queued(service, fakes, 1)
    with pytest.raises(SystemExit):
        worker(service, SystemExit(0)).step()
    assert service.work.claim("next").attempts == 1


def test_a_file_that_ends_workers_is_given_up(
    service: Service, fakes: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    (analysis_id,) = queued(service, fakes, 1)
    for minutes in range(1, 4):
        service.work.claim("dies")
        later = now() + timedelta(minutes=minutes)
        monkeypatch.setattr(work_module, "now", lambda later=later: later)
    assert worker(service).step()
    failed = service.store.analysis(analysis_id)
    assert (failed.status, failed.error_title) == ("failed", "The analysis could not be finished")
