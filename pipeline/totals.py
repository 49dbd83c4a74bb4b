"""Running totals for metrics: kept in the database, because several processes add to them.

They hold counts, seconds and bytes, of nobody in particular, and outlive what they counted.
"""

from typing import Final, Literal

from sqlalchemy import select

from models.conversation import Value
from pipeline.sql import Database, columns
from pipeline.watch_tables import TotalRow

# What is counted, and what `amount` adds up: seconds of a stage, bytes of an upload.
TotalName = Literal["analysis", "stage", "upload"]
_KEY: Final = ("name", "label")


class Total(Value):
    """How often something happened, and how much of it there was in all."""

    name: TotalName
    label: str
    count: int
    amount: float


class Totals:
    """Every total."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: TotalName, label: str, amount: float = 0.0) -> None:
        """Count one more."""
        values = {"name": name, "label": label, "count": 1, "amount": amount}
        more = {"count": TotalRow.count + 1, "amount": TotalRow.amount + amount}
        statement = self._database.insert(TotalRow).values(**values)
        self._database.run(statement.on_conflict_do_update(index_elements=list(_KEY), set_=more))

    def all(self) -> list[Total]:
        """Everything that was counted so far."""
        asked = select(*columns(TotalRow, Total)).order_by(TotalRow.name, TotalRow.label)
        return [Total.model_validate(row._asdict()) for row in self._database.all(asked)]
