"""What webhooks are told of meetings: ids and figures, and no word of anybody."""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from pipeline.meetings.meetings import Meetings
from pipeline.people.policy import Reach
from pipeline.service_tables import MeetingRow
from pipeline.sql import Database
from pipeline.webhooks.webhooks import Event, Webhooks

_TOLD: Final = {"status", "verdict", "overall", "low", "high"}


class Events:
    """Tells webhooks what happened."""

    def __init__(self, database: Database, webhooks: Webhooks) -> None:
        self._database, self._webhooks = database, webhooks

    def scored(self, analysis_id: UUID) -> None:
        """The meetings that are shown by an analysis have a new score."""
        asked = select(*(getattr(MeetingRow, name) for name in ("owner_id", "id")))
        for row in self._database.all(asked.where(MeetingRow.analysis_id == analysis_id)):
            self._announce("meeting.scored", row.owner_id, row.id)

    def contested(self, owner_id: UUID, meeting_id: UUID) -> None:
        """The owner of a meeting contested its score; the figures are the new ones."""
        self._announce("score.contested", owner_id, meeting_id)

    def _announce(self, event: Event, owner_id: UUID, meeting_id: UUID) -> None:
        view = Meetings(self._database).seen(Reach(own=owner_id), meeting_id)
        data = view.model_dump(mode="json", include=_TOLD) | {
            "meeting_id": str(meeting_id),
            "owner_id": str(owner_id),
            "kind": view.scored_kind or view.meeting.kind,
            "held_at": view.meeting.held_at.isoformat(),
        }
        self._webhooks.announce(event, meeting_id, view.meeting.visible_to_vp_at, data)
