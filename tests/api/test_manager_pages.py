"""The pages on somebody's coaching: whose they are, what they say, and what they leave unsaid."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api import charts
from pipeline.people.policy import Reach
from pipeline.service import Service
from pipeline.service_tables import AuditRow, MeetingRow
from pipeline.sql import now
from scoring.digest import AgreedStep, Amounts, CriterionDigest, Details, Digest, Moment

DETAILS = Details(
    criteria=tuple(
        CriterionDigest(name=name, title=title, score=score, weight=0.2, advice=advice, index=4)
        for name, title, score, advice in (
            ("inquiry", "Inquiry", 70, "Ask once more."),
            ("challenge", "Challenge", 20, "Ask for the evidence."),
            ("development", "Development", 60, "Work on a skill."),
        )
    ),
    best=(
        Moment(
            index=2, place="#3", speaker="Ana", text="What made <you> think so?", why="open", sure=1
        ),
    ),
    steps=(
        AgreedStep(
            index=6, place="#7", speaker="Ben", role="coachee", text="I call the buyer", dated=True
        ),
    ),
)  # fmt: skip

DIGEST = Digest(
    amounts=Amounts(
        minutes=30, timed=True, deal=9, development=3, opportunity=8, account=0, territory=0, call=4
    ),
    details=DETAILS,
)


def change(service: Service, meeting_id: UUID, **values: Any) -> None:
    mine = MeetingRow.id == meeting_id
    service.database.run(update(MeetingRow).where(mine).values(**values))


@pytest.fixture(autouse=True)
def _drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts by name: drawing has a test of its own, and takes long on a small machine."""
    for name in ("trend", "quantity_quality", "minutes"):
        monkeypatch.setattr(charts, name, lambda *_, name=name: f"[{name}]")


@pytest.fixture
def mias(
    service: Service, organisation: Any, scored: Callable[..., UUID]
) -> Callable[..., list[UUID]]:
    """Gives Mia, or another one, a scored meeting in each of the last weeks, newest first."""

    def make(count: int, owner: str = "mia", score: float = 60) -> list[UUID]:
        return [add(owner, score, now() - timedelta(weeks=i, hours=1)) for i in range(count)]

    def add(owner: str, score: float, held: datetime) -> UUID:
        meeting_id = scored(owner, 1, score)
        change(service, meeting_id, held_at=held, visible_to_vp_at=held)
        meeting = service.meetings.seen(Reach(released=None), meeting_id).meeting
        service.store.put_digest(meeting.analysis_id, "0" * 64, DIGEST)
        return meeting_id

    return make


def test_a_manager_without_meetings_is_told_what_to_do(
    client_of: Callable[[str], TestClient], organisation: Any
) -> None:
    found = client_of("max").get(f"/managers/{organisation.ids['max']}").text
    assert "No finished meetings in this time" in found
    assert 'href="/upload"' in found
    assert "to help you, not to judge you" in found


def test_own_page_leads_from_numbers_to_sentences(
    client_of: Callable[[str], TestClient], organisation: Any, mias: Callable[..., list[UUID]]
) -> None:
    newest = mias(5)[0]
    found = client_of("mia").get(f"/managers/{organisation.ids['mia']}").text
    assert "My coaching" in found
    assert "<b>60</b>" in found
    assert "No clear change" in found
    assert f"/meetings/{newest}#u2" in found
    assert f"/meetings/{newest}#u6" in found
    assert "Ask for the evidence." in found
    assert f"/meetings/{newest}#u4" in found
    assert "What made &lt;you&gt; think so?" in found
    assert re.search(r"75\s%</b> of your minutes", found)
    assert "95 %" in found
    assert "[trend]" in found
    assert "[minutes]" in found


def test_below_the_minimum_there_is_no_mean(
    client_of: Callable[[str], TestClient], organisation: Any, mias: Callable[..., list[UUID]]
) -> None:
    mias(2)
    found = client_of("mia").get(f"/managers/{organisation.ids['mia']}").text
    assert "too few for a mean" in found
    assert "A mean needs 3 scored meetings" in found


def test_a_vp_sees_released_meetings_alone(
    client_of: Callable[[str], TestClient],
    organisation: Any,
    service: Service,
    mias: Callable[..., list[UUID]],
) -> None:
    first, second, *_ = mias(4)
    change(service, first, visible_to_vp_at=now() + timedelta(hours=3))
    path = f"/managers/{organisation.ids['mia']}"
    own, above = client_of("mia").get(path).text, client_of("vic").get(path).text
    assert f"/meetings/{first}" in own
    assert "seen by you alone until" in own
    assert f"/meetings/{first}" not in above
    assert f"/meetings/{second}" in above
    assert client_of("max").get(path).status_code == 404


def test_filters_live_in_the_address(
    client_of: Callable[[str], TestClient], organisation: Any, mias: Callable[..., list[UUID]]
) -> None:
    old = mias(6)[5]
    client, path = client_of("mia"), f"/managers/{organisation.ids['mia']}"
    assert f"/meetings/{old}" in client.get(path).text
    assert f"/meetings/{old}" not in client.get(f"{path}?weeks=4&kind=").text
    assert "No finished meetings" in client.get(f"{path}?weeks=4&kind=ride_along").text
    assert client.get(f"{path}?weeks=5").status_code == 422
    drilled = client_of("vic").get("/team?weeks=4&kind=deal_review").text
    assert "?weeks=4&amp;kind=deal_review" in drilled


def test_the_team_is_in_order_of_names_and_says_who_differs(
    client_of: Callable[[str], TestClient], organisation: Any, mias: Callable[..., list[UUID]]
) -> None:
    mias(4, "mia", 80)
    mias(4, "max", 30)
    found = client_of("vic").get("/team").text
    assert found.index(">Max<") < found.index(">Mia<")
    assert "Clearly lower than Mia" in found
    assert "Clearly higher than Max" in found
    assert f"/managers/{organisation.ids['mia']}?weeks=12" in found
    assert "Kinds of meeting" in found
    assert "Upload a conversation</a> in which you coached one of your managers" in found


def test_teams_of_a_tree_and_the_own_coaching(
    client_of: Callable[[str], TestClient], organisation: Any, mias: Callable[..., list[UUID]]
) -> None:
    mias(3, "mia", 80)
    mias(3, "vic", 60)
    rhea, vic = client_of("rhea").get("/team").text, organisation.ids["vic"]
    assert "Team of Vic" in rhea
    assert f"head={vic}" in rhea
    inside = client_of("rhea").get(f"/team?head={vic}").text
    assert ">Mia<" in inside
    assert "By the same instrument as theirs." in client_of("vic").get("/team").text
    assert client_of("rhea").get(f"/team?head={organisation.ids['uma']}").status_code == 404
    assert client_of("mia").get("/team").status_code == 404


def test_one_sheet_for_a_one_on_one(
    client_of: Callable[[str], TestClient], organisation: Any, mias: Callable[..., list[UUID]]
) -> None:
    mias(4)
    found = client_of("vic").get(f"/managers/{organisation.ids['mia']}/sheet").text
    assert "To try next week" in found
    assert "What we agree today" in found


def test_that_others_looked_is_noted(
    client_of: Callable[[str], TestClient], organisation: Any, service: Service
) -> None:
    mia = organisation.ids["mia"]
    client_of("mia").get(f"/managers/{mia}")
    client_of("vic").get(f"/managers/{mia}")
    about = select(AuditRow.actor).where(AuditRow.object == f"person:{mia}")
    notes = [row.actor for row in service.database.all(about)]
    assert notes == [f"person:{organisation.ids['vic']}"]
