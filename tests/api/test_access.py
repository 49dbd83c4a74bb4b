"""Who reaches what: every route, for everybody, on every object. A route that is not here fails.

A line of `TABLE` says how a route is called and what each caller gets. Add one for each new
route; `seen`, `signed`, `administered` and `scoped` are what most of them need.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

PEOPLE = ("mia", "max", "vic", "rhea", "uma", "ned", "ada")
TOKENS = ("scores", "reader", "full")
EVERYBODY = ("nobody", *PEOPLE, *TOKENS)


class Line(NamedTuple):
    """One route on one object.

    `path` fills the route's parameters by names of the organisation's ids or keys; `gets` is
    the status that each caller gets.
    """

    method: str
    route: str
    gets: dict[str, int]
    path: Mapping[str, str] = MappingProxyType({})
    send: Mapping[str, Any] = MappingProxyType({})


def everybody(status: int) -> dict[str, int]:
    return dict.fromkeys(EVERYBODY, status)


def signed(status: int, *, page: bool = True) -> dict[str, int]:
    """For people alone; a page sends others to the sign-in, a form says 401."""
    return everybody(303 if page else 401) | dict.fromkeys(PEOPLE, status)


def administered(status: int, *, page: bool = True) -> dict[str, int]:
    return signed(404, page=page) | {"ada": status}


def seen(hidden: bool, refused: int = 303) -> dict[str, int]:
    """A meeting of Mia's: hers at once, later of the VPs above her, of nobody else ever."""
    above = {} if hidden else {"vic": 200, "rhea": 200}
    return signed(404) | {"nobody": refused, "mia": 200} | above


def kept(status: int) -> dict[str, int]:
    """A route of the API for the whole organisation: the admin, and a token with the scope."""
    return scoped(signed(404) | {"ada": status}, full=status)


def known(status: int) -> dict[str, int]:
    """About Mia: for herself, those above her, and the admin, who looks after people."""
    return signed(404) | dict.fromkeys(("mia", "vic", "rhea", "ada"), status)


def scoped(person: dict[str, int], **tokens: int) -> dict[str, int]:
    """A route of the API: people by their role, tokens by their scopes."""
    return person | {"nobody": 401} | dict.fromkeys(TOKENS, 403) | tokens


PERSON = {"name": "Mia", "role": "manager", "reports_to": ""}
INVITED = PERSON | {"email": "new@example.com"}
CSV = {"files": {"file": ("people.csv", b"email,name,role,reports_to\n")}}
UPLOAD = {
    "data": {"coachee": "Ben", "held_at": "2026-03-04T09:00", "consent": "true"},
    "files": {"files": ("talk.txt", b"Ana: How was it?\nBen: Good.\n")},
}
CREATED = {
    "data": {"coachee": "Ben", "held_at": "2026-03-04T09:00:00Z", "consent": "true"},
    "files": {"file": ("talk.txt", b"Ana: How was it?\nBen: Good.\n")},
}
TUS = {"tus-resumable": "1.0.0"}
NEW_UPLOAD = {
    "upload-length": "9",
    # filename, coachee, held_at, consent, as tus codes them.
    "upload-metadata": "filename YS50eHQ=,coachee QmVu,held_at MjAyNi0wMy0wNFQwOTowMFo=,"
    "consent dHJ1ZQ==",
}
PART = {
    "headers": TUS | {"upload-offset": "0", "content-type": "application/offset+octet-stream"},
}
RIDE = {"kind": "ride_along"}
RIDE_ALONG = {"ride_along": "ride_along"}
HOOK = {"url": "https://example.com/hook", "events": ["meeting.scored"]}
PASSWORDS = {"password": "four green frogs", "again": "four green frogs"}

