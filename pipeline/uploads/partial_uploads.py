"""Uploads that arrive in parts: whose they are, and what their owner said about them.

How much of one has arrived is not kept here: that is the size of its file
(`pipeline.uploads.resuming`), which stays true whenever a process dies.
"""

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete, select, update

from models.conversation import Value
from pipeline.sql import Database, NotStoredError, columns, now
from pipeline.upload_tables import PartialUploadRow


class PartialUpload(Value):
    """A file that is arriving, or arrived a short while ago.

    Attributes:
        id: Name of its slot's folder as well.
        owner_id: Who sends it.
        file_name: The file's name as its owner knows it.
        file_size: How many bytes it will have.
        modified: When the file was last changed, in milliseconds since 1970 by its sender's
            clock, so that another file of the same name is not taken for it; 0 if unknown.
        details: What the owner said about the meeting, as JSON; empty once it is one.
        meeting_id: The meeting that was made of it, None before.
        expires_at: When it is removed, in UTC.
    """

    id: UUID
    owner_id: UUID
    file_name: str
    file_size: int = Field(gt=0)
    modified: int = Field(ge=0, lt=2**53)
    details: str
    meeting_id: UUID | None = None
    expires_at: datetime


class PartialUploads:
    """Every upload that arrives in parts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, upload: PartialUpload) -> None:
        """Keep a new one."""
        self._database.run(self._database.insert(PartialUploadRow).values(**upload.model_dump()))

    def get(self, owner_id: UUID, upload_id: UUID) -> PartialUpload:
        """An upload by its id, for its owner.

        Raises:
            NotStoredError: There is none, or it is somebody else's; nobody can tell which.
        """
        mine = (PartialUploadRow.id == upload_id) & (PartialUploadRow.owner_id == owner_id)
        row = self._database.first(select(*columns(PartialUploadRow, PartialUpload)).where(mine))
        if row is None:
            raise NotStoredError("No such upload.")
        return PartialUpload.model_validate(row._asdict())

    def unfinished(self, owner_id: UUID | None = None) -> list[PartialUpload]:
        """What somebody, or everybody, has not sent to the end, oldest first."""
        asked = select(*columns(PartialUploadRow, PartialUpload))
        asked = asked.where(PartialUploadRow.meeting_id.is_(None))
        if owner_id is not None:
            asked = asked.where(PartialUploadRow.owner_id == owner_id)
        rows = self._database.all(asked.order_by(PartialUploadRow.expires_at, PartialUploadRow.id))
        return [PartialUpload.model_validate(row._asdict()) for row in rows]

    def extend(self, upload_id: UUID, until: datetime) -> None:
        """Keep one for longer."""
        mine = PartialUploadRow.id == upload_id
        self._database.run(update(PartialUploadRow).where(mine).values(expires_at=until))

    def finish(self, upload_id: UUID, meeting_id: UUID) -> None:
        """Say which meeting was made of one, for a sender who missed the answer."""
        mine = PartialUploadRow.id == upload_id
        values = {"meeting_id": meeting_id, "details": ""}
        self._database.run(update(PartialUploadRow).where(mine).values(**values))

    def remove(self, upload_id: UUID) -> None:
        """Forget one."""
        self._database.run(delete(PartialUploadRow).where(PartialUploadRow.id == upload_id))

    def remove_expired(self) -> list[PartialUpload]:
        """Forget those whose time is over; returns those whose file is still only a part."""
        over = PartialUploadRow.expires_at <= now()
        parts = [one for one in self.unfinished() if one.expires_at <= now()]
        self._database.run(delete(PartialUploadRow).where(over))
        return parts
