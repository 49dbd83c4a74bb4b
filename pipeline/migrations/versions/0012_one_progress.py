"""How far an analysis is stands with the analysis alone."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("work") as work:
        for name in ("phase", "share"):
            work.drop_column(name)


def downgrade() -> None:
    op.add_column("work", sa.Column("phase", sa.Text))
    op.add_column("work", sa.Column("share", sa.Double))
