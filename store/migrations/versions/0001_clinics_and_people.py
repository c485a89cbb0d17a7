"""Clinics, their staff and patients, and what our processes tell each other."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clinic",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("default_language", sa.Text(), nullable=False),
        sa.Column("phone_line", sa.Text()),
        sa.Column("consent_text", sa.Text()),
        sa.Column("consent_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("window_from", sa.Time(), nullable=False),
        sa.Column("window_until", sa.Time(), nullable=False),
        sa.Column("join_code", sa.Text()),
        sa.Column("max_texts_per_week", sa.Integer(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.CheckConstraint("max_texts_per_week > 0", name=op.f("ck_clinic_max_texts_per_week")),
        sa.CheckConstraint("window_from < window_until", name=op.f("ck_clinic_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic")),
        sa.UniqueConstraint("join_code", name=op.f("uq_clinic_join_code")),
        sa.UniqueConstraint("name", name=op.f("uq_clinic_name")),
    )
    op.create_table(
        "sender",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opt_out_by", sa.Text(), nullable=False),
        sa.Column("stopped_at", Moment()),
        sa.Column("stopped_reason", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("kind = 'number' OR kind = 'service'", name=op.f("ck_sender_kind")),
        sa.CheckConstraint("opt_out_by = 'us' OR opt_out_by = 'provider'", name=op.f("ck_sender_opt_out_by")),
        sa.CheckConstraint("(stopped_at IS NULL) = (stopped_reason IS NULL)", name=op.f("ck_sender_stopped")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_sender_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.UniqueConstraint("address", name=op.f("uq_sender_address")),
    )
    op.create_table(
        "content_sign_off",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("content_version", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_content_sign_off_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_sign_off")),
    )
    op.create_table(
        "regimen_sign_off",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("regimen_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_regimen_sign_off_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regimen_sign_off")),
        sa.UniqueConstraint(
            "clinic_id", "regimen_id", "digest", name=op.f("uq_regimen_sign_off_clinic_id_regimen_id_digest")
        ),
    )
    op.create_table(
        "staff_user",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_user")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_user_email")),
    )
    op.create_table(
        "membership",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role = 'administrator' OR role = 'nurse' OR role = 'viewer' OR role = 'auditor'",
            name=op.f("ck_membership_role"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_membership_clinic_id")),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_membership_user_id")),
        sa.PrimaryKeyConstraint("user_id", "clinic_id", name=op.f("pk_membership")),
    )
    op.create_table(
        "contact",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary()),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("opted_out_at", Moment()),
        sa.Column("opt_out_reason", sa.Text()),
        sa.Column("opted_in_at", Moment()),
        sa.Column("quarantined_at", Moment()),
        sa.Column("quarantine_reason", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("via = 'sms' OR via = 'whatsapp'", name=op.f("ck_contact_via")),
        sa.CheckConstraint("(opted_out_at IS NULL) = (opt_out_reason IS NULL)", name=op.f("ck_contact_opted_out")),
        sa.CheckConstraint(
            "(quarantined_at IS NULL) = (quarantine_reason IS NULL)", name=op.f("ck_contact_quarantined")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_contact_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_contact_clinic_id_id")),
        sa.UniqueConstraint("clinic_id", "phone_hash", name=op.f("uq_contact_clinic_id_phone_hash")),
    )
    op.create_table(
        "patient",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary()),
        sa.Column("code_sealed", sa.LargeBinary()),
        sa.Column("code_hash", sa.LargeBinary()),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("window_from", sa.Time()),
        sa.Column("window_until", sa.Time()),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("next_text_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.Column("end_reason", sa.Text()),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_patient_ended")),
        sa.CheckConstraint("state = 'active' OR next_text_at IS NULL", name=op.f("ck_patient_next_text_at")),
        sa.CheckConstraint("state = 'active' OR state = 'ended'", name=op.f("ck_patient_state")),
        sa.CheckConstraint("(code_sealed IS NULL) = (code_hash IS NULL)", name=op.f("ck_patient_code")),
        sa.CheckConstraint("(window_from IS NULL) = (window_until IS NULL)", name=op.f("ck_patient_window")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "contact_id"],
            ["contact.clinic_id", "contact.id"],
            name=op.f("fk_patient_clinic_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("clinic_id", "code_hash", name=op.f("uq_patient_clinic_id_code_hash")),
        sa.UniqueConstraint("clinic_id", "id", name=op.f("uq_patient_clinic_id_id")),
    )
    op.create_index(
        "ix_patient_next_text_at",
        "patient",
        ["next_text_at", "id"],
        sqlite_where=sa.text("next_text_at IS NOT NULL"),
        postgresql_where=sa.text("next_text_at IS NOT NULL"),
    )
    op.create_index(
        "uq_patient_active_contact",
        "patient",
        ["contact_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "consent_event",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("patient_id", Id),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint(
            "kind = 'given' OR kind = 'withdrawn' OR kind = 'restored' OR kind = 'wrong_number' OR kind = 'loss'",
            name=op.f("ck_consent_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "contact_id"],
            ["contact.clinic_id", "contact.id"],
            name=op.f("fk_consent_event_clinic_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_consent_event_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
    )
    op.create_index("ix_consent_event_contact_id", "consent_event", ["contact_id", "id"])
    op.create_table(
        "audit_entry",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", Id),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_audit_entry_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_clinic_id", "audit_entry", ["clinic_id", "id"])
    op.create_table(
        "job",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment()),
        sa.Column("lease_until", Moment()),
        sa.Column("lease_owner", sa.Text()),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_job_lease")),
        sa.CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f("ck_job_finished")),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'running' OR state = 'done' OR state = 'failed'", name=op.f("ck_job_state")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_job_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(
        "ix_job_unfinished",
        "job",
        ["id"],
        sqlite_where=sa.text("state IN ('waiting', 'running')"),
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.CheckConstraint("kind = 'scheduler' OR kind = 'web'", name=op.f("ck_heartbeat_kind")),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "demo_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset_us", sa.BigInteger(), nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_demo_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_clock")),
    )
    op.create_table(
        "key_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("word_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("word_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_key_check_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_check")),
    )
