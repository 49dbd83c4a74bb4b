"""Parameters that several routes of the API share."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator

from models.labels import Kind
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.meetings.paging import CURSOR_PATTERN, Cursor, read_cursor
from pipeline.store import Status
from scoring.score import Verdict

T = TypeVar("T")

_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def _written_out(value: object) -> object:
    if isinstance(value, str) and not _RFC_3339.fullmatch(value):
        raise ValueError("a moment with its zone, such as 2026-03-04T09:00:00Z, is wanted")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # On the first or last day of the calendar.
        return value.replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
Limit = Annotated[int, Query(ge=1, le=200, description="Most entries in one answer.")]


async def get_cursor(
    cursor: Annotated[
        str | None,
        Query(pattern=CURSOR_PATTERN, description="`next` of the answer before, to go on there."),
    ] = None,
) -> Cursor | None:
    """Where the last page ended."""
    return None if cursor is None else read_cursor(cursor)


After = Annotated[Cursor | None, Depends(get_cursor)]


async def get_period(
    kind: Annotated[Kind | None, Query(description="Kind of meeting.")] = None,
    since: Annotated[
        Moment | None, Query(alias="from", description="Held at this moment or later.")
    ] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Held before it.")] = None,
) -> MeetingFilter:
    """Filters of routes about scores."""
    return MeetingFilter(kind=kind, since=since, until=until)


During = Annotated[MeetingFilter, Depends(get_period)]


async def get_filter(
    during: During,
    owner: Annotated[
        list[UUID] | None, Query(description="Who coaches in it; may be given more than once.")
    ] = None,
    status: Annotated[Status | None, Query(description="How far its analysis got.")] = None,
    verdict: Annotated[Verdict | None, Query(description="In words.")] = None,
) -> MeetingFilter:
    """Filters of lists of meetings."""
    owners = None if owner is None else frozenset(owner)
    return during.model_copy(update={"owners": owners, "status": status, "verdict": verdict})


Wanted = Annotated[MeetingFilter, Depends(get_filter)]


def page_in_memory(
    entries: Sequence[T],
    place: Callable[[T], tuple[datetime, UUID]],
    cursor: Cursor | None,
    limit: int,
) -> tuple[Sequence[T], str | None]:
    """A page of a list short enough to be read whole, ordered by `place`.

    Returns:
        The entries, and the cursor of the next page, None on the last one.
    """
    left = [e for e in entries if cursor is None or place(e) > (cursor.at, cursor.id)]
    if len(left) <= limit:
        return left, None
    at, last = place(left[limit - 1])
    return left[:limit], str(Cursor(at=at, id=last))
