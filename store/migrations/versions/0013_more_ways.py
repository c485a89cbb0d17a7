"""More than one way to reach somebody: templates for WhatsApp, and what may take the place of a way that failed."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In SQL since alembic would copy the whole tables to SQLite's anew for the sake of a check.
    op.execute(
        sa.text(
            "ALTER TABLE contact ADD COLUMN fallback TEXT "
            "CONSTRAINT ck_contact_fallback CHECK (fallback = 'yes' OR fallback = 'no')"
        )
    )
    op.execute(
        sa.text(
            "ALTER TABLE message ADD COLUMN instead TEXT "
            "CONSTRAINT ck_message_instead CHECK (instead = 'sms' OR instead = 'whatsapp')"
        )
    )
    op.add_column("clinic", sa.Column("fallback", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "whatsapp_template",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("content_sid", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_whatsapp_template_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "template", "language", name=op.f("pk_whatsapp_template")),
    )
