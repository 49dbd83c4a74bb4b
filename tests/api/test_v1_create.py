"""Making meetings by the API, and requests that are sent twice."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from pipeline.api_tables import IdempotencyRow
from pipeline.people.audit import AuditFilter
from pipeline.service import Service
from pipeline.sql import now

Client = Callable[..., TestClient]
PATH = "/api/v1/meetings"
FORM = {"coachee": "Ben", "held_at": "2026-03-04T09:30:00+01:00", "consent": "true"}
TALK = ("../../talk.txt", b"Ana: How did it go?\nBen: Fine.\n")


def send(client: TestClient, key: str | None = None, file: Any = TALK, **form: str) -> Any:
    headers = {} if key is None else {"idempotency-key": key}
    return client.post(PATH, data=FORM | form, files={"file": file}, headers=headers)


def kept(service: Service) -> set[Path]:
    return set(service.settings.upload_dir.iterdir())


def test_a_person_makes_their_own_meeting(
    client_of: Client, service: Service, organisation: Any
) -> None:
    client = client_of("max")
    made = send(client, kind="ride_along", title="Visit")
    assert made.status_code == 201
    body = made.json()
    assert (body["title"], body["kind"], body["status"]) == ("Visit", "ride_along", "queued")
    assert body["held_at"] == "2026-03-04T08:30:00Z"
    assert body["owner_id"] == str(organisation.ids["max"])
    assert client.get(f"{PATH}/{body['id']}").json() == body
    assert service.audit.page(AuditFilter(), None, 1).items[0].action in ("create", "see")
    again = send(client)
    assert (again.status_code, again.json()["id"]) == (200, body["id"])
    assert send(client, owner=str(organisation.ids["mia"])).status_code == 403


def test_a_token_says_whose_it_is(client_of: Client, service: Service, organisation: Any) -> None:
    client, before = client_of("full"), kept(service)
    assert send(client).status_code == 400
    assert send(client, owner=str(organisation.ids["hidden"])).status_code == 404
    assert kept(service) == before
    made = send(client, owner=str(organisation.ids["max"]))
    assert (made.status_code, made.json()["owner_name"]) == (201, "Max")
    # Max sees it at once, and the token when those above him do.
    assert client.get(f"{PATH}/{made.json()['id']}").status_code == 404
    assert client_of("max").get(f"{PATH}/{made.json()['id']}").status_code == 200


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"consent": "false"}, 400),
        ({"consent": "perhaps"}, 422),
        ({"coachee": "  "}, 422),
        ({"coachee": "B\x00"}, 422),
        ({"title": "x" * 201}, 422),
        ({"held_at": "2026-03-04"}, 422),
        ({"held_at": "0001-01-01T00:00:00+14:00"}, 400),
        ({"kind": "chat"}, 422),
        ({"owner": "mia"}, 422),
    ],
)
def test_what_is_wrong_is_said(
    client_of: Client, service: Service, form: dict[str, str], status: int
) -> None:
    before = kept(service)
    assert send(client_of("max"), **form).status_code == status
    assert kept(service) == before


def test_a_wrong_file_is_a_problem(client_of: Client, service: Service) -> None:
    before = kept(service)
    answer = send(client_of("max"), key="k", file=("a.bin", b"\xff\xd8\xff\xe0 no talk"))
    assert (answer.status_code, "a.bin" in answer.json()["detail"]) == (400, True)
    assert kept(service) == before
    # What failed may be mended and sent again under the same key.
    assert send(client_of("max"), key="k").status_code == 201


def test_the_same_request_is_answered_alike(client_of: Client, service: Service) -> None:
    client = client_of("max")
    first, files = send(client, key="one"), kept(service)
    again = send(client, key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert kept(service) == files
    other = send(client, key="one", coachee="Bea")
    assert (other.status_code, other.json()["status"]) == (422, 422)
    assert send(client, key="one", file=("b.txt", TALK[1] + b"Ana: Why?\n")).status_code == 422
    assert send(client_of("ned"), key="one").json()["id"] != first.json()["id"]
    assert kept(service) > files


def test_keys_are_refused_where_they_are_none(client_of: Client) -> None:
    for key in ("", "x" * 256, "two words"):
        assert send(client_of("max"), key=key).status_code == 422, key


def change(service: Service, **values: Any) -> None:
    service.database.run(update(IdempotencyRow).values(**values))


def test_a_request_that_is_being_answered_is_a_conflict(
    client_of: Client, service: Service
) -> None:
    client = client_of("max")
    send(client, key="one")
    change(service, status=None, body=None)
    assert send(client, key="one").status_code == 409
    # Whoever answered it died.
    change(service, created_at=now() - timedelta(minutes=11))
    assert send(client, key="one").status_code == 200


def test_keys_end_after_a_day(client_of: Client, service: Service) -> None:
    client = client_of("max")
    send(client, key="one")
    change(service, created_at=now() - timedelta(hours=25))
    assert send(client, key="one", coachee="Bea").status_code == 200


def test_a_kept_answer_goes_with_its_meeting(client_of: Client, service: Service) -> None:
    from sqlalchemy import delete, select

    from pipeline.service_tables import MeetingRow

    send(client_of("max"), key="one")
    service.database.run(delete(MeetingRow))
    assert service.database.all(select(IdempotencyRow.key)) == []


def test_a_large_body_is_taken_for_files_alone_and_from_those_known(
    client_of: Client, organisation: Any
) -> None:
    large = {"content-length": str(2_000_000)}
    contests = f"{PATH}/{organisation.ids['released']}/contests"
    assert client_of("mia").post(contests, headers=large).status_code == 413
    # It is refused before anything of it is read, which would be written to the disk.
    assert client_of().post(PATH, headers=large).status_code == 401
    forged = large | {"authorization": "Bearer cs_none"}
    assert client_of().post(PATH, headers=forged).status_code == 401
    known = "Ana: How did it go?\nBen: Fine, and then some.\n" * 30_000
    assert send(client_of("max"), file=("talk.txt", known.encode())).status_code == 201
