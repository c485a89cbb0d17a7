"""Alarms: what is wrong with the installation or with a clinic's texts, once while it lasts, kept when it is over.

No patient is in them: a detail holds counts, times, and names of our own processes and hosts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.columns import Id, Moment, for_both, key, metadata
from store.database import Tx

alarm = sa.Table(
    "alarm",
    metadata,
    key(),
    # NULL for what concerns the whole installation.
    sa.Column("clinic_id", Id, sa.ForeignKey("clinic.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("cleared_at", Moment),
    sa.Column("told", sa.Integer, nullable=False, server_default="0"),
    sa.Column("told_at", Moment),
    sa.CheckConstraint("(told > 0) = (told_at IS NOT NULL)", name="told"),
)
_OPEN = alarm.c.cleared_at.is_(None)
_OF_ALL = _OPEN & alarm.c.clinic_id.is_(None)
_OF_ONE = _OPEN & alarm.c.clinic_id.is_not(None)
sa.Index("uq_alarm_open_of_all", alarm.c.kind, unique=True, sqlite_where=_OF_ALL, postgresql_where=_OF_ALL)
sa.Index(
    "uq_alarm_open_of_one",
    alarm.c.clinic_id,
    alarm.c.kind,
    unique=True,
    sqlite_where=_OF_ONE,
    postgresql_where=_OF_ONE,
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong, or was until ``cleared_at``. ``clinic_id`` None: with the whole installation.

    ``told`` says how often staff were told, ``told_at`` when last. All moments are by the database's clock.
    """

    id: int
    clinic_id: int | None
    kind: str
    detail: dict[str, Any]
    opened_at: datetime
    last_seen_at: datetime
    cleared_at: datetime | None
    told: int
    told_at: datetime | None


_RAISE = for_both(lambda insert: insert(alarm).on_conflict_do_nothing().returning(alarm))
_THIS_ONE = sa.update(alarm).where(alarm.c.id == sa.bindparam("number"))


def open_alarms(tx: Tx) -> list[Alarm]:
    """What is wrong now, the longest first."""
    statement = sa.select(alarm).where(_OPEN).order_by(alarm.c.id)
    return [Alarm(*row) for row in tx.conn.execute(statement)]


def history(tx: Tx, limit: int = 1000) -> list[Alarm]:
    """The newest ``limit`` alarms, open or over, the newest first."""
    return [Alarm(*row) for row in tx.conn.execute(sa.select(alarm).order_by(alarm.c.id.desc()).limit(limit))]


def raise_alarm(
    tx: Tx, real_now: datetime, clinic_id: int | None, kind: str, detail: Mapping[str, Any]
) -> Alarm | None:
    """Opens an alarm; None where the same one is open already, whoever opened it."""
    row = {"clinic_id": clinic_id, "kind": kind, "detail": dict(detail)}
    times = {"opened_at": real_now, "last_seen_at": real_now}
    raised = tx.conn.execute(_RAISE[tx.dialect], row | times).one_or_none()
    return None if raised is None else Alarm(*raised)


def seen_again(tx: Tx, real_now: datetime, alarm_id: int, detail: Mapping[str, Any]) -> None:
    """That an alarm is still on, and how it stands now."""
    tx.conn.execute(_THIS_ONE.where(_OPEN), {"number": alarm_id, "last_seen_at": real_now, "detail": dict(detail)})


def clear(tx: Tx, real_now: datetime, alarm_id: int) -> bool:
    """That an alarm is over; False where somebody else said so before."""
    done = tx.conn.execute(_THIS_ONE.where(_OPEN), {"number": alarm_id, "cleared_at": real_now})
    return done.rowcount == 1


def count_telling(tx: Tx, real_now: datetime, alarm: Alarm) -> bool:
    """That staff are being told of an alarm once more; False where another process does so already."""
    done = tx.conn.execute(
        _THIS_ONE.where(_told_so_far(alarm.told)), {"number": alarm.id, "told": alarm.told + 1, "told_at": real_now}
    )
    return done.rowcount == 1


def _told_so_far(times: int) -> sa.ColumnElement[bool]:
    return alarm.c.told == times
