"""Scored meetings with their digests, as those who may see them see them."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select

from pipeline.coaching.trends import ScorePoint
from pipeline.meetings.meeting_filters import MeetingFilter
from pipeline.meetings.meetings import finished, oldest_first
from pipeline.people.policy import Reach
from pipeline.reading import Reader
from pipeline.service_tables import MeetingRow
from pipeline.sql import Database
from pipeline.tables import DigestRow, ScoreRow
from scoring.digest import Amounts, Details

_AMOUNTS: Final = tuple(Amounts.model_fields)


class CoachedMeeting(ScorePoint):
    """One finished meeting with minutes by subject.

    Attributes:
        title: What it is called.
        coachee: With whom it was.
        visible_to_vp_at: From when those above the owner see it.
        amounts: None until a worker has made the digest.
    """

    title: str
    coachee: str
    visible_to_vp_at: datetime
    amounts: Amounts | None


class Digests:
    """Every digest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        own = (MeetingRow.owner_id, MeetingRow.held_at, MeetingRow.title, MeetingRow.coachee)
        figures = (getattr(ScoreRow, n) for n in ("kind", "verdict", "overall", "low", "high"))
        amounts = (getattr(DigestRow, name) for name in _AMOUNTS)
        asked = (
            MeetingRow.id.label("meeting_id"),
            *own,
            MeetingRow.visible_to_vp_at,
            *figures,
            *amounts,
        )
        self._meetings = Reader(database, asked, _coached)

    def meetings(self, reach: Reach, wanted: MeetingFilter) -> list[CoachedMeeting]:
        """The finished meetings that somebody may see and asks for, oldest first."""
        return self._meetings.all(lambda asked: oldest_first(digested(asked, reach, wanted)))

    def details(self, reach: Reach, wanted: MeetingFilter) -> dict[UUID, Details]:
        """Quotes, next steps and advice by meeting, oldest first."""
        columns: list[Any] = [MeetingRow.id, DigestRow.details]
        asked = oldest_first(digested(select(*columns), reach, wanted))
        rows = self._database.all(asked.where(DigestRow.details.is_not(None)))
        return {row.id: Details.model_validate_json(row.details) for row in rows}


def digested(asked: Select[Any], reach: Reach, wanted: MeetingFilter) -> Select[Any]:
    """`finished` meetings with their digests, where a worker has made them."""
    mine = (DigestRow.analysis_id == ScoreRow.analysis_id) & (
        DigestRow.score_key == ScoreRow.score_key
    )
    return finished(asked, reach, wanted).outerjoin(DigestRow, mine)


def _coached(values: dict[str, Any]) -> CoachedMeeting:
    amounts = {name: values.pop(name) for name in _AMOUNTS}
    known = {"amounts": None if amounts["minutes"] is None else amounts}
    return CoachedMeeting.model_validate(values | known)
