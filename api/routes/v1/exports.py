"""Whole tables at once, as CSV or Parquet."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.access import Served
from api.routes.v1 import meetings, scores
from api.routes.v1.parameters import During
from models.conversation import Value
from pipeline.coaching.columns import to_csv, to_parquet
from pipeline.coaching.exports import MeetingRow, PeriodRow, meeting_rows, period_rows
from pipeline.coaching.trends import Period
from pipeline.meetings.meeting_filters import MeetingFilter

router = APIRouter(prefix="/exports", tags=["exports"])
Format = Annotated[Literal["csv", "parquet"], Query(description="Of the file.")]
Owners = Annotated[
    list[UUID] | None, Query(description="Who coaches; may be given more than once.")
]
_CSV: Final = "text/csv"
_PARQUET: Final = "application/vnd.apache.parquet"
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The table; its first line of CSV names the columns.",
        "content": {
            _CSV: {"schema": {"type": "string"}},
            _PARQUET: {"schema": {"type": "string", "contentMediaType": _PARQUET}},
        },
    }
}


class FileResponse(Response):
    """Described by `_FILES`."""


@router.get("/meetings", response_class=FileResponse, responses=_FILES)
def export_meetings(
    viewer: meetings.Reader,
    service: Served,
    during: During,
    owner: Owners = None,
    format: Format = "csv",  # noqa: A002 - The name of the parameter.
) -> Response:
    """A row for each finished meeting: figures, criteria, minutes by subject."""
    rows = meeting_rows(service, viewer, _of(during, owner))
    return _file("meetings", rows, MeetingRow, format)


@router.get("/managers", response_class=FileResponse, responses=_FILES)
def export_managers(
    viewer: scores.Reader,
    service: Served,
    during: During,
    owner: Owners = None,
    period: Annotated[Period, Query(description="Length of a period.")] = "month",
    format: Format = "csv",  # noqa: A002 - The name of the parameter.
) -> Response:
    """A row for each person who coaches and each period with a meeting of theirs."""
    rows = period_rows(service, viewer, _of(during, owner), period)
    return _file("managers", rows, PeriodRow, format)


def _of(during: MeetingFilter, owner: list[UUID] | None) -> MeetingFilter:
    return during.model_copy(update={"owners": None if owner is None else frozenset(owner)})


def _file(name: str, rows: Sequence[Value], kind: type[Value], form: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="coachscore-{name}.{form}"'}
    if form == "parquet":
        return Response(to_parquet(rows, kind), media_type=_PARQUET, headers=headers)
    return Response("".join(to_csv(rows, kind)), media_type=_CSV, headers=headers)
