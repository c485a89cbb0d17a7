"""Who is told of an alert that nobody has seen, how far that went; and what the first screen of a day looks for."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_UNSEEN = "kind = 'danger' AND state = 'open' AND seen_at IS NULL"
_GIVEN = "kind IN ('treatment', 'paired')"
_WAITING = "kind = 'waiting'"
_HELD = "state = 'held'"


def upgrade() -> None:
    op.create_table(
        "rota",
        sa.Column("id", Id, nullable=False),
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary()),
        sa.Column("mail_sealed", sa.LargeBinary()),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("holidays", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("step = 'nurse' OR step = 'charge' OR step = 'on_call'", name=op.f("ck_rota_step")),
        sa.CheckConstraint("phone_sealed IS NOT NULL OR mail_sealed IS NOT NULL", name=op.f("ck_rota_address")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_rota_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota")),
    )
    op.create_index("ix_rota_clinic_id", "rota", ["clinic_id", "id"])
    op.add_column("clinic", sa.Column("tell_seen", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("follow_up", sa.Column("climbed", sa.Integer(), server_default="0", nullable=False))
    # What rang before there was a rota is on the list as it was: nobody is called for it now.
    op.execute("UPDATE follow_up SET climbed = 3 WHERE kind = 'danger'")
    for name, table, columns, where in (
        ("ix_follow_up_unseen", "follow_up", ["rung_at"], _UNSEEN),
        ("ix_plan_event_given", "plan_event", ["clinic_id", "date"], _GIVEN),
        ("ix_plan_event_waiting", "plan_event", ["clinic_id", "date"], _WAITING),
        ("ix_plan_held", "plan", ["clinic_id", "id"], _HELD),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
