"""On which days a clinic has visits, and the days that a plan keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinic", sa.Column("open_weekdays", sa.JSON()))
    op.add_column("clinic", sa.Column("closed_on", sa.JSON()))
    op.add_column("plan", sa.Column("clinic_days", sa.Text()))
