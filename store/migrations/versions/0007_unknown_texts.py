"""An index of the texts that may have gone out or not, to be asked for at the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unsettled = sa.text("state = 'unknown' AND gate IS NULL")
    op.create_index("ix_message_unsettled", "message", ["state_at"], sqlite_where=unsettled, postgresql_where=unsettled)
