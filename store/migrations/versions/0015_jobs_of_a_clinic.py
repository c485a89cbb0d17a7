"""The jobs of a clinic are found by their kind, the newest first."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_job_clinic_id", "job", ["clinic_id", "kind", "id"])
