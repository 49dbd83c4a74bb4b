"""Recordings, the results of each stage, analyses and scores."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("medium", sa.String(16), nullable=False),
        sa.Column("seconds", sa.Double),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "stage_results",
        _recording(primary_key=True),
        sa.Column("stage", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("input_key", sa.String(64)),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "analyses",
        sa.Column("id", sa.Uuid, primary_key=True),
        _recording(),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(16)),
        sa.Column("error_title", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("score_key", sa.String(64)),
        sa.UniqueConstraint("recording_sha256", "options"),
    )
    _create_scores()


def _create_scores() -> None:
    op.create_table(
        "scores",
        sa.Column(
            "analysis_id",
            sa.Uuid,
            sa.ForeignKey("analyses.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("score_key", sa.String(64), primary_key=True),
        _recording(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("coach", sa.Text),
        sa.Column("overall", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("rubric_name", sa.Text, nullable=False),
        sa.Column("rubric_version", sa.Text, nullable=False),
        sa.Column("tagger_name", sa.Text, nullable=False),
        sa.Column("tagger_version", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_scores_recording_sha256", "scores", ["recording_sha256"])


def downgrade() -> None:
    for table in ("scores", "analyses", "stage_results", "recordings"):
        op.drop_table(table)


def _recording(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "recording_sha256",
        sa.String(64),
        sa.ForeignKey("recordings.sha256", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )
