"""What each plan had to tell at each step of a run: the auditor's own view, from the calendars and the clock alone."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from scheduler.plan.reminders import Reminder
from scheduler.planned import calendar_of, reminders_of
from scheduler.send_window import SendWindow
from tests.simulation.record import Person, Record, Version

OPTED_OUT = 21610
"""Twilio's code for a number that left."""
Told = tuple[str, str, date]
"""An event's name, the rule, and the event's local date."""


def local(moment: datetime, zone: str) -> datetime:
    """The local time of an instant."""
    return moment.astimezone(ZoneInfo(zone))


def is_inside(moment: datetime, zone: str, window: tuple[time, time]) -> bool:
    """Whether an instant is inside a send window of its local day."""
    return window[0] <= local(moment, zone).time() < window[1]


@dataclass
class Course:
    """One plan, as it was changed in the run."""

    person: Person
    versions: list[Version]
    clinic_zone: str
    end: datetime

    def at(self, step: int) -> Version | None:
        """The version in force at a step."""
        number = bisect_right([version.step for version in self.versions], step)
        return self.versions[number - 1] if number else None

    def has(self, version: Version, event: str, day: date) -> bool:
        """Whether a version has an event on a local date."""
        return any(each.name == event for each in calendar_of(version.plan).events(day, day))

    def says(self, version: Version) -> dict[Told, Reminder]:
        """All that a version has to tell in the course of the run."""
        return self._said[version.step]

    def required(self) -> Iterator[tuple[Told, Reminder, Version]]:
        """What fell due while a version was in force, with that version."""
        for version, following in zip(self.versions, [*self.versions[1:], None], strict=True):
            until = self.end if following is None else following.at
            for told, reminder in self.says(version).items():
                if version.at < reminder.due_at <= until:
                    yield told, reminder, version

    @cached_property
    def _said(self) -> dict[int, dict[Told, Reminder]]:
        opens, closes = self.person.window
        window = SendWindow(self.person.zone, opens, closes, self.clinic_zone)
        found: dict[int, dict[Told, Reminder]] = {}
        for version in self.versions:
            said = found[version.step] = {}
            for reminder in reminders_of(version.plan, calendar_of(version.plan), window, self.person.since):
                if reminder.due_at > self.end:
                    break
                said[reminder.event, reminder.rule, reminder.event_date] = reminder
        return found


@dataclass(frozen=True)
class Silence:
    """A span in which somebody wanted no texts: from the step at which we had surely heard of it on."""

    heard: int
    since: datetime
    over: int | None
    until: datetime | None


def silences(record: Record, person: Person) -> Iterator[Silence]:
    """When nothing that nobody asked for may go to somebody: after an answered STOP, until they begin to take it back.

    After a loss it is never taken back for the enrolment that it ended.
    """
    texts = sorted((each for each in record.heard if each.phone == person.phone), key=lambda each: each.tried)
    heard: tuple[int, datetime] | None = None
    for text in texts:
        if "stop" in text.kinds and text.answered is not None and heard is None:
            heard = text.answered
        elif "start" in text.kinds and heard is not None:
            yield Silence(*heard, *text.tried)
            heard = None
    if heard is not None:
        yield Silence(*heard, None, None)


def was_out(record: Record, person: Person, since: datetime, until: datetime) -> bool:
    """Whether somebody may have been out in any part of a span: what nobody can be sure of counts as out.

    That the provider refuses somebody who left is as good as their own word, and only START, not our own RESUME, is
    taken there for coming back.
    """
    own = [text for text in record.heard if text.phone == person.phone]
    said = [(text.tried[1], True, text) for text in own if "stop" in text.kinds]
    said += [(text.tried[1], False, text) for text in own if "start" in text.kinds and "stop" not in text.kinds]
    moments = [(at, goes, None if goes else text.answered, text.words == "START") for at, goes, text in said]
    moments += [
        (call.at, True, None, True)
        for call in record.calls()
        if call.outgoing.to == person.phone and call.result is not None and call.result.code == OPTED_OUT
    ]
    out: datetime | None = None
    blocked = False
    for at, goes, answered, is_the_providers in sorted(moments, key=lambda each: each[:2]):
        if goes:
            out = out or at
            blocked = blocked or is_the_providers
        elif out is not None and answered is not None and (is_the_providers or not blocked):
            blocked = False
            if out <= until and answered[1] + timedelta(hours=1) >= since:
                return True
            out = None
    return out is not None and out <= until


def week_began(moment: datetime, zone: str) -> datetime:
    """When the seven local days that end with that of an instant began."""
    first = local(moment, zone).date() - timedelta(days=6)
    return datetime.combine(first, time(), ZoneInfo(zone)).astimezone(UTC)
