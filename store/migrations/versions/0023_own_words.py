"""A clinic's own aliases and wordings, and how many people it takes to sign something off."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinic", sa.Column("approvals", sa.Integer(), server_default="2", nullable=False))
    op.create_table(
        "content_override",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("approver", sa.Text()),
        sa.Column("published_at", Moment()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawn_at", Moment()),
        sa.CheckConstraint("kind = 'alias' OR kind = 'wording'", name=op.f("ck_content_override_kind")),
        sa.CheckConstraint(
            "state = 'proposed' OR state = 'published' OR state = 'withdrawn'", name=op.f("ck_content_override_state")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_content_override_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_override")),
    )
    op.create_index("ix_content_override_clinic_id", "content_override", ["clinic_id", "id"])
    is_published = sa.text("state = 'published'")
    op.create_index(
        "ix_content_override_published",
        "content_override",
        ["clinic_id"],
        sqlite_where=is_published,
        postgresql_where=is_published,
    )
