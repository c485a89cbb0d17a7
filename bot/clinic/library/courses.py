"""An example of a course: every date and every text that somebody would get who began on a day, as it stands here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.clinic.months import Month, laid_out, months_on
from channels.base import Via
from content.library import Library
from content.regimens import Regimen
from scheduler import year_ahead
from scheduler.delivery.words import Composer
from scheduler.plan import show
from scheduler.plan.events import Kind
from scheduler.plan.local_time import to_local
from scheduler.year_ahead import Course, Foreseen, YearAhead
from store.clinic_entry import ClinicEntry
from store.reminder_rules import OwnRule

MONTHS = 6
FURTHEST = timedelta(days=366)
VISIT_TIME = time(9, 30)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the course. ``fate``: "stays", or of a changed rule "goes" or "comes"."""

    local: datetime
    body: str
    segments: int
    fate: str
    left_out: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A course as it is shown: its months from that of its first date on, and the texts up to the end of them."""

    year: YearAhead
    month_tables: tuple[Month, ...]
    texts: tuple[Text, ...]
    waits: bool
    """Whether it comes to a date that staff must enter."""


def first_day(now: datetime, entry: ClinicEntry, asked: str) -> date:
    """The day that is asked for, if there is such a day within a year; else the Monday after today."""
    today = to_local(now, entry.clinic.timezone).date()
    try:
        read = date.fromisoformat(asked)
    except ValueError:
        read = date.max
    if abs(read - today) <= FURTHEST:
        return read
    return today + timedelta(days=7 - today.weekday())


def course_of(entry: ClinicEntry, regimen: Regimen, start: date) -> Course:
    """Somebody in the clinic's own zone, with visits in the morning."""
    return Course(regimen_id=regimen.id, timezone=entry.clinic.timezone, start=start, visit_time=VISIT_TIME)


def example(
    now: datetime, library: Library, entry: ClinicEntry, own: Sequence[OwnRule], regimen: Regimen, start: date
) -> Example:
    """The course of a regimen with the clinic's reminder rules."""
    year = year_ahead.example(now, entry, own, course_of(entry, regimen, start), regimen)
    marks = show.marks(year.calendar, start - FURTHEST, months_on(start, MONTHS + 12))
    first = min(marks, default=start)
    until = months_on(first, MONTHS) - timedelta(days=1)
    last = min(max(marks, default=start), until)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return Example(
        year,
        tuple(laid_out(marks, first, months)),
        _in_words(library, entry, [(text, "stays") for text in year.texts[1:] if text.local.date() <= until]),
        any(event.kind is Kind.WAITING for event in year.events),
    )


def compared(
    now: datetime,
    library: Library,
    entry: ClinicEntry,
    rules: tuple[Sequence[OwnRule], Sequence[OwnRule]],
    regimen: Regimen,
    start: date,
) -> tuple[Text, ...]:
    """The texts of the course by the clinic's rules before and after, with those that go and those that come."""
    known = course_of(entry, regimen, start)
    before, after = (year_ahead.example(now, entry, own, known, regimen).texts[1:] for own in rules)
    old, new = Counter(map(_identity, before)), Counter(map(_identity, after))
    rows = [(text, "stays" if _identity(text) in old else "comes") for text in after]
    rows += [(text, "goes") for text in before if _identity(text) not in new]
    return _in_words(library, entry, sorted(rows, key=lambda row: (row[0].local, row[1] == "comes")))


def _identity(text: Foreseen) -> tuple[object, ...]:
    return text.local, text.template, tuple(text.args.items()), text.left_out


def _in_words(library: Library, entry: ClinicEntry, texts: Sequence[tuple[Foreseen, str]]) -> tuple[Text, ...]:
    composer, clinic = Composer(library), entry.clinic
    found = []
    for text, fate in texts:
        words = composer.compose(clinic, text.template, text.args, clinic.default_language, Via.SMS)
        found.append(Text(text.local, words.body, words.segments, fate, text.left_out is not None))
    return tuple(found)


def counted(texts: Sequence[Text]) -> Mapping[str, int]:
    """How many texts go, come and stay."""
    return Counter(text.fate for text in texts)
