"""When an alert rang, and who has seen it."""

import sqlalchemy as sa
from alembic import op

from store.columns import Moment

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("follow_up", sa.Column("rung_at", Moment()))
    op.add_column("follow_up", sa.Column("seen_at", Moment()))
    op.add_column("follow_up", sa.Column("seen_by", sa.Text()))
    op.execute("UPDATE follow_up SET rung_at = opened_at WHERE kind = 'danger'")
    op.create_index(
        "ix_follow_up_danger",
        "follow_up",
        ["clinic_id", "id"],
        sqlite_where=sa.text("kind = 'danger'"),
        postgresql_where=sa.text("kind = 'danger'"),
    )
