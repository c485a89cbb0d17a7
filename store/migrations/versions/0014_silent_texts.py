"""When the provider is asked for a text of which it said nothing more, and the ids of attempts that were given up."""

import sqlalchemy as sa
from alembic import op

from store.columns import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("ask_at", Moment()))
    op.add_column("message_state", sa.Column("provider_id", sa.Text()))
    silent = sa.text("ask_at IS NOT NULL")
    op.create_index("ix_message_ask_at", "message", ["ask_at"], sqlite_where=silent, postgresql_where=silent)
