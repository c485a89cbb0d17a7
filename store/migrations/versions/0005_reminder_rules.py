"""Reminder rules of clinics and patients, texts a day, and who is to be planned for anew."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinic", sa.Column("max_texts_per_day", sa.Integer(), server_default="3", nullable=False))
    op.create_table(
        "clinic_reminder_rule",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("regimen_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_clinic_reminder_rule_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "regimen_id", "rule", name=op.f("pk_clinic_reminder_rule")),
    )
    op.create_table(
        "patient_reminder_rule",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("patient_id", Id, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_reminder_rule_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("patient_id", "rule", name=op.f("pk_patient_reminder_rule")),
    )
    op.create_table(
        "replanning",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("after_patient", Id, server_default="0", nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("reason = 'rules' OR reason = 'zones'", name=op.f("ck_replanning_reason")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_replanning_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replanning")),
    )
    op.create_table(
        "zone_data",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_zone_data_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_data")),
    )
