"""Rows that are read many at once, on both kinds of database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from pipeline.reading import Reader
from pipeline.service_tables import PersonRow
from pipeline.settings import Settings
from pipeline.sql import Database


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Database:
    found = Database.open(Settings(home=tmp_path / "home", database_url=database_url))
    yield found
    found.close()


def test_values_are_as_sqlalchemy_gives_them_and_follow_their_rows(database: Database) -> None:
    from uuid import uuid4

    at = datetime(2026, 3, 4, 9, 30, 0, 250_000, tzinfo=UTC)
    for name in ("Mia", "Max"):
        values = {"name": name, "email": name, "role": "vp", "disabled": name == "Max"}
        added = database.insert(PersonRow).values(id=uuid4(), created_at=at, **values)
        database.run(added)
    columns = (PersonRow.id.label("who"), PersonRow.name, PersonRow.disabled, PersonRow.created_at)
    reader = Reader(database, columns, lambda values: tuple(values.items()))

    def both() -> list[tuple[tuple[str, object], ...]]:
        ordered = select(*columns).order_by(PersonRow.name)
        plain = [tuple(row._asdict().items()) for row in database.all(ordered)]
        found = reader.all(lambda asked: asked.order_by(PersonRow.name))
        assert found == plain
        return found

    first = both()
    assert [dict(one)["disabled"] for one in first] == [True, False]
    assert dict(first[0])["created_at"] == at
    assert both()[0] is first[0]
    later = update(PersonRow).where(PersonRow.name == "Max")
    database.run(later.values(disabled=False, created_at=at + timedelta(days=1)))
    assert [dict(one)["disabled"] for one in both()] == [False, False]
    assert reader.all(lambda asked: asked.where(PersonRow.name == "Nobody")) == []
