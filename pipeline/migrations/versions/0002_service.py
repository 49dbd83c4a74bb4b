"""People and their keys, meetings, work to do, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_people()
    _create_keys()
    _create_meetings()
    op.create_table(
        "work",
        _to("analysis_id", "analyses.id", primary_key=True),
        _moment("asked_at"),
        sa.Column("claimed_by", sa.Text),
        _moment("lease_until", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("phase", sa.Text),
        sa.Column("share", sa.Double),
    )
    op.create_index("ix_work_asked_at", "work", ["asked_at"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid, primary_key=True),
        _moment("at"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_object", "audit", ["object"])


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        _to("reports_to", "people.id", ondelete="SET NULL", nullable=True),
        sa.Column("password_hash", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        _moment("created_at"),
    )
    op.create_index("ix_people_reports_to", "people", ["reports_to"])


def _create_keys() -> None:
    for name, nullable in (("sessions", False), ("links", True)):
        op.create_table(
            name,
            sa.Column("hash", sa.String(64), primary_key=True),
            _to("person_id", "people.id", nullable=nullable),
            _moment("created_at"),
            _moment("expires_at"),
        )
        op.create_index(f"ix_{name}_person_id", name, ["person_id"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        _to("created_by", "people.id", ondelete="SET NULL", nullable=True),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("revoked_at", nullable=True),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        _moment("at"),
    )
    op.create_index("ix_sign_in_attempts_key_at", "sign_in_attempts", ["key", "at"])


def _create_meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.Uuid, primary_key=True),
        _to("owner_id", "people.id"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("coachee", sa.Text, nullable=False),
        sa.Column("kind", sa.String(32)),
        _moment("held_at"),
        sa.Column("consent_by", sa.Text, nullable=False),
        _moment("consent_at"),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        _to("analysis_id", "analyses.id"),
        _moment("created_at"),
        _moment("visible_to_vp_at"),
        sa.UniqueConstraint("owner_id", "sha256"),
    )
    for column in ("held_at", "sha256", "analysis_id"):
        op.create_index(f"ix_meetings_{column}", "meetings", [column])


def downgrade() -> None:
    tables = ("audit", "work", "meetings", "sign_in_attempts", "tokens", "links", "sessions")
    for table in (*tables, "people"):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(
    name: str,
    target: str,
    *,
    ondelete: str = "CASCADE",
    nullable: bool = False,
    primary_key: bool = False,
) -> sa.Column[object]:
    key = sa.ForeignKey(target, ondelete=ondelete)
    return sa.Column(name, sa.Uuid, key, nullable=nullable, primary_key=primary_key)
