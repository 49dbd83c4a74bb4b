"""What owners of meetings contested."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "contests",
        sa.Column("id", sa.Uuid, primary_key=True),
        _to("meeting_id", "meetings.id"),
        _to("original_id", "analyses.id"),
        sa.Column("utterance", sa.Integer),
        sa.Column("field", sa.String(32), nullable=False),
        sa.Column("was", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _to("by_id", "people.id", ondelete="SET NULL", nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
    for column in ("meeting_id", "original_id", "by_id"):
        op.create_index(f"ix_contests_{column}", "contests", [column])


def downgrade() -> None:
    op.drop_table("contests")


def _to(
    name: str, target: str, *, ondelete: str = "CASCADE", nullable: bool = False
) -> sa.Column[object]:
    key = sa.ForeignKey(target, ondelete=ondelete)
    return sa.Column(name, sa.Uuid, key, nullable=nullable)
