"""The year ahead of an enrolment, as the screen shows it: what the form says so far, and every date and text of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeVar

from flask_babel import gettext as _
from flask_babel import ngettext

from bot.clinic.dates import day
from bot.clinic.enrol.forms import EnrolForm
from bot.clinic.months import Month, laid_out
from bot.clinic.names import event_name
from bot.clinic.regimen_names import all_names, regimen_name
from bot.clinic.sentences import in_words
from channels.base import Via
from content.library import Library
from content.regimens import Regimen
from scheduler import year_ahead
from scheduler.delivery.words import Composer
from scheduler.enrolment import NotEnrolled, offered
from scheduler.plan import show
from scheduler.plan.events import Event, Kind
from scheduler.plan.local_time import UnknownZoneError
from scheduler.year_ahead import Course, YearAhead
from store import reminder_rules
from store.clinic_entry import ClinicEntry
from store.database import Tx

_DATES = {Kind.TREATMENT, Kind.PAIRED, Kind.LINKED, Kind.WAITING, Kind.FINISHED}
_MONTHS = 12
_MONDAY = date(2024, 1, 1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in its words, at ``local`` on the patient's wall."""

    local: datetime
    body: str
    segments: int
    left_out: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The year ahead; ``fault`` says why there is none to show yet."""

    fault: str = ""
    regimen: str = ""
    """What the regimen is called: a part of a name is enough to choose one."""
    year: YearAhead | None = None
    dates: tuple[tuple[date, tuple[Event, ...]], ...] = ()
    """The dates of each month, by its first day."""
    count_of_dates: int = 0
    texts: tuple[tuple[date, tuple[Text, ...]], ...] = ()
    """The texts of each month, by its first day."""
    months: tuple[Month, ...] = ()
    count: int = 0
    segments: int = 0
    rules: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    kinds: Mapping[Kind, str] = field(default_factory=dict)
    costs: Mapping[int, str] = field(default_factory=dict)
    """What a day of the week, a kind of event and a number of segments are called: looked up once, not in each line."""


def matching(library: Library, entry: ClinicEntry, asked: str) -> list[Regimen]:
    """The regimens of the clinic that are meant by an id, a title, or any words of one."""
    wanted = " ".join(asked.split()).casefold()
    known = offered(library, entry)
    exact = [each for each in known if wanted in map(str.casefold, all_names(each))]
    if exact or not wanted:
        return exact
    words = wanted.split()
    return [each for each in known if all(word in " ".join(all_names(each)).casefold() for word in words)]


def regimen_of(library: Library, entry: ClinicEntry, asked: str) -> Regimen:
    """The one regimen that is meant. Raises NotEnrolled with what to write instead."""
    found = matching(library, entry, asked)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotEnrolled("regimen_id", _("Your clinic has signed off no regimen like this."))
    titles = "; ".join(regimen_name(each) for each in found[:5])
    raise NotEnrolled("regimen_id", _("This may be several, choose one of the list: %(titles)s", titles=titles))


def look(tx: Tx, now: datetime, library: Library, entry: ClinicEntry, form: EnrolForm) -> Shown:
    """What would come of the form as it is filled in."""
    if not (form.regimen.data or "").strip() or form.start.data is None:
        return Shown(_("Choose a regimen and the first day: every date and every text of the year appears here."))
    own = reminder_rules.of_clinic(tx, entry.clinic.id)
    try:
        regimen = regimen_of(library, entry, form.regimen.data)
        known = Course(
            regimen_id=regimen.id,
            timezone=(form.timezone.data or "").strip(),
            start=form.start.data,
            start_cycle=max(1, form.start_cycle.data or 1),
            visit_time=form.visit_time.data,
            without=form.without,
        )
        year = year_ahead.look(now, library, entry, own, known)
    except NotEnrolled as error:
        return Shown(in_words(error))
    except UnknownZoneError:
        return Shown(_("There is no time zone of this name."))
    texts = _in_words(library, entry, form, year)
    sizes = {text.segments for text in texts}
    dates = [event for event in year.events if event.kind in _DATES]
    marks = show.marks(year.calendar, year.today, year.until)
    first = min(marks, default=year.today).replace(day=1)
    return Shown(
        regimen=regimen_name(regimen),
        year=year,
        dates=_by_month(dates, lambda event: event.date),
        count_of_dates=len(dates),
        texts=_by_month(texts, lambda text: text.local.date()),
        months=tuple(laid_out(marks, first, _months_to(first, max(marks, default=first)))),
        count=sum(text.left_out is None for text in texts),
        segments=sum(text.segments for text in texts if text.left_out is None),
        rules=year.rules,
        weekdays=tuple(day(_MONDAY + timedelta(days=later), "EEE") for later in range(7)),
        kinds={kind: event_name(kind) for kind in _DATES},
        costs={number: ngettext("%(num)s segment", "%(num)s segments", number) for number in sizes},
    )


def _by_month(each: Sequence[T], day: Callable[[T], date]) -> tuple[tuple[date, tuple[T, ...]], ...]:
    return tuple((month, tuple(of)) for month, of in groupby(each, lambda one: day(one).replace(day=1)))


def _in_words(library: Library, entry: ClinicEntry, form: EnrolForm, year: YearAhead) -> Sequence[Text]:
    composer = Composer(library)
    language = form.language.data if form.language.data in entry.clinic.languages else entry.clinic.default_language
    via = Via.WHATSAPP if form.via.data == Via.WHATSAPP else Via.SMS
    found = []
    for text in year.texts:
        words = composer.compose(entry.clinic, text.template, text.args, language, via)
        found.append(Text(text.local, words.body, words.segments, text.left_out))
    return found


def _months_to(first: date, last: date) -> int:
    return min(_MONTHS + 1, (last.year - first.year) * 12 + last.month - first.month + 1)
