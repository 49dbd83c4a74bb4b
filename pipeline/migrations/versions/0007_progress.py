"""How far a running analysis is, and how long it will still take."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for name in ("progress", "seconds_left"):
        op.add_column("analyses", sa.Column(name, sa.Double))


def downgrade() -> None:
    with op.batch_alter_table("analyses") as analyses:
        for name in ("progress", "seconds_left"):
            analyses.drop_column(name)
