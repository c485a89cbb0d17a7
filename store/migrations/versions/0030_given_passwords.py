"""Whose password somebody else gave them, so that they choose one of their own before anything else."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Who has not signed in since they got theirs; the demo's people share one that stands on its sign-in page.
_GIVEN = """
    UPDATE staff_user SET password_given = true
    WHERE password_hash IS NOT NULL AND session_key IS NULL AND id NOT IN (
        SELECT membership.user_id FROM membership JOIN clinic ON clinic.id = membership.clinic_id WHERE clinic.demo
    )
"""


def upgrade() -> None:
    op.add_column("staff_user", sa.Column("password_given", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.text(_GIVEN))
