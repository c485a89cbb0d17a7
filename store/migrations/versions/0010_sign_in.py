"""How staff sign in: sessions that can be ended, a second factor, passkeys, and a lock after wrong passwords."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_user", sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("staff_user", sa.Column("session_key", sa.Text()))
    op.add_column("staff_user", sa.Column("second_factor_sealed", sa.LargeBinary()))
    op.add_column("staff_user", sa.Column("recovery_codes_sealed", sa.LargeBinary()))
    op.add_column("staff_user", sa.Column("passkey_handle", sa.Text()))
    op.add_column("staff_user", sa.Column("language", sa.Text()))
    op.add_column("staff_user", sa.Column("wrong_passwords", sa.Integer(), server_default="0", nullable=False))
    op.add_column("staff_user", sa.Column("locked_until", Moment()))
    op.create_index("uq_staff_user_session_key", "staff_user", ["session_key"], unique=True)
    op.create_index("uq_staff_user_passkey_handle", "staff_user", ["passkey_handle"], unique=True)
    op.create_table(
        "passkey",
        sa.Column("id", Id, primary_key=True),
        sa.Column("user_id", Id, sa.ForeignKey("staff_user.id", name="fk_passkey_user_id"), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("usage", sa.Text(), nullable=False),
        sa.Column("device_type", sa.Text(), nullable=False),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("transports", sa.JSON()),
        sa.Column("extensions", sa.Text()),
        sa.Column("used_at", Moment(), nullable=False),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
        sa.UniqueConstraint("user_id", "name", name="uq_passkey_user_id_name"),
    )