TABLE = [
    Line("GET", "/health", everybody(200)),
    Line("GET", "/ready", everybody(503)),  # There is no worker.
    Line("GET", "/metrics", kept(200)),
    Line("GET", "/static/report.css", everybody(200)),
    Line("GET", "/api/v1/openapi.json", everybody(200)),
    Line("GET", "/sign-in", everybody(200) | dict.fromkeys(PEOPLE, 303)),
    Line(
        "POST",
        "/sign-in",
        everybody(400),
        send={"data": {"email": "mia@example.com", "password": "wrong"}},
    ),
    # No provider is set up here; `test_openid.py` has one.
    Line("GET", "/sign-in/openid", everybody(404)),
    Line("GET", "/sign-in/openid/callback", everybody(404)),
    Line("POST", "/sign-out", everybody(303)),
    Line("GET", "/link/{key}", everybody(200), {"key": "link"}),
    Line("POST", "/link/{key}", everybody(303), {"key": "link"}, {"data": PASSWORDS}),
    Line("GET", "/link/{key}", everybody(404), {"key": "reader"}),
    Line("GET", "/", signed(200)),
    Line("GET", "/upload", signed(200)),
    Line("POST", "/upload", signed(303, page=False), send=UPLOAD),
    Line("OPTIONS", "/uploads", everybody(204)),
    Line("POST", "/uploads", signed(201, page=False), send={"headers": TUS | NEW_UPLOAD}),
    Line("PATCH", "/uploads/{upload_id}", signed(404, page=False), {"upload_id": "mia"}, PART),
    Line("DELETE", "/uploads/{upload_id}", signed(404, page=False), {"upload_id": "mia"}, PART),
    *(
        Line(
            "GET",
            "/meetings/{meeting_id}/events",
            seen(hidden=name == "hidden"),
            {"meeting_id": name},
        )
        for name in ("released", "hidden")
    ),
    Line("GET", "/meetings/{meeting_id}", seen(hidden=False), {"meeting_id": "released"}),
    Line("GET", "/meetings/{meeting_id}", seen(hidden=True), {"meeting_id": "hidden"}),
    Line("GET", "/meetings/{meeting_id}", signed(404), {"meeting_id": "ned"}),
    Line("GET", "/meetings/{meeting_id}/audio", signed(404), {"meeting_id": "released"}),
    Line(
        "GET",
        "/meetings/{meeting_id}/contest/{utterance}",
        signed(404) | {"mia": 200},
        {"meeting_id": "released", "utterance": "first"},
    ),
    # What Mia sends changes nothing, and is refused as that.
    Line(
        "POST",
        "/meetings/{meeting_id}/contest/{utterance}",
        signed(404, page=False) | {"mia": 400},
        {"meeting_id": "released", "utterance": "second"},
    ),
    Line(
        "POST",
        "/meetings/{meeting_id}/coach",
        signed(404, page=False) | {"mia": 400},
        {"meeting_id": "released"},
        {"data": {"coach": "Ana"}},
    ),
    *(
        Line(
            "POST",
            f"/meetings/{{meeting_id}}/speakers/{change}",
            signed(404, page=False) | {"mia": 400},
            {"meeting_id": "released"},
            {"data": data},
        )
        for change, data in (
            ("name", {"rename": "Ana", "name": "Ana"}),
            ("merge", {"merge": "Ana", "into": "Ana"}),
        )
    ),
    Line(
        "POST",
        "/meetings/{meeting_id}/contest/{utterance}/speaker",
        signed(404, page=False) | {"mia": 400},
        {"meeting_id": "released", "utterance": "second"},
        {"data": {"speaker": "Nobody"}},
    ),
    *(
        Line(
            "POST",
            "/meetings/{meeting_id}/share",
            signed(404, page=False) | {"mia": 303},
            {"meeting_id": name},
        )
        for name in ("released", "hidden")
    ),
    Line(
        "POST",
        "/meetings/{meeting_id}/contests/{contest_id}/withdraw",
        signed(404, page=False),
        {"meeting_id": "released", "contest_id": "mia"},
    ),
    Line("GET", "/voice", signed(200)),
    # `test_voice.py` has recordings of theirs, and of others.
    Line(
        "POST",
        "/voice",
        signed(404, page=False),
        send={"data": {"meeting": "00000000-0000-0000-0000-000000000000", "agreed": "true"}},
    ),
    Line("POST", "/voice/delete", signed(303, page=False)),
    Line("GET", "/managers/{person_id}", seen(hidden=False), {"person_id": "mia"}),
    Line("GET", "/managers/{person_id}", signed(404), {"person_id": "hidden"}),
    Line("GET", "/managers/{person_id}/sheet", seen(hidden=False), {"person_id": "mia"}),
    Line("GET", "/team", signed(404) | dict.fromkeys(("vic", "rhea", "uma", "ada"), 200)),
    *(
        Line(
            method,
            "/meetings/{meeting_id}/delete",
            signed(404, page=method == "GET") | dict.fromkeys(("mia", "ada"), status),
            {"meeting_id": name},
        )
        for method, status in (("GET", 200), ("POST", 303))
        for name in ("released", "hidden")
    ),
    Line("GET", "/people/{person_id}/delete", administered(200), {"person_id": "mia"}),
    Line("POST", "/people/{person_id}/delete", administered(303, page=False), {"person_id": "mia"}),
    Line("GET", "/audit", administered(200)),
    Line("GET", "/people", administered(200)),
    Line("POST", "/people", administered(200, page=False), send={"data": INVITED}),
    Line("POST", "/people/import", administered(200, page=False), send=CSV),
    Line("GET", "/people/{person_id}", administered(200), {"person_id": "mia"}),
    Line("GET", "/people/{person_id}", administered(404), {"person_id": "hidden"}),
    Line(
        "POST",
        "/people/{person_id}",
        administered(303, page=False),
        {"person_id": "mia"},
        {"data": PERSON},
    ),
    Line(
        "POST",
        "/people/{person_id}/access",
        administered(303, page=False),
        {"person_id": "mia"},
        {"data": {"disabled": "true"}},
    ),
    Line("POST", "/people/{person_id}/unlink", administered(303, page=False), {"person_id": "mia"}),
    Line("POST", "/people/{person_id}/link", administered(200, page=False), {"person_id": "mia"}),
    Line("GET", "/tokens", administered(200)),
    Line(
        "POST",
        "/tokens",
        administered(200, page=False),
        send={"data": {"name": "Board", "days": "30", "scopes": "read:scores"}},
    ),
    Line(
        "POST",
        "/tokens/{token_id}/revoke",
        administered(303, page=False),
        {"token_id": "scores"},
    ),
    Line("GET", "/api/v1/meetings", scoped(signed(200), reader=200, full=200)),
    Line("POST", "/api/v1/meetings", scoped(signed(201), full=400), send=CREATED),
    *(
        Line("GET", f"/api/v1/meetings/{{meeting_id}}{part}", gets, {"meeting_id": name})
        for part, token in (
            ("", "reader"),
            ("/transcript", "reader"),
            ("/tags", "reader"),
            ("/score", "scores"),
        )
        for name, gets in (
            ("released", scoped(seen(hidden=False), **{token: 200, "full": 200})),
            ("hidden", scoped(seen(hidden=True), **{token: 404, "full": 404})),
        )
    ),
    *(
        Line(
            "GET",
            "/api/v1/meetings/{meeting_id}/contests",
            scoped(seen(hidden=hidden), reader=status, full=status),
            {"meeting_id": "hidden" if hidden else "released"},
        )
        for hidden, status in ((False, 200), (True, 404))
    ),
    Line(
        "POST",
        "/api/v1/meetings/{meeting_id}/contests",
        scoped(signed(404) | {"mia": 400}, full=404),
        {"meeting_id": "released"},
        {"json": {"coach": "Ana"}},
    ),
    Line(
        "DELETE",
        "/api/v1/meetings/{meeting_id}/contests/{contest_id}",
        scoped(signed(404), full=404),
        {"meeting_id": "released", "contest_id": "hidden"},
    ),
    Line(
        "DELETE",
        "/api/v1/meetings/{meeting_id}",
        scoped(signed(404) | {"mia": 204, "ada": 204}, full=204),
        {"meeting_id": "released"},
    ),
    Line(
        "DELETE",
        "/api/v1/meetings/{meeting_id}",
        scoped(signed(404) | {"mia": 204, "ada": 204}, full=404),
        {"meeting_id": "hidden"},
    ),
    Line("GET", "/api/v1/people", scoped(signed(200), full=200)),
    Line(
        "GET",
        "/api/v1/people/{person_id}",
        scoped(known(200), full=200),
        {"person_id": "mia"},
    ),
    Line("GET", "/api/v1/teams", scoped(signed(200), full=200)),
    Line(
        "GET",
        "/api/v1/teams/{person_id}",
        scoped(known(200) | {"mia": 404}, full=200),
        {"person_id": "vic"},
    ),
    Line("GET", "/api/v1/managers", scoped(signed(200), scores=200, full=200)),
    *(
        Line(
            "GET",
            f"/api/v1/managers/{{person_id}}/{part}",
            scoped(known(200), scores=200, full=200),
            {"person_id": "mia"},
        )
        for part in ("scores", "trend")
    ),
    Line("GET", "/api/v1/rubrics", scoped(signed(200), scores=200, full=200)),
    Line("GET", "/api/v1/rubrics/{kind}", scoped(signed(200), scores=200, full=200), RIDE),
    Line("POST", "/api/v1/rubrics/{kind}", kept(400), RIDE, {"json": {"own": ""}}),
    Line("POST", "/api/v1/rescores", kept(202)),
    Line("GET", "/api/v1/rescores/{rescore_id}", kept(404), {"rescore_id": "hidden"}),
    Line("GET", "/api/v1/webhooks", kept(200)),
    Line("POST", "/api/v1/webhooks", kept(201), send={"json": HOOK}),
    *(
        Line(method, f"/api/v1/webhooks/{{webhook_id}}{part}", kept(404), {"webhook_id": "hidden"})
        for method, part in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"))
    ),
    Line(
        "POST",
        "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
        kept(404),
        {"webhook_id": "hidden", "delivery_id": "hidden"},
    ),
    Line("GET", "/api/v1/exports/meetings", scoped(signed(200), reader=200, full=200)),
    Line("GET", "/api/v1/exports/managers", scoped(signed(200), scores=200, full=200)),
]
CELLS = [
    pytest.param(line, who, id=f"{line.method} {line.route} {'-'.join(line.path.values())} {who}")
    for line in TABLE
    for who in EVERYBODY
]


