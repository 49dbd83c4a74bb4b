"""Uploads that arrive in parts, until they are meetings."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "partial_uploads",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "owner_id", sa.Uuid, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_size", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meetings.id", ondelete="CASCADE")),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    for column in ("owner_id", "meeting_id", "expires_at"):
        op.create_index(f"ix_partial_uploads_{column}", "partial_uploads", [column])


def downgrade() -> None:
    op.drop_table("partial_uploads")
