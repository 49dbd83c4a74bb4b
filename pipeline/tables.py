"""The tables, written so that SQLite and PostgreSQL agree on every one of them."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_KEY: Final = 64  # Characters of a SHA-256 in hex.


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which knows no time zones, gives it back with one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a time without a zone, for nobody could say later which one it had."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every database's time a zone: UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names every constraint, because SQLite can only drop those that have a name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, str: Text}  # noqa: RUF012


def _recording_key(*, primary_key: bool = False, index: bool = False) -> Mapped[str]:
    return mapped_column(
        String(_KEY),
        ForeignKey("recordings.sha256", ondelete="CASCADE"),
        primary_key=primary_key,
        index=index,
    )


class RecordingRow(Base):
    """One file by its content."""

    __tablename__ = "recordings"

    sha256: Mapped[str] = mapped_column(String(_KEY), primary_key=True)
    name: Mapped[str]
    path: Mapped[str]
    medium: Mapped[str] = mapped_column(String(16))
    seconds: Mapped[float | None]
    channels: Mapped[int]
    created_at: Mapped[datetime]


class StageResultRow(Base):
    """What a stage gave for a recording; `input_key` is the key of the stage before it."""

    __tablename__ = "stage_results"

    recording_sha256: Mapped[str] = _recording_key(primary_key=True)
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(_KEY), primary_key=True)
    input_key: Mapped[str | None] = mapped_column(String(_KEY))
    made_by: Mapped[str]
    payload: Mapped[str]
    created_at: Mapped[datetime]


class AnalysisRow(Base):
    """One recording under one set of options, and how far its analysis got."""

    __tablename__ = "analyses"
    __table_args__ = (UniqueConstraint("recording_sha256", "options"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recording_sha256: Mapped[str] = _recording_key()
    options: Mapped[str]
    status: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str | None] = mapped_column(String(16))
    error_title: Mapped[str | None]
    error_message: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    score_key: Mapped[str | None] = mapped_column(String(_KEY))
    progress: Mapped[float | None]
    seconds_left: Mapped[float | None]


class ScoreRow(Base):
    """The figures of a score, for queries over many recordings."""

    __tablename__ = "scores"

    analysis_id: Mapped[UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    score_key: Mapped[str] = mapped_column(String(_KEY), primary_key=True)
    recording_sha256: Mapped[str] = _recording_key(index=True)
    kind: Mapped[str] = mapped_column(String(32))
    coach: Mapped[str | None]
    overall: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    verdict: Mapped[str] = mapped_column(String(32))
    rubric_name: Mapped[str]
    rubric_version: Mapped[str]
    tagger_name: Mapped[str]
    tagger_version: Mapped[str]
    created_at: Mapped[datetime]


class DigestRow(Base):
    """What is kept of a score for pages over many meetings; made anew under a new version."""

    __tablename__ = "digests"
    __table_args__ = (
        ForeignKeyConstraint(
            ["analysis_id", "score_key"],
            ["scores.analysis_id", "scores.score_key"],
            name="fk_digests_scores",
            ondelete="CASCADE",
        ),
    )

    analysis_id: Mapped[UUID] = mapped_column(primary_key=True)
    score_key: Mapped[str] = mapped_column(String(_KEY), primary_key=True)
    version: Mapped[int]
    minutes: Mapped[float]
    timed: Mapped[bool]
    deal: Mapped[float]
    development: Mapped[float]
    opportunity: Mapped[float]
    account: Mapped[float]
    territory: Mapped[float]
    call: Mapped[float]
    details: Mapped[str]
