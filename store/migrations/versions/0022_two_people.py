"""Sign-offs by two people, what exactly was signed off, and regimens that a clinic takes out of use."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("content_sign_off", sa.Column("approved_by", sa.Text()))
    op.add_column("regimen_sign_off", sa.Column("approved_by", sa.Text()))
    op.add_column("regimen_sign_off", sa.Column("withdrawn_at", Moment()))
    op.add_column("regimen_sign_off", sa.Column("withdrawn_by", sa.Text()))
    op.create_table(
        "sign_off_proposal",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("regimen_id", sa.Text()),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text()),
        sa.Column("settled_at", Moment()),
        sa.CheckConstraint(
            "state = 'open' OR state = 'approved' OR state = 'taken_back'", name=op.f("ck_sign_off_proposal_state")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_sign_off_proposal_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off_proposal")),
    )
    op.create_index("ix_sign_off_proposal_clinic_id", "sign_off_proposal", ["clinic_id", "id"])
    op.create_table(
        "signed_text",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_signed_text")),
    )
