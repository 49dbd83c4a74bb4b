"""Pages of long lists: where the last one ended, as a short text that a caller sends back.

A cursor holds a moment and an id, the order of every list, so that nothing is listed twice
or left out while others add to the list.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true

from models.conversation import Value

T = TypeVar("T")

# 24 bytes in base64: every text of this shape is a cursor.
CURSOR_PATTERN: Final = r"^[A-Za-z0-9_-]{32}$"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEAST: Final = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_MOST: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class Cursor(Value):
    """The last entry of a page."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        """As a caller sends it back; matches `CURSOR_PATTERN`."""
        moment = (self.at - _EPOCH) // _MICROSECOND
        raw = moment.to_bytes(8, "big", signed=True) + self.id.bytes
        return urlsafe_b64encode(raw).decode("ascii")


class Page(Value, Generic[T]):
    """Some entries of a list, and where to go on, None at its end."""

    items: tuple[T, ...]
    next: Cursor | None


def read_cursor(text: str) -> Cursor:
    """A cursor from its text, which matches `CURSOR_PATTERN`."""
    raw = urlsafe_b64decode(text)
    moment = int.from_bytes(raw[:8], "big", signed=True)
    at = _EPOCH + timedelta(microseconds=min(max(moment, _LEAST), _MOST))
    return Cursor(at=at, id=UUID(bytes=raw[8:]))


def page_of(items: Sequence[T], limit: int, place: Callable[[T], Cursor]) -> Page[T]:
    """A page of entries that were asked for with one more than `limit`."""
    last = place(items[limit - 1]) if len(items) > limit else None
    return Page(items=tuple(items[:limit]), next=last)


def after(
    cursor: Cursor | None, at: Any, row_id: Any, *, newest_first: bool
) -> ColumnElement[bool]:
    """The condition that an entry comes after a cursor, in order of time and then of id."""
    if cursor is None:
        return true()
    beyond = at < cursor.at if newest_first else at > cursor.at
    return or_(beyond, and_(at == cursor.at, row_id > cursor.id))
