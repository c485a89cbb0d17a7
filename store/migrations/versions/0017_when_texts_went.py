"""When the latest call for each text was begun: the moment that the limit of a week counts by."""

import sqlalchemy as sa
from alembic import op

from store.columns import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("begun_at", Moment()))
    began = "(SELECT max(at) FROM message_state WHERE message_id = message.id AND state = 'sending')"
    op.execute(sa.text(f"UPDATE message SET begun_at = {began} WHERE attempts > 0"))  # noqa: S608 - words of our own
