"""The texts that came in, by clinic and by who sent them: who has gone quiet."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    received = sa.text("direction = 'in'")
    op.create_index(
        "ix_message_received",
        "message",
        ["clinic_id", "contact_id", "created_at", "direction"],
        sqlite_where=received,
        postgresql_where=received,
    )
