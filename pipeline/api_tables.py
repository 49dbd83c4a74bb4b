"""The tables of the API: answers to be repeated, webhooks, and rubrics that were added."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.tables import Base

_HASH: Final = 64  # Characters of a SHA-256 in hex.


class IdempotencyRow(Base):
    """What a request with an Idempotency-Key was answered; goes with the meeting it is about."""

    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(_HASH))
    meeting_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[int | None]
    body: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class WebhookRow(Base):
    """Where events are sent; `events` are joined by blanks. Its secret is not stored."""

    __tablename__ = "webhooks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    events: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One event for one webhook; `due_at` is empty when nothing more is to be tried."""

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    meeting_id: Mapped[UUID] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[str] = mapped_column(String(32))
    payload: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int]
    tried_at: Mapped[datetime | None]
    status_code: Mapped[int | None]
    error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]


class RubricRow(Base):
    """A version of a rubric as the two TOML texts it is made of."""

    __tablename__ = "rubrics"
    __table_args__ = (UniqueConstraint("kind", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[str]
    common: Mapped[str]
    own: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class RescoreRow(Base):
    """A job that scores finished meetings again; what is left of it is in `work`."""

    __tablename__ = "rescores"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    total: Mapped[int]
    failed: Mapped[int]
