"""When the latest call for each text was begun by the real clock, which is the provider's, too."""

import sqlalchemy as sa
from alembic import op

from store.columns import Moment

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("called_at", Moment()))
    # Of others nobody asks the provider any more. Outside the demo both clocks are one.
    op.execute(sa.text("UPDATE message SET called_at = begun_at WHERE state = 'sending' OR state = 'unknown'"))
