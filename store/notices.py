"""Notices: what staff are told by text or by mail. Like the texts to patients each is a row first, then a call.

Unlike those a notice whose fate is not known is sent again: two of the same do no harm, none may cost a treatment.
No patient may be in one: it goes to private phones and through other people's mail servers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, among, for_both, key, metadata, one_of
from store.database import Tx
from store.on_call import Means, Recipient
from store.senders import sender

NoticeState = Literal["due", "sending", "sent", "failed"]

notice = sa.Table(
    "notice",
    metadata,
    key(),
    # What it tells to whom: the same is never told twice.
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id")),
    sa.Column("means", sa.Text, nullable=False),
    sa.Column("address_sealed", sa.LargeBinary, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="due"),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("lease_owner", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    one_of("means", get_args(Means)),
    one_of("state", get_args(NoticeState)),
    sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
    sa.CheckConstraint("(lease_until IS NULL) = (lease_owner IS NULL)", name="lease_owner"),
    sa.CheckConstraint("(state = 'sent' OR state = 'failed') = (ended_at IS NOT NULL)", name="ended"),
)
_UNFINISHED = notice.c.state.in_([sa.literal_column("'due'"), sa.literal_column("'sending'")])
sa.Index("ix_notice_unfinished", notice.c.due_at, sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one address is told. ``clinic_id`` None: it concerns the whole installation.

    The address of ``to`` is empty where it cannot be opened.
    """

    id: int
    name: str
    clinic_id: int | None
    to: Recipient
    subject: str
    body: str
    state: NoticeState
    detail: str
    attempts: int
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None


_ADD = for_both(lambda insert: insert(notice).on_conflict_do_nothing(index_elements=[notice.c.name]))
_CLAIMABLE = (
    sa.select(notice.c.id)
    .where(
        _UNFINISHED,
        notice.c.due_at <= sa.bindparam("due_before", type_=Moment),
        notice.c.lease_until.is_(None) | (notice.c.lease_until <= sa.bindparam("real_now", type_=Moment)),
    )
    .order_by(notice.c.due_at, notice.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_AMONG = among(notice.c.id, "numbers")
_DAMAGED = "its address cannot be opened: take it off the list of who is told and enter it anew"
_RUNNING = (
    sa.select(sender.c.address)
    .where(sender.c.stopped_at.is_(None))
    .order_by((sender.c.clinic_id == sa.bindparam("clinic", type_=Id)).desc(), sender.c.id)
    .limit(1)
)


def add_notice(
    tx: Tx, real_now: datetime, name: str, clinic_id: int | None, to: Recipient, subject: str, body: str
) -> bool:
    """Something to be told at once; False where a notice of this ``name`` was made before. No patient may be in it."""
    row = {
        "name": name,
        "clinic_id": clinic_id,
        "means": to.means,
        "address_sealed": tx.sealer.seal(to.address),
        "subject": subject,
        "body": body,
        "due_at": real_now,
        "created_at": real_now,
    }
    return tx.conn.execute(_ADD[tx.dialect], row).rowcount == 1


def are_waiting(tx: Tx, real_now: datetime, due_before: datetime) -> bool:
    """Whether there are notices to be claimed."""
    asked = {"real_now": real_now, "due_before": due_before, "limit": 1}
    return tx.conn.execute(_CLAIMABLE, asked).first() is not None


def claim(
    tx: Tx, real_now: datetime, due_before: datetime, lease_until: datetime, owner: str, limit: int
) -> list[Notice]:
    """Up to ``limit`` notices that were due by ``due_before``, or whose sender went away, for ``owner`` alone.

    One whose address cannot be opened has failed; it keeps no other from being told.
    """
    asked = {"real_now": real_now, "due_before": due_before, "limit": limit}
    numbers = list(tx.conn.execute(_CLAIMABLE.with_for_update(skip_locked=True), asked).scalars())
    if not numbers:
        return []
    taken = {"state": "sending", "lease_until": lease_until, "lease_owner": owner}
    tx.conn.execute(
        sa.update(notice).where(_AMONG).values(attempts=notice.c.attempts + 1), {"numbers": numbers, **taken}
    )
    rows = tx.conn.execute(sa.select(notice).where(_AMONG).order_by(notice.c.id), {"numbers": numbers})
    claimed = [_as_notice(tx, row) for row in rows]
    for each in claimed:
        if not each.to.address:
            settle(tx, real_now, each, owner, "failed", _DAMAGED)
    return [each for each in claimed if each.to.address]


def settle(
    tx: Tx, real_now: datetime, told: Notice, owner: str, state: Literal["sent", "failed"], detail: str = ""
) -> bool:
    """How a claimed notice ended; False where ``owner`` has it no more."""
    return _set(tx, told, owner, {"state": state, "detail": detail, "ended_at": real_now})


def try_again(tx: Tx, told: Notice, owner: str, due_at: datetime, detail: str) -> bool:
    """Makes a claimed notice due again; False where ``owner`` has it no more."""
    return _set(tx, told, owner, {"state": "due", "detail": detail, "due_at": due_at})


def latest(tx: Tx, limit: int = 100) -> list[Notice]:
    """The newest ``limit`` notices, the newest first."""
    rows = tx.conn.execute(sa.select(notice).order_by(notice.c.id.desc()).limit(limit))
    return [_as_notice(tx, row) for row in rows]


def way_out(tx: Tx, clinic_id: int | None) -> str | None:
    """The number or service that a text to staff goes out from: the clinic's own if it has one in service, else any."""
    address: str | None = tx.conn.execute(_RUNNING, {"clinic": clinic_id}).scalar()
    return address


def _set(tx: Tx, told: Notice, owner: str, values: dict[str, object]) -> bool:
    held = (notice.c.id == told.id) & (notice.c.state == "sending") & (notice.c.lease_owner == owner)
    of_this_attempt = notice.c.attempts == told.attempts
    free = {"lease_until": None, "lease_owner": None}
    return tx.conn.execute(sa.update(notice).where(held, of_this_attempt).values(**free, **values)).rowcount == 1


def _as_notice(tx: Tx, row: sa.Row[tuple[object, ...]]) -> Notice:
    return Notice(
        id=row.id,
        name=row.name,
        clinic_id=row.clinic_id,
        to=Recipient(row.means, tx.sealer.open_or_none(row.address_sealed) or ""),
        subject=row.subject,
        body=row.body,
        state=row.state,
        detail=row.detail,
        attempts=row.attempts,
        due_at=row.due_at,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
