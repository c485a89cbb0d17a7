"""What each number of ours was given in a run, and when it was busy with that or had no more of its day."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from channels.base import Fault, Via
from content.sms_text import measure
from tests.simulation.lines import Line
from tests.simulation.record import Begun, Record

AHEAD = timedelta(seconds=10)
"""So far ahead of its rate a number may be (docs/sending.md)."""
MOST_SEGMENTS = 6
"""No text of ours has more."""
_SLOW_FOR = timedelta(minutes=14)
_PACIFIC = ZoneInfo("America/Los_Angeles")


def segments(call: Begun) -> int:
    """What a call takes of its number's rate and cap; on WhatsApp each text counts as one."""
    return measure(call.outgoing.body).segments if call.outgoing.via is Via.SMS else 1


def day_of(moment: datetime) -> date:
    """The day on which the carriers count what goes at a moment."""
    return moment.astimezone(_PACIFIC).date()


@dataclass
class Given:
    """``uncalled``: when texts were written down as sent whose call was never made, since their process died."""

    record: Record
    lines: tuple[Line, ...]
    uncalled: Iterable[datetime]

    @cached_property
    def by_line(self) -> Mapping[Line, list[Begun]]:
        """The calls of each number, in order."""
        found: dict[Line, list[Begun]] = {line: [] for line in self.lines}
        by_address = {line.address: line for line in self.lines}
        for call in sorted(self.record.calls(), key=lambda each: each.step):
            found[by_address[call.outgoing.sender]].append(call)
        return found

    def is_busy(self, line: Line, moment: datetime) -> bool:
        """Whether a number was more than those seconds ahead of its rate, or may have been."""
        return any(since <= moment <= until for since, until in self._busy[line])

    def is_full(self, line: Line, moment: datetime) -> bool:
        """Whether what was left of a number's day at a moment, if anything, was less than a text may take."""
        calls = [call for call in self.by_line[line] if call.at <= moment and day_of(call.at) == day_of(moment)]
        lost = sum(at <= moment and day_of(at) == day_of(moment) for at in self.uncalled)
        return bool(line.cap) and sum(map(segments, calls)) + (lost + 1) * MOST_SEGMENTS > line.cap

    def is_stopped(self, line: Line, moment: datetime) -> bool:
        """Whether a number was at fault."""
        own = (each for each in self.record.troubles if each.line == line.address)
        return any(each.since <= moment <= each.until for each in own)

    @cached_property
    def _busy(self) -> Mapping[Line, list[tuple[datetime, datetime]]]:
        slowed = [
            (call.outgoing.sender, call.at)
            for call in self.record.calls()
            if call.result is not None and call.result.fault is Fault.THROTTLE
        ]
        found: dict[Line, list[tuple[datetime, datetime]]] = {}
        for line, calls in self.by_line.items():
            complaints = [at for address, at in slowed if address == line.address]
            given = [(call.at, segments(call)) for call in calls] + [(at, MOST_SEGMENTS) for at in self.uncalled]
            free_at: datetime | None = None
            found[line] = []
            for at, cost in sorted(given):
                times = min(sum(at - _SLOW_FOR <= each <= at for each in complaints), MOST_SEGMENTS)
                free_at = (at if free_at is None else max(free_at, at)) + timedelta(seconds=cost / line.rate * 2**times)
                found[line].append((at, free_at - AHEAD))
        return found


def uncalled(sent: Mapping[int, list[datetime]], record: Record) -> list[datetime]:
    """When texts were written down as sent without a call; ``sent``: the moments at which each text was, by its id."""
    called = Counter((call.message_id, call.at) for call in record.calls())
    return [at for number, moments in sent.items() for at in moments if not called[number, at]]
