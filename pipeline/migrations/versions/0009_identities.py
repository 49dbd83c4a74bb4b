"""Accounts at an OpenID provider, and whose they are."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column(
            "person_id", sa.Uuid, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("person_id", "issuer"),
    )


def downgrade() -> None:
    op.drop_table("identities")
