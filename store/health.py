"""Signs of life of our processes, and the clock of the demo."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa

from store.columns import Moment, add_or_replace, metadata, one_of
from store.database import Tx

ProcessKind = Literal["scheduler", "web"]

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("process", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
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
class Heartbeat:
    """When a process last showed itself, by the real clock."""

    process: str
    host: str
    kind: ProcessKind
    at: datetime


@dataclass(frozen=True, slots=True)
class DemoClock:
    """How far the demo's clock is ahead of the real one, and whether it jumps on by itself."""

    offset: timedelta
    running: bool


_BEAT = add_or_replace(heartbeat)
_SET_CLOCK = add_or_replace(demo_clock)
_FORGET = sa.delete(heartbeat).where(heartbeat.c.at < sa.bindparam("before"))
_MICROSECOND = timedelta(microseconds=1)


def beat(tx: Tx, real_now: datetime, process: str, host: str, kind: ProcessKind) -> None:
    """That the process is alive. Processes that were silent for a day are forgotten: each start has a new name."""
    tx.conn.execute(_BEAT[tx.dialect], {"process": process, "host": host, "kind": kind, "at": real_now})
    tx.conn.execute(_FORGET, {"before": real_now - timedelta(days=1)})


def heartbeats(tx: Tx) -> list[Heartbeat]:
    """When each process last showed itself, the latest first."""
    columns = (heartbeat.c.process, heartbeat.c.host, heartbeat.c.kind, heartbeat.c.at)
    return [Heartbeat(*row) for row in tx.conn.execute(sa.select(*columns).order_by(heartbeat.c.at.desc()))]


def get_demo_clock(tx: Tx) -> DemoClock | None:
    """The demo's clock; None where it was never set."""
    row = tx.conn.execute(sa.select(demo_clock.c.offset_us, demo_clock.c.running)).one_or_none()
    return None if row is None else DemoClock(row.offset_us * _MICROSECOND, row.running)


def set_demo_clock(tx: Tx, clock: DemoClock) -> None:
    """Sets the demo's clock for every process."""
    values = {"id": 1, "offset_us": clock.offset // _MICROSECOND, "running": clock.running}
    tx.conn.execute(_SET_CLOCK[tx.dialect], values)
