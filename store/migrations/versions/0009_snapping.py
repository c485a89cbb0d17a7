"""Where a clinic's visits go that would be on a day without visits."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In SQL since alembic would copy the whole table to SQLite's anew for the sake of a check.
    op.execute(
        sa.text(
            "ALTER TABLE clinic ADD COLUMN snap TEXT DEFAULT 'on_or_after' NOT NULL CONSTRAINT ck_clinic_snap "
            "CHECK (snap = 'on_or_after' OR snap = 'nearest' OR snap = 'none')"
        )
    )
