"""Sharing a meeting before its delay is over: its owner lets those above see it at once."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import update

from pipeline.service_tables import MeetingRow
from pipeline.sql import now

if TYPE_CHECKING:
    from pipeline.service import Service


def share_now(service: "Service", meeting_id: UUID, by: str) -> bool:
    """Let everybody who would see a meeting later see it now; it cannot be taken back.

    Webhooks, which wait for the same moment, are told now as well.

    Args:
        service: Where it is stored.
        meeting_id: The meeting; that the caller owns it was checked.
        by: Who shares it, as in the audit log.

    Returns:
        Whether anybody saw less before; what is seen by all already stays as it is.
    """
    moment = now()
    hidden = (MeetingRow.id == meeting_id) & (MeetingRow.visible_to_vp_at > moment)
    shown = update(MeetingRow).where(hidden).values(visible_to_vp_at=moment)
    if service.database.run(shown) != 1:
        return False
    service.webhooks.hasten(meeting_id)
    service.audit.note(by, "share", f"meeting:{meeting_id}")
    return True
