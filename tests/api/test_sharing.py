"""Sharing a meeting before its delay is over, and what its page says where it is uncertain."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import meeting_page
from pipeline.analysis import load_analysis
from pipeline.meetings.sharing import share_now
from pipeline.people.audit import AuditFilter
from pipeline.service import Service
from pipeline.sql import now

Client = Callable[[str], TestClient]
ALONE = "Only you see this meeting"


def test_those_above_see_a_meeting_as_soon_as_its_owner_shares_it(
    client_of: Client, organisation: Any, service: Service
) -> None:
    mia, vic = client_of("mia"), client_of("vic")
    path = f"/meetings/{organisation.ids['hidden']}"
    assert ALONE in mia.get(path).text
    assert vic.get(path).status_code == 404
    answer = mia.post(f"{path}/share")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert ALONE not in mia.get(path).text
    for who in ("vic", "rhea"):
        shown = client_of(who).get(path)
        assert (shown.status_code, ALONE in shown.text) == (200, False)
    assert client_of("full").get(f"/api/v1{path}").status_code == 200
    for who in ("max", "uma", "ned", "ada"):
        assert client_of(who).get(path).status_code == 404
    (line,) = service.audit.page(AuditFilter(action="share"), None, 9).items
    assert line.actor == f"person:{organisation.ids['mia']}"
    assert line.object == f"meeting:{organisation.ids['hidden']}"


def test_sharing_again_changes_nothing(
    client_of: Client, organisation: Any, service: Service
) -> None:
    meeting_id = organisation.ids["released"]
    before = service.meetings.get(meeting_id)
    assert not share_now(service, meeting_id, "test")
    assert client_of("mia").post(f"/meetings/{meeting_id}/share").status_code == 303
    assert service.meetings.get(meeting_id) == before
    assert not service.audit.page(AuditFilter(action="share"), None, 9).items


def test_the_page_says_until_when_it_is_theirs_alone(
    client_of: Client, organisation: Any, service: Service
) -> None:
    until = service.meetings.get(organisation.ids["hidden"]).visible_to_vp_at
    text = client_of("mia").get(f"/meetings/{organisation.ids['hidden']}").text
    assert f'datetime="{until.isoformat()}"' in text
    assert f"{until:%H:%M} UTC" in text
    assert "cannot be taken back" in text


@pytest.mark.parametrize(("tried", "hastened"), [(False, True), (True, False)])
def test_webhooks_are_told_at_once(
    organisation: Any, service: Service, tried: bool, hastened: bool
) -> None:
    """What was tried and is to be tried again keeps its own time."""
    hook, _ = service.webhooks.add("https://example.com/hook", ("meeting.scored",), "test")
    meeting_id = organisation.ids["hidden"]
    later = now() - timedelta(seconds=1) if tried else now() + timedelta(hours=3)
    service.webhooks.announce("meeting.scored", meeting_id, later, {})
    if tried:
        service.webhooks.missed(service.webhooks.take(), 500, "It failed.")
    assert share_now(service, meeting_id, "test")
    (one,) = service.webhooks.deliveries(hook.id, None, 9).items
    assert (one.due_at <= now()) is hastened


def test_a_doubt_about_the_coach_leads_to_the_form_and_to_no_command(
    client_of: Client, organisation: Any, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting_page, "load_analysis", _doubted)
    path = f"/meetings/{organisation.ids['hidden']}"
    own = client_of("mia").get(path).text
    assert "Did Ana coach?" in own
    assert '<a class="button" href="#sides">Choose the coach</a>' in own
    assert f'action="{path}/coach"' in own
    share_now(service, organisation.ids["hidden"], "test")
    seen = client_of("vic").get(path).text
    assert "Mia can say who coached" in seen
    assert "#sides" not in seen
    for page in (own, seen):
        assert "coachscore analyze" not in page


def _doubted(store: Any, analysis_id: Any) -> Any:
    """A finished analysis that could not tell who coached."""
    found = load_analysis(store, analysis_id)
    roles = found.scored.tagged.conversation.roles.model_copy(update={"confidence": 0.6})
    talk = found.scored.tagged.conversation.model_copy(update={"roles": roles})
    tagged = found.scored.tagged.model_copy(update={"conversation": talk})
    scored = found.scored.model_copy(update={"tagged": tagged})
    return found.model_copy(update={"scored": scored})
