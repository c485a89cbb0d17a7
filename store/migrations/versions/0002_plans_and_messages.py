"""Plans and their events, messages, and what staff must do."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "regimen_definition",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_regimen_definition")),
    )
    op.create_table(
        "plan",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("patient_id", Id, nullable=False),
        sa.Column("regimen_id", sa.Text(), nullable=False),
        sa.Column("regimen_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("start_cycle", sa.Integer(), nullable=False),
        sa.Column("visit_time", sa.Time()),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("shadow_until", sa.Date()),
        sa.CheckConstraint(
            "state = 'active' OR state = 'held' OR state = 'finished' OR state = 'stopped'", name=op.f("ck_plan_state")
        ),
        sa.CheckConstraint("start_cycle >= 1", name=op.f("ck_plan_start_cycle")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"], ["patient.clinic_id", "patient.id"], name=op.f("fk_plan_clinic_id_patient_id")
        ),
        sa.ForeignKeyConstraint(["digest"], ["regimen_definition.digest"], name=op.f("fk_plan_digest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_plan_clinic_id_id")),
    )
    op.create_index("ix_plan_patient_id", "plan", ["patient_id"])
    op.create_index(
        "ix_plan_shadow_until",
        "plan",
        ["shadow_until", "id"],
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "plan_change",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "plan_id"], ["plan.clinic_id", "plan.id"], name=op.f("fk_plan_change_clinic_id_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_change")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_plan_change_plan_id_position")),
    )
    op.create_table(
        "plan_event",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date()),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("cycle_in_phase", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("route", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status = 'planned' OR status = 'confirmed' OR status = 'given' OR status = 'missed' OR "
            "status = 'held' OR status = 'gone'",
            name=op.f("ck_plan_event_status"),
        ),
        sa.CheckConstraint("end_date IS NULL OR end_date >= date", name=op.f("ck_plan_event_end_date")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "plan_id"], ["plan.clinic_id", "plan.id"], name=op.f("fk_plan_event_clinic_id_plan_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", "name", name=op.f("pk_plan_event")),
    )
    op.create_index("ix_plan_event_date", "plan_event", ["plan_id", "date"])
    op.create_table(
        "message",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("patient_id", Id),
        sa.Column("sender_id", Id),
        sa.Column("in_reply_to", Id),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("template", sa.Text()),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary()),
        sa.Column("media", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fact", sa.Text()),
        sa.Column("outcome_kind", sa.Text()),
        sa.Column("outcome_id", sa.Text()),
        sa.Column("matched_sealed", sa.LargeBinary()),
        sa.Column("language", sa.Text()),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("content_version", sa.Text()),
        sa.Column("segments", sa.Integer()),
        sa.Column("encoding", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", Moment(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", Moment()),
        sa.Column("expires_at", Moment()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", Moment()),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("provider_id", sa.Text()),
        sa.Column("error_code", sa.Integer()),
        sa.Column("gate", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("(direction = 'in') = (state = 'received')", name=op.f("ck_message_received")),
        sa.CheckConstraint(
            "(state <> 'due' AND state <> 'claimed') OR due_at IS NOT NULL", name=op.f("ck_message_due_at")
        ),
        sa.CheckConstraint(
            "(state = 'claimed' OR state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_message_lease")
        ),
        sa.CheckConstraint("direction = 'in' OR direction = 'out'", name=op.f("ck_message_direction")),
        sa.CheckConstraint(
            "kind = 'text' OR kind = 'reply' OR kind = 'reminder' OR kind = 'welcome'", name=op.f("ck_message_kind")
        ),
        sa.CheckConstraint(
            "state = 'due' OR state = 'claimed' OR state = 'sending' OR state = 'unknown' OR "
            "state = 'accepted' OR state = 'sent' OR state = 'delivered' OR state = 'undelivered' OR "
            "state = 'failed' OR state = 'expired' OR state = 'cancelled' OR state = 'received'",
            name=op.f("ck_message_state"),
        ),
        sa.CheckConstraint("via = 'sms' OR via = 'whatsapp'", name=op.f("ck_message_via")),
        sa.CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name=op.f("ck_message_lease_owner")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "contact_id"],
            ["contact.clinic_id", "contact.id"],
            name=op.f("fk_message_clinic_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_message_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["in_reply_to"], ["message.id"], name=op.f("fk_message_in_reply_to")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_message_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_contact_id", "message", ["contact_id", "id"])
    op.create_index(
        "ix_message_in_reply_to",
        "message",
        ["in_reply_to"],
        sqlite_where=sa.text("in_reply_to IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to IS NOT NULL"),
    )
    op.create_index(
        "ix_message_sending",
        "message",
        ["lease_until"],
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_message_waiting",
        "message",
        ["priority", "due_at", "id"],
        sqlite_where=sa.text("state IN ('due', 'claimed')"),
        postgresql_where=sa.text("state IN ('due', 'claimed')"),
    )
    op.create_index(
        "ix_message_welcome",
        "message",
        ["contact_id", "id"],
        sqlite_where=sa.text("kind = 'welcome'"),
        postgresql_where=sa.text("kind = 'welcome'"),
    )
    op.create_index(
        "uq_message_provider_id",
        "message",
        ["provider_id"],
        unique=True,
        sqlite_where=sa.text("provider_id IS NOT NULL"),
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_table(
        "message_state",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Integer()),
        sa.CheckConstraint(
            "state = 'due' OR state = 'claimed' OR state = 'sending' OR state = 'unknown' OR "
            "state = 'accepted' OR state = 'sent' OR state = 'delivered' OR state = 'undelivered' OR "
            "state = 'failed' OR state = 'expired' OR state = 'cancelled' OR state = 'received'",
            name=op.f("ck_message_state_state"),
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_state_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_state")),
    )
    op.create_index("ix_message_state_message_id", "message_state", ["message_id", "id"])
    op.create_table(
        "message_event",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("plan_id", Id, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("event_date", sa.Date(), nullable=False),
        sa.Column("message_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "plan_id"], ["plan.clinic_id", "plan.id"], name=op.f("fk_message_event_clinic_id_plan_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_event_message_id")),
        sa.PrimaryKeyConstraint("plan_id", "event", "rule", "event_date", name=op.f("pk_message_event")),
    )
    op.create_index("ix_message_event_message_id", "message_event", ["message_id"])
    op.create_table(
        "follow_up",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("contact_id", Id),
        sa.Column("patient_id", Id),
        sa.Column("message_id", Id),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_by", Moment()),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("detail_sealed", sa.LargeBinary()),
        sa.Column("note_sealed", sa.LargeBinary()),
        sa.Column("closed_at", Moment()),
        sa.Column("closed_by", sa.Text()),
        sa.CheckConstraint("(state = 'done') = (closed_at IS NOT NULL)", name=op.f("ck_follow_up_closed")),
        sa.CheckConstraint(
            "kind = 'danger' OR kind = 'change' OR kind = 'failed_text' OR kind = 'unanswered' OR "
            "kind = 'join' OR kind = 'wrong_number' OR kind = 'loss' OR kind = 'media' OR kind = 'sender' OR "
            "kind = 'other'",
            name=op.f("ck_follow_up_kind"),
        ),
        sa.CheckConstraint("state = 'open' OR state = 'done'", name=op.f("ck_follow_up_state")),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name=op.f("ck_follow_up_urgency")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "contact_id"],
            ["contact.clinic_id", "contact.id"],
            name=op.f("fk_follow_up_clinic_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_follow_up_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_follow_up_clinic_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_follow_up_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index("ix_follow_up_contact_id", "follow_up", ["contact_id"])
    op.create_index(
        "ix_follow_up_open",
        "follow_up",
        ["clinic_id", "urgency", "opened_at"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
