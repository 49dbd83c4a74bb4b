"""Reading many rows at once, cheaply: a row that is as it was makes the same value.

The database is asked each time, so what somebody sees never depends on what is kept here;
only turning the driver's texts into ids, moments and checked values is done once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, select

from pipeline.sql import Database, Typed

V = TypeVar("V")

_KEPT: Final = 20_000  # Values of about 2 KB each.


class Reader(Generic[V]):
    """Makes values of the same columns over and over."""

    def __init__(
        self,
        database: Database,
        asked: Sequence[Any],
        make: Callable[[dict[str, Any]], V],
    ) -> None:
        """Prepare.

        Args:
            database: Where rows come from.
            asked: Columns, each with a name of its own.
            make: Makes a frozen value of a row's values by name.
        """
        self._database, self._asked, self._make = database, tuple(asked), make
        self._names = tuple(select(*self._asked).selected_columns.keys())
        self._value = lru_cache(_KEPT)(self._value_of)
        self._typed: Sequence[Typed | None] = ()

    def all(self, of: Callable[[Select[Any]], Select[Any]]) -> list[V]:
        """A value for each row; `of` says of which, given a question for the columns."""
        rows, self._typed = self._database.raw(of(select(*self._asked)))
        return [self._value(row) for row in rows]

    def _value_of(self, row: tuple[Any, ...]) -> V:
        told = zip(self._names, row, self._typed, strict=True)
        return self._make({n: typed(one) if typed else one for n, one, typed in told})
