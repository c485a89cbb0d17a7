"""Signs of life of our processes, what each says of itself with them, and the clock of the demo."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import sqlalchemy as sa

from store.columns import Moment, add_or_replace, for_both, metadata, one_of
from store.database import Tx

ProcessKind = Literal["scheduler", "web"]

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("since", Moment),
    sa.Column("ended", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("clock", Moment),
    sa.Column("spooled", sa.Integer),
    sa.Column("spool_writable", sa.Boolean),
    sa.Column("disk_free_mb", sa.Integer),
    sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refused_at", Moment),
    sa.Column("accepted_at", Moment),
    one_of("kind", get_args(ProcessKind)),
)

demo_clock = sa.Table(
    "demo_clock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("offset_us", sa.BigInteger, nullable=False),
    sa.Column("running", sa.Boolean, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a process says of itself and its host with a sign of life; None: it does not look at that.

    ``clock``: its own clock at that moment. ``spooled``: texts in the host's spool, ``spool_writable``: whether one
    more could be put there. ``disk_free_mb``: room on the disk of its files. ``refused``: calls of webhooks with a
    signature that did not fit, since the last one that fitted; the latest of them was at ``refused_at``. The last that
    fitted was at ``accepted_at``. Both by the process's own clock.
    """

    clock: datetime | None = None
    spooled: int | None = None
    spool_writable: bool | None = None
    disk_free_mb: int | None = None
    refused: int = 0
    refused_at: datetime | None = None
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a process first and last showed itself, by the database's clock, and what it said then.

    ``ended``: it was told to end and did; it is not missed.
    """

    process: str
    host: str
    kind: ProcessKind
    at: datetime
    since: datetime
    ended: bool = False
    vitals: Vitals = Vitals()


@dataclass(frozen=True, slots=True)
class DemoClock:
    """How far the demo's clock is ahead of the real one, and whether it jumps on by itself."""

    offset: timedelta
    running: bool


_VITALS = tuple(Vitals.__slots__)
_TOLD: Mapping[str, Any] = {
    name: sa.literal_column(f"excluded.{name}") for name in ("host", "kind", "at", "ended", *_VITALS)
}
_BEAT = for_both(
    lambda insert: insert(heartbeat).on_conflict_do_update(index_elements=[heartbeat.c.process], set_=_TOLD)
)
_SET_CLOCK = add_or_replace(demo_clock)
# The last of each kind is kept, however old: it says since when there is none.
_later = heartbeat.alias("later")
_FORGET = sa.delete(heartbeat).where(
    heartbeat.c.at < sa.bindparam("before"),
    sa.exists().where(_later.c.kind == heartbeat.c.kind, _later.c.at > heartbeat.c.at),
)
_LAST = sa.select(sa.func.max(heartbeat.c.at)).where(heartbeat.c.kind == sa.bindparam("of_kind"))
_MICROSECOND = timedelta(microseconds=1)


def beat(tx: Tx, real_now: datetime, process: str, host: str, kind: ProcessKind, vitals: Vitals | None = None) -> None:
    """That the process is alive. Processes that were silent for a day are forgotten: each start has a new name."""
    row = {"process": process, "host": host, "kind": kind, "at": real_now, "since": real_now, "ended": False}
    tx.conn.execute(_BEAT[tx.dialect], row | asdict(vitals or Vitals()))
    tx.conn.execute(_FORGET, {"before": real_now - timedelta(days=1)})


def end(tx: Tx, name: str) -> None:
    """That the process ends because it was told to, or all those whose names begin with ``name``."""
    of_this_name = heartbeat.c.process.startswith(name, autoescape=True)
    tx.conn.execute(sa.update(heartbeat).where(of_this_name).values(ended=True))


def heartbeats(tx: Tx) -> list[Heartbeat]:
    """When each process last showed itself, the latest first."""
    return [
        Heartbeat(
            row.process,
            row.host,
            row.kind,
            row.at,
            row.since or row.at,
            row.ended,
            Vitals(**{name: getattr(row, name) for name in _VITALS}),
        )
        for row in tx.conn.execute(sa.select(heartbeat).order_by(heartbeat.c.at.desc()))
    ]


def last_beat(tx: Tx, kind: ProcessKind) -> datetime | None:
    """When any process of this kind last showed itself."""
    moment: datetime | None = tx.conn.execute(_LAST, {"of_kind": kind}).scalar()
    return moment


def get_demo_clock(tx: Tx) -> DemoClock | None:
    """The demo's clock; None where it was never set."""
    row = tx.conn.execute(sa.select(demo_clock.c.offset_us, demo_clock.c.running)).one_or_none()
    return None if row is None else DemoClock(row.offset_us * _MICROSECOND, row.running)


def set_demo_clock(tx: Tx, clock: DemoClock) -> None:
    """Sets the demo's clock for every process."""
    values = {"id": 1, "offset_us": clock.offset // _MICROSECOND, "running": clock.running}
    tx.conn.execute(_SET_CLOCK[tx.dialect], values)
