"""What the phone on the screen shows: texts as bubbles, phones as a list, the clock, what comes next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from store.messages import Message

# What a text that went out is called on the phone; a state that is not here is not on the phone yet, or never will be.
_STATES = {
    "accepted": "Sent",
    "sent": "Sent",
    "delivered": "Delivered",
    "undelivered": "Not delivered",
    "failed": "Not delivered",
    "unknown": "Perhaps sent",
}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text on the phone. ``day`` stands above the first text of a day; ``side`` is "in" or "out" as we see it."""

    id: int
    side: str
    body: str
    time: str
    state: str
    day: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that can be looked at: its number (E.164), whose it is, and the last text on it."""

    number: str
    name: str
    what: str

    @property
    def shown(self) -> str:
        """The number as people read it."""
        digits = self.number.removeprefix("+1")
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 else self.number


@dataclass(frozen=True, slots=True)
class Coming:
    """A text that the plan foresees, as it will read."""

    at: datetime
    body: str
    zone: str

    @property
    def iso(self) -> str:
        return self.at.isoformat()

    @property
    def shown(self) -> str:
        return moment(self.at, self.zone)


@dataclass(frozen=True, slots=True)
class ClockFace:
    """The demo's clock as it is shown in ``zone``."""

    now: datetime
    running: bool
    zone: str

    @property
    def iso(self) -> str:
        return self.now.isoformat(timespec="minutes")

    @property
    def shown(self) -> str:
        return moment(self.now, self.zone)

    @property
    def says(self) -> str:
        if self.running:
            return "Running: it jumps to the next text every two seconds."
        return f"Time in {self.zone.replace('_', ' ')}. The clock goes on by itself; jump ahead to see texts arrive."


def moment(at: datetime, zone: str) -> str:
    """A moment as people write it in that time zone: Mon 5 Jan 2026, 9:00 AM."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y}, {_clock(local)}"


def bubbles(messages: Sequence[Message], zone: str) -> list[Bubble]:
    """The texts that are on the phone, in order: what only waits to go out is not there yet."""
    shown: list[Bubble] = []
    last_day = ""
    for message in messages:
        if message.body is None or (message.direction == "out" and message.state not in _STATES):
            continue
        local = (message.created_at if message.direction == "in" else message.state_at).astimezone(ZoneInfo(zone))
        day = f"{local:%A} {local.day} {local:%B %Y}"
        state = "" if message.direction == "in" else _STATES[message.state]
        shown.append(
            Bubble(
                id=message.id,
                side=message.direction,
                body=message.body,
                time=_clock(local),
                state=state,
                day=day if day != last_day else "",
            )
        )
        last_day = day
    return shown


def _clock(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local:%M %p}"


def local_date(at: datetime, zone: str) -> date:
    """The date in a time zone at a moment."""
    return at.astimezone(ZoneInfo(zone)).date()
