"""The audit is read by what was changed, as well as in the order of the changes."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entry_subject", "audit_entry", ["clinic_id", "subject", "subject_id"])
