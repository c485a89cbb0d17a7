"""Whether the texts of a day can be sent in time: counted from the calendars, and queued at the senders' rates.

It counts what the reminders of a day will be if nothing changes: as few texts as say everything, within the clinic's
limit a day. Each leaves when it is due and those before it have left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from channels.base import Via
from channels.limits import Limit
from content.faults import ContentError
from content.library import Library
from scheduler.delivery import pacing, ways
from scheduler.delivery.words import Composer
from scheduler.plan.gathering import Limits, gather, left_out
from scheduler.plan.local_time import to_utc
from scheduler.planned import PlanUnreadable, calendar_of, reminders_of
from scheduler.send_window import SendWindow
from store import forecasts, plans
from store.clinics import ClinicEntry, Sender
from store.database import Tx
from store.forecasts import Forecast, Person
from store.plans import Plan

SLICE = 200
"""Patients that are counted in one transaction."""

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Leaving:
    """A text that is to leave from ``due_at`` until ``expires_at`` (UTC)."""

    due_at: datetime
    expires_at: datetime
    segments: int


def queued(sender: Sender, day: date, texts: Iterable[Leaving]) -> Forecast:
    """What becomes of a day's texts at one sender."""
    limit: Limit = pacing.limit_of(sender)
    free_at: datetime | None = None
    last_at: datetime | None = None
    count = segments = late = 0
    for text in sorted(texts):
        last_at = text.due_at if free_at is None else max(free_at, text.due_at)
        free_at = last_at + timedelta(seconds=text.segments / limit.rate)
        count, segments = count + 1, segments + text.segments
        late += last_at >= text.expires_at
    over = 0 if limit.daily_cap is None else max(segments - limit.daily_cap, 0)
    return Forecast(sender.clinic_id, sender.id, day, count, segments, last_at, late, over)


def senders_in_use(entry: ClinicEntry) -> dict[Via, Sender]:
    """From which sender a clinic texts over each network; SMS stands in where it has none for WhatsApp."""
    found: dict[Via, Sender] = {}
    for via in Via:
        running = [sender for sender in ways.senders_of(entry, via) if sender.stopped_at is None]
        if running:
            found[via] = running[0]
    if Via.SMS in found:
        found.setdefault(Via.WHATSAPP, found[Via.SMS])
    return found


@dataclass
class Counting:
    """The count of a clinic's texts of one local day, slice by slice: call `count_some` until it says False."""

    library: Library
    entry: ClinicEntry
    day: date
    after: int = 0
    texts: dict[int, list[Leaving]] = field(default_factory=dict)

    def count_some(self, tx: Tx) -> bool:
        """Counts some more patients; whether there may be others."""
        senders, composer = senders_in_use(self.entry), Composer(self.library)
        found = forecasts.people(tx, self.entry.clinic.id, self.after, SLICE)
        courses = plans.telling_plans_of(tx, [person.patient.id for person in found])
        for person in found:
            self.after = person.patient.id
            sender = senders.get(Via(person.via))
            if sender is not None:
                texts = self.texts.setdefault(sender.id, [])
                texts += self._of(person, courses[person.patient.id], composer, sender)
        return len(found) == SLICE

    def made(self) -> list[Forecast]:
        """The forecast of each sender in use."""
        known = {sender.id: sender for sender in senders_in_use(self.entry).values()}
        return [queued(sender, self.day, self.texts.get(number, ())) for number, sender in known.items()]

    def _of(self, person: Person, courses: Sequence[Plan], composer: Composer, sender: Sender) -> list[Leaving]:
        clinic = self.entry.clinic
        window = SendWindow.of(person.patient, clinic)
        begins = to_utc(self.day, time.min, clinic.timezone)
        ends = to_utc(self.day + _DAY, time.min, clinic.timezone)
        coming = []
        for plan in courses:
            try:
                calendar = calendar_of(plan)
            except PlanUnreadable:
                continue  # told to staff when its next text is due
            for reminder in reminders_of(plan, calendar, window, begins - _INSTANT):
                if reminder.due_at >= ends:
                    break
                coming.append((plan.id, reminder))
        texts = gather(coming)
        limits = Limits(clinic.max_texts_per_day, clinic.max_texts_per_week)
        leaving = []
        for text, reason in zip(texts, left_out(texts, {}, limits), strict=True):
            if reason is None:
                told, via = text.reminder, Via.WHATSAPP if sender.carrier == "whatsapp" else Via.SMS
                try:
                    words = composer.compose(clinic, told.template, told.args, person.language, via)
                except ContentError:
                    continue  # told to staff when it is to be sent
                leaving.append(Leaving(told.due_at, told.expires_at, words.segments if via is Via.SMS else 1))
        return leaving


def cannot_be_done(made: Forecast) -> bool:
    """Whether some of a day's texts would be of no use when they leave, or are more than the carriers take."""
    return made.late > 0 or made.over_cap > 0
