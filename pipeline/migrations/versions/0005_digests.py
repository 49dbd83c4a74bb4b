"""What is kept of scores for pages over many meetings; a worker fills it for older scores."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "digests",
        sa.Column("analysis_id", sa.Uuid, primary_key=True),
        sa.Column("score_key", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("minutes", sa.Double, nullable=False),
        sa.Column("timed", sa.Boolean, nullable=False),
        *(
            sa.Column(name, sa.Double, nullable=False)
            for name in ("deal", "development", "opportunity", "account", "territory", "call")
        ),
        sa.Column("details", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id", "score_key"],
            ["scores.analysis_id", "scores.score_key"],
            name="fk_digests_scores",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("digests")
