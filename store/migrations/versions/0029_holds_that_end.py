"""Holds whose end was entered, so that staff see when a plan goes on."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_hold",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("goes_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "plan_id"], ["plan.clinic_id", "plan.id"], name=op.f("fk_plan_hold_clinic_id_plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "begins", name=op.f("pk_plan_hold")),
    )
    op.create_index("ix_plan_hold_goes_on", "plan_hold", ["clinic_id", "goes_on"])
