"""People and tokens, as an admin looks after them."""

import re
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from pipeline.service import Service

Client = Callable[..., TestClient]
LIST = """email,name,role,reports_to
new.manager@example.com,Nia New,manager,new.vp@example.com
New.VP@example.com,Vera New,VP,
max@example.com,Max Changed,manager,uma@example.com
broken,Nobody,manager,
role@example.com,Rob Role,boss,
alone@example.com,Al One,manager,missing@example.com
new.vp@example.com,Again,vp,

"""


def send_list(client: TestClient, text: str = LIST) -> str:
    return client.post("/people/import", files={"file": ("p.csv", text.encode())}).text


def test_a_list_can_be_imported_again_and_again(
    client_of: Client, service: Service, organisation: Any
) -> None:
    first = send_list(client_of("ada"))
    assert "3 added, 1 changed, 0 as before, 4 with a problem" in first
    assert "Line 5: “broken” is no email address." in first
    assert "Line 6: “boss” is no role" in first
    assert "reports to nobody. Nobody has the address missing@example.com" in first
    assert "Line 8: new.vp@example.com stands in this file twice." in first
    vera = service.people.by_email("new.vp@example.com")
    assert service.people.by_email("new.manager@example.com").reports_to == vera.id
    assert service.people.get(organisation.ids["max"]).name == "Max Changed"
    everybody = service.people.all()
    second = send_list(client_of("ada"))
    assert "0 added, 0 changed, 3 as before, 4 with a problem" in second
    assert service.people.all() == everybody


def test_a_list_that_is_none(client_of: Client) -> None:
    ada = client_of("ada")
    assert "reports_to is not there" in send_list(ada, "email,name,role\n")
    latin = ada.post("/people/import", files={"file": ("p.csv", b"email\n\xe9")})
    assert (latin.status_code, "UTF-8" in latin.text) == (400, True)
    assert "1 added" in send_list(ada, "email;name;role;reports_to\na@example.com;A;vp;\n")


def test_an_invitation_is_a_link_shown_once(client_of: Client) -> None:
    ada = client_of("ada")
    person = {"name": "Zoe", "email": "zoe@example.com", "role": "manager", "reports_to": ""}
    shown = ada.post("/people", data=person).text
    link = re.search(r"/link/[\w-]{43}", shown).group()
    assert "/link/" not in ada.get("/people").text.replace('/link"', "")
    passwords = {"password": "four green frogs", "again": "four green frogs"}
    assert client_of().post(link, data=passwords).is_redirect
    assert (
        "belongs to somebody"
        in ada.post("/people", data=person | {"email": "ZOE@example.com"}).text
    )


def test_a_change_moves_the_tree(client_of: Client, organisation: Any) -> None:
    ids, meeting = organisation.ids, f"/meetings/{organisation.ids['released']}"
    assert client_of("uma").get(meeting).status_code == 404
    moved = {"name": "Mia", "role": "manager", "reports_to": str(ids["uma"])}
    assert client_of("ada").post(f"/people/{ids['mia']}", data=moved).is_redirect
    assert client_of("uma").get(meeting).status_code == 200
    assert client_of("vic").get(meeting).status_code == 404


def test_nobody_is_above_themselves_and_an_admin_stays(
    client_of: Client, organisation: Any
) -> None:
    ada, ids = client_of("ada"), organisation.ids
    circle = {"name": "Rhea", "role": "vp", "reports_to": str(ids["mia"])}
    assert ada.post(f"/people/{ids['rhea']}", data=circle).status_code == 400
    less = {"name": "Ada", "role": "manager", "reports_to": ""}
    assert "only admin" in ada.post(f"/people/{ids['ada']}", data=less).text
    assert ada.post(f"/people/{ids['ada']}/access", data={"disabled": "true"}).status_code == 400


def test_a_token_is_shown_once_and_ends_when_revoked(
    client_of: Client, service: Service, organisation: Any
) -> None:
    ada = client_of("ada")
    form = {"name": "Board", "days": "30", "scopes": ["read:meetings", "read:scores"]}
    key = re.search(r"cs_[\w-]{43}", ada.post("/tokens", data=form).text).group()
    assert "cs_" not in ada.get("/tokens").text
    program = client_of()
    program.headers["authorization"] = f"Bearer {key}"
    assert program.get("/api/v1/meetings").status_code == 200
    token = next(one for one in service.credentials.tokens() if one.name == "Board")
    assert ada.post(f"/tokens/{token.id}/revoke").is_redirect
    assert program.get("/api/v1/meetings").status_code == 401
    assert ada.post(f"/tokens/{token.id}/revoke").status_code == 404
    _, late = service.credentials.make_token(
        "Late", frozenset({"read:meetings"}), token.created_by, -1
    )
    program.headers["authorization"] = f"Bearer {late}"
    assert program.get("/api/v1/meetings").status_code == 401
    assert ada.post("/tokens", data=form | {"scopes": ["everything"]}).status_code == 422


def test_a_choice_that_no_page_offers_is_nobody(client_of: Callable[..., TestClient]) -> None:
    form = {"email": "new@example.com", "name": "New", "role": "manager", "reports_to": "abc"}
    assert client_of("ada").post("/people", data=form).status_code == 400


def test_who_was_added_without_a_head_is_told_to_be_there(
    client_of: Callable[..., TestClient], service: Service
) -> None:
    text = "email,name,role,reports_to\nzed@example.com,Zed,manager,typo@example.com\n"
    answer = client_of("ada").post("/people/import", files={"file": ("p.csv", text.encode())})
    assert "zed@example.com was added, and reports to nobody" in answer.text
    assert service.people.by_email("zed@example.com") is not None
