"""Follow-ups: the one list of what the staff of a clinic must do, with its urgency and its clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Id, Moment, key, metadata, one_of, owner, within_clinic
from store.database import Tx

FollowUpKind = Literal[
    "danger", "change", "failed_text", "unanswered", "join", "wrong_number", "loss", "media", "sender", "other"
]
FollowUpState = Literal["open", "done"]
ReplyState = Literal["underway", "arrived", "lost"]
"""What is known of our reply to the text that an alert is about; no receipt has come while it is underway."""

follow_up = sa.Table(
    "follow_up",
    metadata,
    key(),
    owner(),
    sa.Column("contact_id", Id),
    sa.Column("patient_id", Id),
    sa.Column("message_id", Id, sa.ForeignKey("message.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("urgency", sa.Integer, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("due_by", Moment),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("detail_sealed", sa.LargeBinary),
    sa.Column("note_sealed", sa.LargeBinary),
    sa.Column("closed_at", Moment),
    sa.Column("closed_by", sa.Text),
    sa.Column("reply", sa.Text),
    # When the clock of an alert began: its latest text. NULL for whatever is no alert.
    sa.Column("rung_at", Moment),
    sa.Column("seen_at", Moment),
    sa.Column("seen_by", sa.Text),
    # How many steps of the rota were told of an alert since it rang.
    sa.Column("climbed", sa.Integer, nullable=False, server_default="0"),
    within_clinic("contact_id", "contact"),
    within_clinic("patient_id", "patient"),
    one_of("kind", get_args(FollowUpKind)),
    one_of("state", get_args(FollowUpState)),
    sa.CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
    sa.CheckConstraint("(state = 'done') = (closed_at IS NOT NULL)", name="closed"),
)
sa.Index(
    "ix_follow_up_open",
    follow_up.c.clinic_id,
    follow_up.c.urgency,
    follow_up.c.opened_at,
    sqlite_where=follow_up.c.state == "open",
    postgresql_where=follow_up.c.state == "open",
)
_DANGER = follow_up.c.kind == sa.literal_column("'danger'")
sa.Index(
    "ix_follow_up_danger",
    follow_up.c.clinic_id,
    follow_up.c.id,
    sqlite_where=_DANGER,
    postgresql_where=_DANGER,
)
_UNSEEN = _DANGER & (follow_up.c.state == sa.literal_column("'open'")) & follow_up.c.seen_at.is_(None)
sa.Index("ix_follow_up_unseen", follow_up.c.rung_at, sqlite_where=_UNSEEN, postgresql_where=_UNSEEN)
sa.Index("ix_follow_up_contact_id", follow_up.c.contact_id)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something that staff must do. ``urgency`` runs from 0 to 3, and 3 means now; ``due_by`` is its clock.

    ``detail`` says what it is about, ``note`` what staff wrote. An alert (kind "danger") has the state of our ``reply``
    to the text ``message_id``, which is the latest of those that joined it; ``detail`` has a line for each. Its clock
    began at ``rung_at``, and ``seen_by`` took it at ``seen_at``; another text rings again, and then nobody has it.
    ``climbed``: how many steps of the rota were told since it rang.
    """

    id: int
    clinic_id: int
    contact_id: int | None
    patient_id: int | None
    kind: FollowUpKind
    urgency: int
    message_id: int | None
    opened_at: datetime
    due_by: datetime | None
    state: FollowUpState
    note: str | None
    detail: str | None
    closed_at: datetime | None
    closed_by: str | None
    reply: ReplyState | None
    rung_at: datetime | None = None
    seen_at: datetime | None = None
    seen_by: str | None = None
    climbed: int = 0


