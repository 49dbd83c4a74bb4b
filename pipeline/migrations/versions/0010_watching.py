"""Workers that are alive, and running totals for metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.String(36), primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "totals",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("label", sa.String(16), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.Double, nullable=False),
    )


def downgrade() -> None:
    for name in ("totals", "workers"):
        op.drop_table(name)
