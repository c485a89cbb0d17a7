"""What each sender will have to send on a day."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecast",
        sa.Column("clinic_id", Id, nullable=False),
        sa.Column("sender_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment()),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("over_cap", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_forecast_sender_id")),
        sa.PrimaryKeyConstraint("sender_id", "day", name=op.f("pk_forecast")),
    )
