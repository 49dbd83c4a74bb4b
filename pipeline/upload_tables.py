"""The tables of uploads: those that arrive in parts, and files that are in a bucket."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.tables import Base


class PartialUploadRow(Base):
    """A file that is arriving; the folder of its slot has the row's id for a name."""

    __tablename__ = "partial_uploads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    modified: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[str]
    meeting_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(index=True)


class StoredFileRow(Base):
    """A file that is in a bucket, or may be; from before it is sent until it is removed."""

    __tablename__ = "stored_files"

    location: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
