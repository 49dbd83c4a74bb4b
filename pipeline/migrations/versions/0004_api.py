"""Answers to be repeated, webhooks and their deliveries, rubrics, and jobs that re-score."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        _to("meeting_id", "meetings.id", nullable=True),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.Text),
        _moment("created_at"),
    )
    for column in ("meeting_id", "created_at"):
        op.create_index(f"ix_idempotency_keys_{column}", "idempotency_keys", [column])
    _create_webhooks()
    op.create_table(
        "rubrics",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("common", sa.Text, nullable=False),
        sa.Column("own", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("kind", "version"),
    )
    op.create_table(
        "rescores",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("created_by", sa.Text, nullable=False),
        _moment("created_at"),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
    )
    with op.batch_alter_table("work") as work:
        work.add_column(_to("rescore_id", "rescores.id", nullable=True))
        work.create_index("ix_work_rescore_id", ["rescore_id"])


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        _moment("created_at"),
        _moment("disabled_at", nullable=True),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        _to("webhook_id", "webhooks.id"),
        _to("meeting_id", "meetings.id"),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        _moment("created_at"),
        _moment("due_at", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        _moment("tried_at", nullable=True),
        sa.Column("status_code", sa.Integer),
        sa.Column("error", sa.Text),
        _moment("delivered_at", nullable=True),
    )
    for column in ("webhook_id", "meeting_id", "due_at"):
        op.create_index(f"ix_deliveries_{column}", "deliveries", [column])


def downgrade() -> None:
    with op.batch_alter_table("work") as work:
        work.drop_index("ix_work_rescore_id")
        work.drop_column("rescore_id")
    for table in ("rescores", "rubrics", "deliveries", "webhooks", "idempotency_keys"):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey(target, ondelete="CASCADE")
    return sa.Column(name, sa.Uuid, key, nullable=nullable)