_ADD = sa.insert(follow_up)
_GET = sa.select(follow_up).where(follow_up.c.id == sa.bindparam("number"))
_OPEN = (
    sa.select(follow_up)
    .where(follow_up.c.clinic_id == sa.bindparam("clinic"), follow_up.c.state == sa.literal_column("'open'"))
    .order_by(follow_up.c.urgency.desc(), follow_up.c.opened_at, follow_up.c.id)
)
_OPEN_OF_CONTACT = (
    sa.select(follow_up)
    .where(
        follow_up.c.contact_id == sa.bindparam("contact"),
        follow_up.c.kind == sa.bindparam("of_kind"),
        follow_up.c.state == "open",
    )
    .order_by(follow_up.c.id)
)
_ALL_OF_CONTACT = sa.select(follow_up).where(follow_up.c.contact_id == sa.bindparam("contact")).order_by(follow_up.c.id)
_UNSEEN_BELOW = (
    sa.select(follow_up)
    .where(_UNSEEN, follow_up.c.climbed < sa.bindparam("steps"))
    .order_by(follow_up.c.rung_at, follow_up.c.id)
)
_JOIN = sa.update(follow_up).where(follow_up.c.id == sa.bindparam("number"))


def open_follow_up(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    kind: FollowUpKind,
    urgency: int,
    contact_id: int | None = None,
    patient_id: int | None = None,
    message_id: int | None = None,
    due_by: datetime | None = None,
    detail: str | None = None,
    reply: ReplyState | None = None,
) -> FollowUp:
    """A new thing for staff to do."""
    result = tx.conn.execute(
        _ADD,
        {
            "clinic_id": clinic_id,
            "contact_id": contact_id,
            "patient_id": patient_id,
            "message_id": message_id,
            "kind": kind,
            "urgency": urgency,
            "opened_at": now,
            "due_by": due_by,
            "detail_sealed": None if detail is None else tx.sealer.seal(detail),
            "reply": reply,
            "rung_at": None if reply is None else now,
        },
    )
    (number,) = result.inserted_primary_key or (0,)
    return _follow_up(tx, number)


def open_ones(tx: Tx, clinic_id: int) -> list[FollowUp]:
    """What is open in a clinic: the most urgent first, then those open longest."""
    return [_as_follow_up(tx, row) for row in tx.conn.execute(_OPEN, {"clinic": clinic_id})]


def open_one(tx: Tx, contact_id: int, kind: FollowUpKind) -> FollowUp | None:
    """The oldest of this kind that is open about a contact. Whoever may join it holds `contacts.lock` before."""
    return next(iter(open_about(tx, contact_id, kind)), None)


def open_about(tx: Tx, contact_id: int, kind: FollowUpKind) -> list[FollowUp]:
    """All of this kind that are open about a contact, the oldest first. As `open_one` for whoever may join one."""
    rows = tx.conn.execute(_OPEN_OF_CONTACT, {"contact": contact_id, "of_kind": kind})
    return [_as_follow_up(tx, row) for row in rows]


def about(tx: Tx, contact_id: int) -> list[FollowUp]:
    """All that staff had or have to do about a contact, the oldest first."""
    return [_as_follow_up(tx, row) for row in tx.conn.execute(_ALL_OF_CONTACT, {"contact": contact_id})]


def join(
    tx: Tx,
    now: datetime,
    follow_up_id: int,
    *,
    message_id: int,
    urgency: int,
    due_by: datetime,
    detail: str,
    reply: ReplyState,
) -> None:
    """Another text belongs to an open alert: its new urgency and clock, and what all of its texts say.

    Whoever had seen it has not seen this: it rings again.
    """
    rung = {"rung_at": now, "seen_at": None, "seen_by": None, "climbed": 0}
    values = {"message_id": message_id, "urgency": urgency, "due_by": due_by, "reply": reply, **rung}
    tx.conn.execute(_JOIN, {"number": follow_up_id, "detail_sealed": tx.sealer.seal(detail), **values})


def asked_again(tx: Tx, follow_up_id: int, message_id: int, detail: str) -> None:
    """Another text asks for what is open already: note and clock stay, and ``message_id`` is the text to be read."""
    tx.conn.execute(_JOIN, {"number": follow_up_id, "message_id": message_id, "detail_sealed": tx.sealer.seal(detail)})


def set_reply(tx: Tx, follow_up_id: int, reply: ReplyState, *, urgency: int, due_by: datetime | None) -> None:
    """What became of our reply, and how urgent the alert is with that."""
    tx.conn.execute(_JOIN, {"number": follow_up_id, "reply": reply, "urgency": urgency, "due_by": due_by})


