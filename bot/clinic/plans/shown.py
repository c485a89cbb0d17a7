"""The before and after of a change as a page shows it: dates, and under each the texts that move with it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from itertools import groupby
from typing import TypeVar

from bot.clinic.plans.offers import Offers
from bot.clinic.plans.words import days_in_words, event_in_words, rule_in_words, titles_of
from channels.base import Via
from content.library import Library
from content.sms_text import Measure, measure
from scheduler.delivery.words import Composer
from scheduler.plan.calendar import Event, Kind
from scheduler.plan.changes import Change, Switch
from scheduler.plan.reminders import Reminder
from scheduler.previewing import Preview
from scheduler.standing import Standing
from store.clinics import Clinic
from store.retelling import Waiting

Thing = TypeVar("Thing", Event, Reminder)
Say = Callable[[str, dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class Span:
    """A date, or the first and the last of several; ``at``: the local time of a text."""

    first: date
    last: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text, or several by one rule, before and after; ``body``: the words as they would go out."""

    what: str
    before: Span | None
    after: Span | None
    body: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """An event, or a row of days at home, before and after a change, with its texts."""

    what: str
    kind: str
    before: Span | None
    after: Span | None
    texts: tuple[Text, ...] = ()

    @property
    def first(self) -> date:
        """By which day it is sorted."""
        spans = [span.first for span in (self.before, self.after) if span is not None]
        return min(spans) if spans else min(span.first for text in self.texts for span in _spans(text))


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview as the page shows it.

    ``lines``: by their dates; ``count``: of the texts that differ. ``cancelled``: texts that wait, in words, each with
    its gate; ``rewritten``: those that will say what is then true; ``added``: what is to be told at once. ``cost``: of
    the text that tells of the change. ``must_override``: somebody has to answer for it; ``is_refused``: nobody can.
    """

    preview: Preview
    lines: tuple[Line, ...]
    count: int
    cost: Measure | None
    cancelled: tuple[tuple[str, str], ...]
    rewritten: tuple[str, ...]
    added: tuple[str, ...]
    must_override: bool
    is_refused: bool


@dataclass
class _Pair:
    before: Event | None = None
    after: Event | None = None
    texts: list[tuple[Reminder | None, Reminder | None]] = field(default_factory=list)

    @property
    def event(self) -> Event | None:
        return self.after or self.before


def shown(preview: Preview, offers: Offers, change: Change | None) -> Shown:
    """The preview of a change of the plan, for a page; ``change`` where it is not an undo."""
    standing = offers.standing
    titles = offers.titles
    if isinstance(change, Switch):
        titles = {**titles, **titles_of([change.to])}
    say = _speaker(offers.library, offers.entry.clinic, standing)
    lines = sorted(_lines(preview, standing, titles, say), key=lambda line: line.first)
    hard = [each for each in preview.refusals if not each.can_be_overridden]
    texts = preview.texts
    return Shown(
        preview=preview,
        lines=tuple(lines),
        count=len(texts.moves) + len(texts.appears) + len(texts.disappears),
        cost=None if preview.text is None else measure(preview.text),
        cancelled=tuple((_waiting(text, say), gate) for text, gate in preview.waiting.cancelled),
        rewritten=tuple(_waiting(text, say) for text in preview.waiting.texts),
        added=tuple(say(due.reminder.template, dict(due.reminder.args)) for due in preview.waiting.added),
        must_override=bool(preview.refusals) and not hard,
        is_refused=bool(hard),
    )


def _speaker(library: Library, clinic: Clinic, standing: Standing) -> Say:
    composer = Composer(library)
    language, via = standing.contact.language, Via(standing.contact.via)
    return lambda template, args: composer.compose(clinic, template, args, language, via).body


def _waiting(text: Waiting, say: Say) -> str:
    return say(text.template, dict(text.args))


def _lines(preview: Preview, standing: Standing, titles: dict[str, str], say: Say) -> Iterator[Line]:
    pairs: dict[str, _Pair] = {}
    for before, after in _both(preview.events.moves, preview.events.disappears, preview.events.appears):
        event = after or before
        if event is not None:
            pairs[event.name] = _Pair(before, after)
    for old, new in _both(preview.texts.moves, preview.texts.disappears, preview.texts.appears):
        told = old or new
        if told is None:
            continue
        pair = pairs.get(told.event)
        if pair is None:
            # The event stays where it is, and only a text of it is another.
            here = _find(standing, told)
            pair = pairs[told.event] = _Pair(here, here)
        pair.texts.append((old, new))
    kept = [pair for pair in pairs.values() if pair.texts or _is_shown(pair.event, titles)]
    at_home = [pair for pair in kept if _is_at_home(pair.event)]
    yield from (_line([pair], titles, say) for pair in kept if not _is_at_home(pair.event))
    for _key, group in groupby(sorted(at_home, key=_row), key=_row):
        yield _line(list(group), titles, say)


def _line(pairs: list[_Pair], titles: dict[str, str], say: Say) -> Line:
    events = [pair.event for pair in pairs if pair.event is not None]
    event = events[0] if events else None
    what = "" if event is None else event_in_words(event, titles) if len(events) == 1 else days_in_words(events)
    return Line(
        what=what,
        kind="" if event is None else str(event.kind),
        before=_span([pair.before for pair in pairs]),
        after=_span([pair.after for pair in pairs]),
        texts=tuple(sorted(_texts([text for pair in pairs for text in pair.texts], say), key=_when)),
    )


def _texts(found: list[tuple[Reminder | None, Reminder | None]], say: Say) -> Iterator[Text]:
    def rule(pair: tuple[Reminder | None, Reminder | None]) -> tuple[str, bool, bool]:
        old, new = pair
        told = new or old
        return (told.rule if told else "", old is None, new is None)

    for (name, _is_new, _is_gone), group in groupby(sorted(found, key=rule), key=rule):
        several = list(group)
        old, new = several[0]
        told = new or old
        if told is None:
            continue
        yield Text(
            what=rule_in_words(name),
            before=_moments([before for before, _after in several]),
            after=_moments([after for _before, after in several]),
            body=say(told.template, dict(told.args)),
            count=len(several),
        )


def _when(text: Text) -> tuple[date, time]:
    """In the order in which they go out afterwards; what is no more by when it would have gone."""
    span = text.after or text.before
    return (date.max, time.max) if span is None else (span.first, span.at or time.min)


def _both(
    moves: Iterable[tuple[Thing, Thing]], gone: Iterable[Thing], new: Iterable[Thing]
) -> Iterator[tuple[Thing | None, Thing | None]]:
    yield from moves
    yield from ((each, None) for each in gone)
    yield from ((None, each) for each in new)


def _find(standing: Standing, told: Reminder) -> Event | None:
    events = standing.calendar.events(told.event_date, told.event_date)
    return next((event for event in events if event.name == told.event), None)


def _is_shown(event: Event | None, titles: dict[str, str]) -> bool:
    if event is None or event.kind is Kind.BETWEEN:
        return False
    # That the only part of a course begins says no more than its first treatment does.
    return event.kind is not Kind.PHASE or len(titles) > 1


def _is_at_home(event: Event | None) -> bool:
    return event is not None and event.slot is not None and event.slot.setting is None


def _row(pair: _Pair) -> tuple[int, str, int]:
    """Days at home that move alike are one line: of one cycle, and all by so many days."""
    event = pair.event
    shift = 0
    if pair.before is not None and pair.after is not None:
        shift = (pair.after.date - pair.before.date).days
    where = "moves" if pair.before and pair.after else "goes" if pair.before else "comes"
    return (event.cycle if event else 0, where, shift)


def _span(events: list[Event | None]) -> Span | None:
    there = [event for event in events if event is not None]
    if not there:
        return None
    return Span(min(event.date for event in there), max(event.end_date or event.date for event in there))


def _moments(reminders: list[Reminder | None]) -> Span | None:
    there = sorted((each for each in reminders if each is not None), key=lambda each: each.due_at)
    if not there:
        return None
    return Span(there[0].local_date, there[-1].local_date, there[0].local_time)


def _spans(text: Text) -> Iterator[Span]:
    return (span for span in (text.before, text.after) if span is not None)
