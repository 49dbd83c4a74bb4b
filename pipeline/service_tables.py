"""The tables of the service: people and their keys, meetings, work to do, and the audit log."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.tables import Base

_HASH: Final = 64  # Characters of a SHA-256 in hex.


class PersonRow(Base):
    """Somebody who may sign in; `email` is in lower case, so that it is unique in any case."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    reports_to: Mapped[UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    password_hash: Mapped[str | None]
    disabled: Mapped[bool]
    created_at: Mapped[datetime]


class VoiceRow(Base):
    """A voice that its owner agreed to have kept.

    `vector` is a JSON list of numbers, which is empty while the voice is being worked out.
    """

    __tablename__ = "voices"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    made_by: Mapped[str]
    seconds: Mapped[float]
    vector: Mapped[str]
    agreed_at: Mapped[datetime]


class IdentityRow(Base):
    """An account at an OpenID provider and whose it is; a person has one at each."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("person_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    linked_at: Mapped[datetime]


class SessionRow(Base):
    """A browser that is signed in; only the hash of what its cookie holds is kept."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(String(_HASH), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LinkRow(Base):
    """A link that works once: to set a password, or without a person to become the first admin."""

    __tablename__ = "links"

    hash: Mapped[str] = mapped_column(String(_HASH), primary_key=True)
    person_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class TokenRow(Base):
    """A service token; `scopes` are joined by blanks."""

    __tablename__ = "tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(_HASH), unique=True)
    name: Mapped[str]
    scopes: Mapped[str]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInAttemptRow(Base):
    """One attempt to sign in that has not succeeded, under each key that it counts against."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index(None, "key", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(_HASH))
    at: Mapped[datetime]


class MeetingRow(Base):
    """One conversation that somebody uploaded; `owner_id` is the person who coaches in it."""

    __tablename__ = "meetings"
    __table_args__ = (UniqueConstraint("owner_id", "sha256"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    title: Mapped[str]
    coachee: Mapped[str]
    kind: Mapped[str | None] = mapped_column(String(32))
    held_at: Mapped[datetime] = mapped_column(index=True)
    consent_by: Mapped[str]
    consent_at: Mapped[datetime]
    file_name: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(_HASH), index=True)
    path: Mapped[str]
    analysis_id: Mapped[UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    visible_to_vp_at: Mapped[datetime]


class ContestRow(Base):
    """What an owner contested in a meeting; it counts as long as it is not withdrawn."""

    __tablename__ = "contests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting_id: Mapped[UUID] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), index=True
    )
    original_id: Mapped[UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), index=True
    )
    utterance: Mapped[int | None]
    field: Mapped[str] = mapped_column(String(32))
    was: Mapped[str]
    value: Mapped[str]
    note: Mapped[str]
    by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("people.id", ondelete="SET NULL"), index=True
    )
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class WorkRow(Base):
    """An analysis that a worker is to make, or is making for as long as its lease runs.

    With a `rescore_id`, only its score is to be made again.
    """

    __tablename__ = "work"

    analysis_id: Mapped[UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[datetime] = mapped_column(index=True)
    claimed_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    rescore_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("rescores.id", ondelete="CASCADE"), index=True
    )


class AuditRow(Base):
    """Who did what to what; by id only, so that it names nobody who was deleted."""

    __tablename__ = "audit"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    object: Mapped[str] = mapped_column(index=True)