def see(tx: Tx, now: datetime, follow_up_id: int, rung_at: datetime, by: str) -> FollowUp:
    """That ``by`` has seen an open alert as it rang at ``rung_at``, unless somebody has or it rang again since.

    Returns it as it then is: who has it stands in ``seen_by``. Raises LookupError.
    """
    tx.conn.execute(
        sa.update(follow_up)
        .where(
            follow_up.c.id == follow_up_id,
            follow_up.c.state == "open",
            follow_up.c.rung_at == rung_at,
            follow_up.c.seen_at.is_(None),
        )
        .values(seen_at=now, seen_by=by)
    )
    return _follow_up(tx, follow_up_id)


def unseen_alerts(tx: Tx, steps: int) -> list[FollowUp]:
    """The open alerts of all clinics that nobody has seen, told to fewer than so many steps; the longest first."""
    return [_as_follow_up(tx, row) for row in tx.conn.execute(_UNSEEN_BELOW, {"steps": steps})]


def climb(tx: Tx, alert: FollowUp) -> bool:
    """That the next step of the rota is told of an alert.

    False where another process does so, somebody has seen it, it is done, or it rang again.
    """
    climbed = tx.conn.execute(
        sa.update(follow_up)
        .where(
            follow_up.c.id == alert.id,
            _UNSEEN,
            follow_up.c.rung_at == alert.rung_at,
            follow_up.c.climbed == alert.climbed,
        )
        .values(climbed=alert.climbed + 1)
    )
    return climbed.rowcount == 1


def set_note(tx: Tx, follow_up_id: int, note: str) -> bool:
    """What staff have to say of something that stays open; False where it is done."""
    noted = tx.conn.execute(
        sa.update(follow_up)
        .where(follow_up.c.id == follow_up_id, follow_up.c.state == "open")
        .values(note_sealed=tx.sealer.seal(note))
    )
    return noted.rowcount == 1


def get_follow_up(tx: Tx, clinic_id: int, follow_up_id: int) -> FollowUp | None:
    """The follow-up of this clinic with this id."""
    row = tx.conn.execute(_GET.where(follow_up.c.clinic_id == clinic_id), {"number": follow_up_id}).one_or_none()
    return None if row is None else _as_follow_up(tx, row)


def closed_alerts(tx: Tx, clinic_id: int, limit: int, before_id: int | None = None) -> list[FollowUp]:
    """The newest alerts that are done, the newest first; with ``before_id`` those before it."""
    statement = sa.select(follow_up).where(follow_up.c.clinic_id == clinic_id, _DANGER, follow_up.c.state == "done")
    if before_id is not None:
        statement = statement.where(follow_up.c.id < before_id)
    return [_as_follow_up(tx, row) for row in tx.conn.execute(statement.order_by(follow_up.c.id.desc()).limit(limit))]


def close_follow_up(tx: Tx, now: datetime, follow_up_id: int, by: str, note: str | None = None) -> FollowUp:
    """That ``by`` has done it. One that is done already keeps who did it and when. Raises LookupError.

    Without a ``note`` the one that stands is kept.
    """
    values: dict[str, Any] = {} if note is None else {"note_sealed": tx.sealer.seal(note)}
    tx.conn.execute(
        sa.update(follow_up)
        .where(follow_up.c.id == follow_up_id, follow_up.c.state == "open")
        .values(state="done", closed_at=now, closed_by=by, **values)
    )
    return _follow_up(tx, follow_up_id)


def _follow_up(tx: Tx, follow_up_id: int) -> FollowUp:
    row = tx.conn.execute(_GET, {"number": follow_up_id}).one_or_none()
    if row is None:
        raise LookupError(f"there is no follow-up {follow_up_id}")
    return _as_follow_up(tx, row)


def _as_follow_up(tx: Tx, row: sa.Row[Any]) -> FollowUp:
    return FollowUp(
        id=row.id,
        clinic_id=row.clinic_id,
        contact_id=row.contact_id,
        patient_id=row.patient_id,
        kind=row.kind,
        urgency=row.urgency,
        message_id=row.message_id,
        opened_at=row.opened_at,
        due_by=row.due_by,
        state=row.state,
        note=tx.sealer.open_or_none(row.note_sealed),
        detail=tx.sealer.open_or_none(row.detail_sealed),
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        reply=row.reply,
        rung_at=row.rung_at,
        seen_at=row.seen_at,
        seen_by=row.seen_by,
        climbed=row.climbed,
    )
