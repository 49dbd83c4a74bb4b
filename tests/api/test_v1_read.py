"""Reading by the API: meetings and what was made of them, people, teams, scores."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.service import Service

Client = Callable[..., TestClient]


def ids_of(answer: Any) -> list[str]:
    return [one["id"] for one in answer.json()["items"]]


def test_pages_hold_every_meeting_once(client_of: Client, scored: Any, organisation: Any) -> None:
    made = {str(scored("mia", day, 50)) for day in (3, 3, 3, 5, 1)}
    client, found, cursor = client_of("reader"), [], {}
    while True:
        page = client.get("/api/v1/meetings", params={"limit": 2} | cursor)
        found += ids_of(page)
        if page.json()["next"] is None:
            break
        cursor = {"cursor": page.json()["next"]}
    assert len(found) == len(set(found))
    assert set(found) == made | {str(organisation.ids["released"])}
    moments = [client.get(f"/api/v1/meetings/{one}").json()["held_at"] for one in found]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, {"old", "new", "none", "released"}),
        ({"owner": "mia"}, {"old", "released"}),
        ({"owner": ["mia", "ned"]}, {"old", "new", "none", "released"}),
        ({"owner": "max"}, set()),
        ({"kind": "one_on_one"}, {"old", "none"}),
        ({"kind": "ride_along"}, {"new"}),
        ({"from": "2026-03-04T09:00:00Z"}, {"new", "released"}),
        ({"from": "2026-03-04T11:00:01+02:00"}, {"new"}),
        ({"to": "2026-03-04T09:00:00Z"}, {"old", "none"}),
        ({"status": "done", "verdict": "partly coaching"}, {"old", "new"}),
        ({"verdict": "not enough evidence"}, {"none", "released"}),
        ({"status": "queued"}, set()),
    ],
)
def test_meetings_are_filtered(
    client_of: Client, scored: Any, organisation: Any, asked: dict[str, Any], wanted: set[str]
) -> None:
    known = organisation.ids | {
        "old": scored("mia", 1, 40),
        "new": scored("ned", 9, 60, "ride_along"),
        "none": scored("ned", 2, None),
    }
    if "owner" in asked:
        names = [asked["owner"]] if isinstance(asked["owner"], str) else asked["owner"]
        asked = asked | {"owner": [str(known[name]) for name in names]}
    found = ids_of(client_of("reader").get("/api/v1/meetings", params=asked))
    assert set(found) == {str(known[name]) for name in wanted}


def test_a_failed_analysis_that_waits_again_is_queued(
    client_of: Client, service: Service, organisation: Any
) -> None:
    view = service.meetings.list(service.viewer(organisation.ids["mia"]).reach)[0]
    service.store.fail_analysis(view.meeting.analysis_id, "It broke", "Mend it.")
    client = client_of("mia")
    for status, wanted in (("failed", True), ("queued", False)):
        found = ids_of(client.get("/api/v1/meetings", params={"status": status}))
        assert (str(view.meeting.id) in found) is wanted
    service.work.ask(view.meeting.analysis_id)
    for status, wanted in (("failed", False), ("queued", True)):
        found = client.get("/api/v1/meetings", params={"status": status}).json()["items"]
        assert (str(view.meeting.id) in {one["id"] for one in found}) is wanted
        assert all(one["status"] == status for one in found)


def test_what_was_made_of_a_meeting(client_of: Client, organisation: Any) -> None:
    client, one = client_of("full"), organisation.ids["released"]
    script = client.get(f"/api/v1/meetings/{one}/transcript").json()
    assert [u["text"] for u in script["utterances"]] == ["Line 0.", "Line 1."]
    assert (script["roles"]["coach"], script["meeting_id"]) == ("Ana", str(one))
    assert "tags" not in script["utterances"][0]
    tags = client.get(f"/api/v1/meetings/{one}/tags").json()
    assert [u["index"] for u in tags["utterances"]] == [0, 1]
    assert (tags["conversation"]["kind"]["value"], tags["tagger"]) == (
        "deal_review",
        "fake-tagger 3",
    )
    score = client.get(f"/api/v1/meetings/{one}/score").json()
    assert score["score"]["verdict"] == "not enough evidence"
    assert score["kind"] == "deal_review"


def test_what_is_not_made_yet_is_a_conflict(
    client_of: Client, service: Service, organisation: Any
) -> None:
    view = service.meetings.list(service.viewer(organisation.ids["mia"]).reach)[0]
    service.store.fail_analysis(view.meeting.analysis_id, "It broke", "Mend it.")
    for part in ("transcript", "tags", "score"):
        answer = client_of("mia").get(f"/api/v1/meetings/{view.meeting.id}/{part}")
        assert (answer.status_code, "failed" in answer.json()["detail"]) == (409, True)


def names_of(answer: Any) -> set[str]:
    return {one["name"] for one in answer.json()["items"]}


def test_people_know_themselves_and_those_below(client_of: Client) -> None:
    everybody = {"Ada", "Rhea", "Vic", "Mia", "Max", "Uma", "Ned"}
    wanted = {
        "mia": {"Mia"},
        "vic": {"Vic", "Mia", "Max"},
        "rhea": {"Rhea", "Vic", "Mia", "Max"},
        "ada": everybody,
        "full": everybody,
    }
    for who, names in wanted.items():
        assert names_of(client_of(who).get("/api/v1/people")) == names, who
    assert names_of(client_of("full").get("/api/v1/people?role=vp")) == {"Rhea", "Vic", "Uma"}
    page = client_of("full").get("/api/v1/people?limit=3").json()
    rest = client_of("full").get("/api/v1/people", params={"cursor": page["next"]}).json()
    assert {one["name"] for one in page["items"] + rest["items"]} == everybody
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (3, 4, None)


def test_teams_are_trees(client_of: Client, organisation: Any) -> None:
    teams = {one["name"]: one for one in client_of("full").get("/api/v1/teams").json()["items"]}
    assert {name: (t["direct"], t["total"]) for name, t in teams.items()} == {
        "Rhea": (1, 3),
        "Vic": (2, 2),
        "Uma": (1, 1),
    }
    tree = client_of("full").get(f"/api/v1/teams/{organisation.ids['rhea']}").json()
    found = [(one["name"], one["depth"]) for one in tree["members"]]
    assert found[:2] == [("Rhea", 0), ("Vic", 1)]
    assert set(found[2:]) == {("Mia", 2), ("Max", 2)}


def test_those_who_coach_side_by_side(client_of: Client, scored: Any, organisation: Any) -> None:
    for day, score in ((1, 40), (8, 50), (15, 60), (22, None)):
        scored("mia", day, score)
    scored("ned", 2, 70, "ride_along")
    answer = client_of("scores").get("/api/v1/managers").json()
    found = {one["name"]: one["summary"] for one in answer["items"]}
    assert set(found) == {"Rhea", "Vic", "Mia", "Max", "Uma", "Ned"}
    mia = found["Mia"]
    assert (mia["meetings"], mia["scored"], mia["mean"]) == (5, 3, 50)
    assert 0 < mia["low"] < 50 < mia["high"] < 100
    assert found["Ned"] == {"meetings": 1, "scored": 1, "mean": None, "low": None, "high": None}
    assert answer["minimum_meetings"] == 3
    team = {"team": str(organisation.ids["vic"])}
    assert names_of(client_of("vic").get("/api/v1/managers", params=team)) == {"Mia", "Max"}
    assert client_of("mia").get("/api/v1/managers", params=team).status_code == 404
    only = client_of("scores").get("/api/v1/managers?kind=ride_along").json()["items"]
    assert {one["name"]: one["summary"]["meetings"] for one in only}["Mia"] == 0


def test_scores_and_trend_of_one(client_of: Client, scored: Any, organisation: Any) -> None:
    for day in range(1, 41, 7):
        scored("max", day, 30 + day)
    base = f"/api/v1/managers/{organisation.ids['max']}"
    client = client_of("scores")
    scores = client.get(f"{base}/scores").json()
    assert [one["overall"] for one in scores["items"]] == [31, 38, 45, 52, 59, 66]
    assert scores["summary"]["mean"] == 48.5
    first = client.get(f"{base}/scores?limit=4").json()
    rest = client.get(f"{base}/scores", params={"limit": 4, "cursor": first["next"]}).json()
    assert first["items"] + rest["items"] == scores["items"]
    assert first["summary"] == rest["summary"] == scores["summary"]
    trend = client.get(f"{base}/trend").json()
    assert [(p["start"], p["meetings"]) for p in trend["periods"]] == [
        ("2026-03-01", 5),
        ("2026-04-01", 1),
    ]
    assert (trend["slope"]["direction"], trend["slope"]["points_per_30_days"]) == ("rising", 30)
    weeks = client.get(f"{base}/trend", params={"period": "week"}).json()
    assert len(weeks["periods"]) == 6


def test_nobody_gets_more_by_asking_for_an_owner(
    client_of: Client, organisation: Any, scored: Any
) -> None:
    scored("ned", 3, 50)
    ned = organisation.ids["ned"]
    assert ids_of(client_of("vic").get("/api/v1/meetings", params={"owner": ned})) == []
    assert client_of("vic").get(f"/api/v1/managers/{ned}/scores").status_code == 404
    assert client_of("ada").get(f"/api/v1/managers/{ned}/scores").json()["items"] == []
