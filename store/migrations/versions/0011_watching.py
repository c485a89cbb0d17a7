"""Alarms, who is told of them and the notices that tell; outages; what each process says of itself."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("since", Moment()),
        sa.Column("ended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("clock", Moment()),
        sa.Column("spooled", sa.Integer()),
        sa.Column("spool_writable", sa.Boolean()),
        sa.Column("disk_free_mb", sa.Integer()),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused_at", Moment()),
        sa.Column("accepted_at", Moment()),
    ):
        op.add_column("heartbeat", column)
    op.create_table(
        "alarm",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("cleared_at", Moment()),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told_at", Moment()),
        sa.CheckConstraint("(told > 0) = (told_at IS NOT NULL)", name=op.f("ck_alarm_told")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_alarm_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    of_all = sa.text("cleared_at IS NULL AND clinic_id IS NULL")
    of_one = sa.text("cleared_at IS NULL AND clinic_id IS NOT NULL")
    op.create_index(
        "uq_alarm_open_of_all", "alarm", ["kind"], unique=True, sqlite_where=of_all, postgresql_where=of_all
    )
    op.create_index(
        "uq_alarm_open_of_one",
        "alarm",
        ["clinic_id", "kind"],
        unique=True,
        sqlite_where=of_one,
        postgresql_where=of_one,
    )
    op.create_table(
        "on_call",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("means = 'text' OR means = 'mail'", name=op.f("ck_on_call_means")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_on_call_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call")),
        sa.UniqueConstraint("clinic_id", "address_hash", name=op.f("uq_on_call_clinic_id_address_hash")),
    )
    op.create_table(
        "notice",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("clinic_id", Id),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("lease_until", Moment()),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
        sa.CheckConstraint("means = 'text' OR means = 'mail'", name=op.f("ck_notice_means")),
        sa.CheckConstraint(
            "state = 'due' OR state = 'sending' OR state = 'sent' OR state = 'failed'", name=op.f("ck_notice_state")
        ),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_notice_lease")),
        sa.CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name=op.f("ck_notice_lease_owner")),
        sa.CheckConstraint(
            "(state = 'sent' OR state = 'failed') = (ended_at IS NOT NULL)", name=op.f("ck_notice_ended")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_notice_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("name", name=op.f("uq_notice_name")),
    )
    unfinished = sa.text("state IN ('due', 'sending')")
    op.create_index("ix_notice_unfinished", "notice", ["due_at"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.create_table(
        "outage",
        sa.Column("id", Id, nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=False),
        sa.Column("report", sa.JSON()),
        sa.Column("reported_at", Moment()),
        sa.CheckConstraint("ended_at > began_at", name=op.f("ck_outage_ended_at")),
        sa.CheckConstraint("(report IS NULL) = (reported_at IS NULL)", name=op.f("ck_outage_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sa.UniqueConstraint("began_at", name=op.f("uq_outage_began_at")),
    )
    unreported = sa.text("reported_at IS NULL")
    op.create_index("ix_outage_unreported", "outage", ["id"], sqlite_where=unreported, postgresql_where=unreported)
