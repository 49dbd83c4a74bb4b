"""What the API keeps, on both kinds of database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from pipeline.coaching.groups import add, sums_of
from pipeline.coaching.trends import tally
from pipeline.idempotency import Answer, KeyInUseError, KeyUsedError
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.meetings.meetings import Meeting
from pipeline.people.policy import Reach
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.sql import now
from pipeline.store import ScoreRecord
from pipeline.tables import ScoreRow
from scoring.digest import Amounts, Details, Digest


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    service = Service.open(Settings(home=tmp_path / "home", database_url=database_url))
    yield service
    service.close()


@pytest.fixture
def meetings(service: Service, fakes: ModuleType) -> list[Meeting]:
    """Five finished meetings of one person, three of them at one moment."""
    owner = service.people.add("a@example.com", "A", "manager")
    return [meeting(service, fakes, owner, n) for n in range(5)]


def meeting(service: Service, fakes: ModuleType, owner: UUID, n: int) -> Meeting:
    sha256 = f"{n}" * 64
    service.store.put_recording(fakes.recording(sha256))
    analysis = service.store.queue_analysis(sha256, "{}")
    service.store.finish_analysis(
        ScoreRecord(
            analysis_id=analysis,
            score_key="0" * 64,
            recording_sha256=sha256,
            kind="deal_review" if n else "ride_along",
            coach="Ana",
            overall=50.0 + n,
            low=40.0,
            high=60.0,
            verdict="partly coaching",
            rubric_name="r",
            rubric_version="1",
            tagger_name="t",
            tagger_version="1",
        )
    )
    moment = datetime(2026, 3, max(n - 1, 1), tzinfo=UTC)
    made = {"consent_at": moment, "created_at": moment, "visible_to_vp_at": moment}
    return service.meetings.add(
        Meeting(
            id=uuid4(),
            owner_id=owner,
            title="T",
            coachee="B",
            kind=None,
            held_at=moment,
            consent_by="nobody",
            file_name="f",
            file_size=1,
            sha256=sha256,
            path=f"/nowhere/{n}",
            analysis_id=analysis,
            **made,
        )
    )


def test_pages_and_filters(service: Service, meetings: list[Meeting]) -> None:
    everybody = Reach(released=None)
    cursor, found = None, []
    while True:
        page = service.meetings.page(everybody, MeetingFilter(), cursor, 2)
        found += [view.meeting.id for view in page.items]
        if (cursor := page.next) is None:
            break
    assert len(found) == 5
    assert set(found) == {one.id for one in meetings}
    rides = MeetingFilter(kind="ride_along", status="done", verdict="partly coaching")
    assert [p.meeting_id for p in service.meetings.points(everybody, rides)] == [meetings[0].id]
    late = MeetingFilter(since=datetime(2026, 3, 2, tzinfo=UTC), owners=frozenset({uuid4()}))
    assert service.meetings.page(everybody, late, None, 2).items == ()


def test_the_database_adds_up_what_values_add_up_to(
    service: Service, meetings: list[Meeting]
) -> None:
    for n, one in enumerate(meetings[1:], 1):
        amounts = Amounts(
            minutes=30 + n, timed=n != 2, deal=9.5, development=n, opportunity=8, account=n / 7,
            territory=0, call=4,
        )  # fmt: skip
        service.store.put_digest(
            one.analysis_id, "0" * 64, Digest(amounts=amounts, details=Details())
        )
    unscored = ScoreRow.analysis_id == meetings[4].analysis_id
    service.database.run(update(ScoreRow).where(unscored).values(overall=None, low=None, high=None))
    everything = (Reach(released=None), MeetingFilter())
    values = service.digests.meetings(*everything)
    groups = service.groups.all(*everything)
    assert {group.kind for group in groups} == {"ride_along", "deal_review"}
    for group in groups:
        same = sums_of([value for value in values if value.kind == group.kind])
        assert group.owner_id == meetings[0].owner_id
        assert group.sums.tally == pytest.approx(same.tally)
        assert group.sums.spent == pytest.approx(same.spent)
    whole = add(group.sums for group in groups)
    assert whole.tally.summary() == tally(values).summary()
    assert (whole.tally.meetings, whole.tally.scored, whole.minutes.timed) == (5, 4, False)


def test_of_many_who_send_one_request_at_once_one_makes_something(service: Service) -> None:
    def enter(_: int) -> str:
        try:
            return str(service.idempotency.enter("me", "key", "f" * 64))
        except KeyInUseError:
            return "in use"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(enter, range(8))) == ["None", *["in use"] * 7]
    answer = Answer(status=201, body="{}")
    service.idempotency.leave("me", "key", answer)
    assert service.idempotency.enter("me", "key", "f" * 64) == answer
    assert service.idempotency.enter("you", "key", "0" * 64) is None
    with pytest.raises(KeyUsedError):
        service.idempotency.enter("me", "key", "0" * 64)


def test_of_many_senders_one_takes_a_delivery(service: Service, meetings: list[Meeting]) -> None:
    service.webhooks.add("https://e.example/", ("meeting.scored",), "nobody")
    service.webhooks.announce("meeting.scored", meetings[0].id, now(), {})
    service.webhooks.announce("meeting.scored", meetings[1].id, now() + timedelta(hours=1), {})
    with ThreadPoolExecutor(8) as pool:
        taken = [one for one in pool.map(lambda _: service.webhooks.take(), range(8)) if one]
    assert [(one.meeting_id, one.attempts) for one in taken] == [(meetings[0].id, 1)]
    service.webhooks.missed(taken[0], 500, "no")
    page = service.webhooks.deliveries(taken[0].webhook_id, None, 1)
    assert (len(page.items), page.next is None) == (1, False)
    (other,) = service.webhooks.deliveries(taken[0].webhook_id, page.next, 5).items
    assert {page.items[0].attempts, other.attempts} == {0, 1}
    service.webhooks.disable(taken[0].webhook_id)
    assert service.webhooks.take() is None


def test_finished_meetings_are_scored_again(service: Service, meetings: list[Meeting]) -> None:
    job = service.rescores.start("deal_review", "nobody")
    assert (job.total, job.left, job.failed) == (4, 4, 0)
    again = service.rescores.start(None, "nobody")
    assert (again.total, again.left) == (1, 1)  # The others are in the queue.
    claim = service.work.claim("w")
    assert claim.rescore_id == job.id
    service.work.done("w", claim.analysis_id)
    service.rescores.failed(job.id)
    assert service.rescores.get(job.id).model_dump(include={"left", "failed"}) == {
        "left": 3,
        "failed": 1,
    }
