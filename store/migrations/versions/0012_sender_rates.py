"""How fast each sender may be, where it stands with that, and by whose rate a text waits."""

import sqlalchemy as sa
from alembic import op

from store.columns import Id, Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CARRIERS = ("long_code", "toll_free", "short_code", "service", "whatsapp")
_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")


def upgrade() -> None:
    # In SQL since alembic would copy the whole table to SQLite's anew for the sake of a check.
    known = " OR ".join(f"carrier = '{carrier}'" for carrier in _CARRIERS)
    op.execute(
        sa.text(
            "ALTER TABLE sender ADD COLUMN carrier TEXT DEFAULT 'long_code' NOT NULL "
            f"CONSTRAINT ck_sender_carrier CHECK ({known})"
        )
    )
    op.add_column("sender", sa.Column("rate", sa.Float()))
    op.add_column("sender", sa.Column("daily_cap", sa.Integer()))
    op.execute(sa.text("UPDATE sender SET carrier = 'service' WHERE kind = 'service'"))
    op.execute(sa.text("UPDATE sender SET carrier = 'short_code' WHERE kind = 'number' AND address NOT LIKE '+%'"))
    for area in _TOLL_FREE:
        op.execute(sa.text(f"UPDATE sender SET carrier = 'toll_free' WHERE address LIKE '+1{area}_______'"))  # noqa: S608
    op.create_table(
        "sender_standing",
        sa.Column("sender_id", Id, nullable=False),
        sa.Column("free_at", Moment()),
        sa.Column("slowed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("slowed_at", Moment()),
        sa.Column("day", sa.Date()),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("full_until", Moment()),
        sa.Column("told_on", sa.Date()),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"], name=op.f("fk_sender_standing_sender_id")),
        sa.PrimaryKeyConstraint("sender_id", name=op.f("pk_sender_standing")),
    )
    op.add_column("message", sa.Column("lane", Id, server_default="0", nullable=False))
    waiting = sa.text("state IN ('due', 'claimed')")
    op.drop_index("ix_message_waiting", "message")
    op.create_index(
        "ix_message_waiting",
        "message",
        ["clinic_id", "lane", "priority", "due_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
