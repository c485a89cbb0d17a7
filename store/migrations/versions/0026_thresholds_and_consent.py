"""A clinic's own thresholds, when its staff are told, what it does not send, and its consent in every language."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clinic", sa.Column("fever_c", sa.Float()))
    op.add_column("clinic", sa.Column("low_c", sa.Float()))
    op.add_column("clinic", sa.Column("stools", sa.Integer()))
    op.add_column("clinic", sa.Column("danger_minutes", sa.JSON(none_as_null=True)))
    op.add_column("clinic", sa.Column("call_minutes", sa.JSON(none_as_null=True)))
    op.add_column("clinic", sa.Column("gone_quiet_days", sa.Integer(), server_default="7", nullable=False))
    op.add_column("clinic", sa.Column("switched_off", sa.JSON(none_as_null=True)))
    op.add_column("clinic", sa.Column("consent_texts", sa.JSON(none_as_null=True)))
    _keep_what_was_agreed_to()
    op.drop_column("clinic", "consent_text")


def _keep_what_was_agreed_to() -> None:
    """The one wording there was is that of the first language; who uses another is shown it until there are both."""
    clinic = sa.table(
        "clinic",
        sa.column("id", sa.Integer),
        sa.column("default_language", sa.Text),
        sa.column("consent_text", sa.Text),
        sa.column("consent_texts", sa.JSON(none_as_null=True)),
    )
    connection = op.get_bind()
    known = connection.execute(sa.select(clinic).where(clinic.c.consent_text.is_not(None))).all()
    for row in known:
        texts = {row.default_language: row.consent_text}
        connection.execute(sa.update(clinic).where(clinic.c.id == row.id).values(consent_texts=texts))
