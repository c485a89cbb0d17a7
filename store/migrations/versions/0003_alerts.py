"""Alerts that texts join, whether our reply arrived, and the quiet hours after danger."""

import sqlalchemy as sa
from alembic import op

from store.columns import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinic", sa.Column("quiet_hours", sa.Integer(), server_default="12", nullable=False))
    op.add_column("contact", sa.Column("alarmed_at", Moment()))
    op.add_column("follow_up", sa.Column("reply", sa.Text()))
