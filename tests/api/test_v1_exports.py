"""Exports: the same figures as CSV and as Parquet, and nothing heavy before the first."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from models.conversation import Value
from pipeline.coaching.columns import to_csv

Client = Callable[..., TestClient]
PATH = "/api/v1/exports"


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def table_of(answer: Any) -> list[dict[str, Any]]:
    from pyarrow import parquet

    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    return parquet.read_table(io.BytesIO(answer.content)).to_pylist()


def test_meetings_as_csv_and_parquet(client_of: Client, scored: Any, organisation: Any) -> None:
    made = [scored("mia", 1, 40.5), scored("ned", 2, None)]
    client = client_of("reader")
    answer = client.get(f"{PATH}/meetings")
    assert "coachscore-meetings.csv" in answer.headers["content-disposition"]
    rows = rows_of(answer)
    ids = [str(one) for one in (*made, organisation.ids["released"])]
    assert [row["meeting_id"] for row in rows] == ids
    assert (rows[0]["manager"], rows[0]["overall"]) == ("Mia", "40.5")
    assert (rows[0]["held_at"], rows[1]["overall"]) == ("2026-03-01T09:00:00Z", "")
    assert {"inquiry", "deal_minutes", "minutes"} <= set(rows[0])
    table = table_of(client.get(f"{PATH}/meetings?format=parquet"))
    assert [row["meeting_id"] for row in table] == ids
    assert (table[0]["overall"], table[1]["overall"]) == (40.5, None)
    assert table[0]["held_at"].isoformat() == "2026-03-01T09:00:00+00:00"
    only = {"owner": str(organisation.ids["ned"]), "kind": "one_on_one"}
    assert len(rows_of(client.get(f"{PATH}/meetings", params=only))) == 1
    assert len(rows_of(client_of("mia").get(f"{PATH}/meetings"))) == 3  # One is hers alone.


def test_managers_by_period(client_of: Client, scored: Any) -> None:
    for day in (1, 8, 15, 40):
        scored("max", day, 50 + day)
    rows = rows_of(client_of("scores").get(f"{PATH}/managers"))
    found = [(r["manager"], r["start"], r["meetings"], r["mean"]) for r in rows]
    assert found == [
        ("Mia", "2026-03-01", "1", ""),
        ("Max", "2026-03-01", "3", "58.0"),
        ("Max", "2026-04-01", "1", ""),
    ]
    table = table_of(client_of("scores").get(f"{PATH}/managers?format=parquet&period=quarter"))
    assert [(r["manager"], r["start"].isoformat(), r["meetings"]) for r in table][1:] == [
        ("Max", "2026-01-01", 3),
        ("Max", "2026-04-01", 1),
    ]


def test_an_empty_table_has_its_columns(client_of: Client) -> None:
    later = {"from": "2030-01-01T00:00:00Z"}
    answer = client_of("reader").get(f"{PATH}/meetings", params=later)
    assert answer.text.startswith("meeting_id,manager_id,manager,")
    assert rows_of(answer) == []
    assert (
        table_of(client_of("reader").get(f"{PATH}/meetings", params=later | {"format": "parquet"}))
        == []
    )


class Cell(Value):
    text: str


def test_a_cell_is_no_formula() -> None:
    cells = "".join(to_csv([Cell(text="=1+1"), Cell(text='a "b", c'), Cell(text="é")], Cell))
    assert list(csv.reader(io.StringIO(cells))) == [["text"], ["'=1+1"], ['a "b", c'], ["é"]]


def test_the_web_process_starts_without_pyarrow() -> None:
    code = "import api.app, sys; print({'pyarrow', 'pandas', 'torch', 'scipy'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