@pytest.mark.parametrize(("line", "who"), CELLS)
def test_everybody_gets_what_the_table_says(
    line: Line, who: str, client_of: Callable[[str], TestClient], organisation: Any
) -> None:
    known = organisation.keys | organisation.ids | {"first": 0, "second": 1, **RIDE_ALONG}
    path = line.route.format(**{name: known[value] for name, value in line.path.items()})
    assert client_of(who).request(line.method, path, **line.send).status_code == line.gets[who]


def test_every_route_is_in_the_table(app: FastAPI) -> None:
    listed = {(line.method, line.route) for line in TABLE}
    there = {
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in (getattr(route, "methods", None) or ())
        if method != "HEAD"
    }
    assert there == listed


@pytest.mark.parametrize("who", EVERYBODY)
def test_what_is_not_theirs_looks_like_what_is_not_there(
    who: str, client_of: Callable[[str], TestClient], organisation: Any
) -> None:
    client, ids = client_of(who), organisation.ids
    for path in ("/meetings/", "/api/v1/meetings/", "/people/"):
        hidden, absent = client.get(f"{path}{ids['hidden']}"), client.get(f"{path}{ids['scores']}")
        if hidden.status_code == 404 and absent.status_code == 404:
            assert hidden.text.replace(str(ids["hidden"]), "") == absent.text.replace(
                str(ids["scores"]), ""
            )


def test_lists_show_what_pages_show(
    client_of: Callable[[str], TestClient], organisation: Any
) -> None:
    for who in (*PEOPLE, "reader", "full"):
        client = client_of(who)
        listed = {one["id"] for one in client.get("/api/v1/meetings").json()["items"]}
        opened = {
            str(organisation.ids[name])
            for name in ("released", "hidden")
            if client.get(f"/api/v1/meetings/{organisation.ids[name]}").status_code == 200
        }
        assert listed == opened, who
