"""The reply that a clinic may ask for after an enrolment, and who has not given it."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinic", sa.Column("ask_confirmation", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "confirmation",
        sa.Column("patient_id", Id, autoincrement=False, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("again_id", Id, nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("confirmed_at", Moment()),
        sa.Column("confirmed_by", sa.Text()),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_confirmation_confirmed")),
        sa.ForeignKeyConstraint(["again_id"], ["message.id"], name=op.f("fk_confirmation_again_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_confirmation_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_confirmation")),
    )
    waits = sa.text("confirmed_at IS NULL")
    op.create_index(
        "ix_confirmation_open",
        "confirmation",
        ["clinic_id", "asked_at"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
