"""With masking on, no page, answer, export or table says what leads to a customer."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select, table, text

from pipeline.meetings.meetings import Meeting
from pipeline.service import Service
from pipeline.settings import Settings
from pipeline.uploads.uploads import MeetingDetails, receive, register

CUSTOMER = (
    "By Friday I will ring Dana Pruitt at Kessinger Distribution on +44 20 7946 0018,"
    " dana@kessinger.example, about the $240,000."
)
# With its blank, for a digest may hold any four digits.
TOLD = ("Pruitt", "Kessinger", "7946 0018", "kessinger.example", "240,000")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"mask_customers": True})


@pytest.fixture
def meeting(
    service: Service,
    organisation: Any,
    labelled_talk: Path,
    analyse: Callable[[Service, Meeting], None],
) -> Meeting:
    """A finished meeting of Mia's with a customer in every second sentence."""
    talk = json.loads(labelled_talk.read_text(encoding="utf-8"))
    for one in talk["utterances"][::2]:
        one["text"] = CUSTOMER
    details = MeetingDetails(
        owner_id=organisation.ids["mia"],
        coachee="Ben",
        held_at=datetime(2026, 3, 4, tzinfo=UTC),
        consent_by="person",
    )
    stream = io.BytesIO(json.dumps(talk).encode())
    made = register(service, receive(stream, "talk.json", service.settings), details)
    analyse(service, made)
    return made


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_answer_names_a_customer(
    meeting: Meeting, client_of: Callable[[str], TestClient], organisation: Any
) -> None:
    mia = client_of("mia")
    one = f"/api/v1/meetings/{meeting.id}"
    manager = f"/managers/{organisation.ids['mia']}"
    addresses = [f"/meetings/{meeting.id}", manager, f"{manager}/sheet", "/team"]
    addresses += [one, f"{one}/transcript", f"{one}/tags", f"{one}/score", "/api/v1/meetings"]
    addresses.append("/api/v1/exports/meetings?format=csv")
    answers = {address: mia.get(address) for address in addresses}
    told = [(a, m) for a, answer in answers.items() for m in TOLD if m in answer.text]
    assert told == []
    shown = "ring [person] at [company] on [phone], [email], about the [amount]."
    said = answers[f"{one}/transcript"].json()["utterances"]
    assert said[0]["text"] == f"By Friday I will {shown}"
    assert shown in answers[f"/meetings/{meeting.id}"].text
    talk = json.loads(Path(meeting.path).read_text(encoding="utf-8"))
    assert [u["speaker"] for u in said] == [u["speaker"] for u in talk["utterances"]]
    assert said[1]["text"] == talk["utterances"][1]["text"]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_only_the_uploaded_file_names_a_customer(meeting: Meeting, service: Service) -> None:
    with service.database.write() as connection:
        # Rows themselves are printed with long texts cut short.
        everything = select(text("*"))
        rows = {
            name: str([tuple(r) for r in connection.execute(everything.select_from(table(name)))])
            for name in inspect(connection).get_table_names()
        }
    assert [(name, m) for name, held in rows.items() for m in TOLD if m in held] == []
    assert "[company] [company]" in rows["stage_results"]
    files = [f for f in service.settings.home.rglob("*") if f.is_file()]
    assert [str(f) for f in files if b"Kessinger" in f.read_bytes()] == [meeting.path]
