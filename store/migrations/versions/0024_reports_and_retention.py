"""Counts of each day for the reports, how long words of texts are kept, and what a segment costs."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No limit for who is here already: nothing of theirs is deleted before somebody says so.
    op.add_column("clinic", sa.Column("keep_words_days", sa.Integer()))
    op.add_column("clinic", sa.Column("segment_micros", sa.Integer()))
    op.create_index("ix_message_created_at", "message", ["clinic_id", "created_at"])
    op.create_index("ix_consent_event_at", "consent_event", ["clinic_id", "at"])
    op.create_table(
        "words_gone",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("before", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_words_gone_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_words_gone")),
    )
    op.create_table(
        "report_day",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", Moment(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_report_day_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "day", name=op.f("pk_report_day")),
    )
    op.create_table(
        "report_count",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "what = 'out' OR what = 'template' OR what = 'failed' OR what = 'kept' OR what = 'segments' OR "
            "what = 'in' OR what = 'topic' OR what = 'command' OR what = 'opt_out' OR what = 'alert' OR "
            "what = 'patients'",
            name=op.f("ck_report_count_what"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_report_count_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "day", "what", "item", name=op.f("pk_report_count")),
    )
