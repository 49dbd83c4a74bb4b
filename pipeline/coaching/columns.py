"""Rows of values as CSV or Parquet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from types import NoneType
from typing import Any, Final, get_args

from models.conversation import Value

# A spreadsheet takes a cell that begins like this for a formula, and runs it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def to_csv(rows: Iterable[Value], kind: type[Value]) -> Iterator[str]:
    """Lines of CSV with a header (RFC 4180); moments in ISO 8601, nothing for None.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    names = list(kind.model_fields)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in names])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def to_parquet(rows: Sequence[Value], kind: type[Value]) -> bytes:
    """A Parquet file; ids are text, moments are in UTC."""
    # Takes half a second to import, which a web process that exports nothing is spared.
    import pyarrow
    from pyarrow import parquet

    types = {
        datetime: pyarrow.timestamp("us", tz="UTC"),
        date: pyarrow.date32(),
        float: pyarrow.float64(),
        int: pyarrow.int64(),
    }
    columns = {name: _plain(field.annotation) for name, field in kind.model_fields.items()}
    schema = pyarrow.schema([(n, types.get(t, pyarrow.string())) for n, t in columns.items()])
    data = [{n: _text(v) if types.get(columns[n]) is None else v for n, v in row} for row in rows]
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(data, schema=schema), sink)
    return sink.getvalue()


def _plain(annotation: Any) -> Any:
    """A type without its None."""
    inner = [one for one in get_args(annotation) if one is not NoneType]
    return inner[0] if len(inner) == 1 else annotation


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
