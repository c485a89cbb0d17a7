"""Conversations: who looks after one, how far it is done, notes of staff, answers that a clinic keeps at hand."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    received = sa.text("direction = 'in'")
    op.create_index(
        "ix_message_incoming",
        "message",
        ["clinic_id", "id"],
        sqlite_where=received,
        postgresql_where=received,
    )
    op.create_table(
        "thread",
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("assigned_to", Id),
        sa.Column("done_through", Id, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "contact_id"],
            ["contact.clinic_id", "contact.id"],
            name=op.f("fk_thread_clinic_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(["assigned_to"], ["staff_user.id"], name=op.f("fk_thread_assigned_to")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_thread")),
    )
    is_assigned = sa.text("assigned_to IS NOT NULL")
    op.create_index(
        "ix_thread_assigned",
        "thread",
        ["clinic_id", "assigned_to"],
        sqlite_where=is_assigned,
        postgresql_where=is_assigned,
    )
    op.create_table(
        "thread_note",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["clinic_id", "contact_id"],
            ["contact.clinic_id", "contact.id"],
            name=op.f("fk_thread_note_clinic_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_note")),
    )
    op.create_index("ix_thread_note_contact_id", "thread_note", ["contact_id", "id"])
    op.create_table(
        "ready_answer",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_ready_answer_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ready_answer")),
    )
    op.create_index("ix_ready_answer_clinic_id", "ready_answer", ["clinic_id", "id"])
