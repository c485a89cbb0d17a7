"""What a changed plan needs: overrides, times of single visits, confirmations that an undo brings back, and travel."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plan_change", sa.Column("override_by", sa.Text()))
    op.add_column("plan_change", sa.Column("override_reason_sealed", sa.LargeBinary()))
    op.add_column("plan", sa.Column("visit_times", sa.JSON()))
    op.add_column("plan_event", sa.Column("confirmed_for", sa.Date()))
    op.add_column("patient", sa.Column("travel_timezone", sa.Text()))
    op.add_column("patient", sa.Column("travel_from", sa.Date()))
    op.add_column("patient", sa.Column("travel_until", sa.Date()))
    op.execute("UPDATE plan_event SET confirmed_for = date WHERE status = 'confirmed'")
