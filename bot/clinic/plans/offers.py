"""What can be chosen for a plan as it stands: which changes fit it, and which cycles, days and dates there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from flask_babel import gettext as _

from bot.clinic.dates import written
from bot.clinic.plans.words import UNDO, event_in_words, regimens_of, titles_of
from bot.clinic.regimen_names import phase_name, words_of_file
from content.library import Library
from content.regimen_format.model import StartKind
from content.regimens import Regimen
from scheduler.plan.calendar import Event, Kind
from scheduler.plan.changes import Change
from scheduler.planned import changes_of
from scheduler.standing import Standing
from store.clinics import ClinicEntry

AHEAD = timedelta(days=366)
_BACK = timedelta(days=21)
_MOST = 60
_MOVABLE = ("visit", "hospital")
_ALL = ("delay", "move", "skip", "hold", "resume", "enter", "branch", "switch", "stop")

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Offers:
    """The choices for one plan."""

    standing: Standing
    library: Library
    entry: ClinicEntry

    @cached_property
    def had(self) -> list[Regimen]:
        """Every regimen that the plan has had."""
        return regimens_of(self.standing.calendar)

    @cached_property
    def titles(self) -> dict[str, str]:
        """The titles of the plan's phases."""
        return titles_of(self.had)

    @cached_property
    def last_change(self) -> Change | None:
        """The latest change that applies: what an undo takes back."""
        applying = changes_of(self.standing.plan)
        return applying[-1] if applying else None

    @cached_property
    def coming(self) -> tuple[Event, ...]:
        """The events of the year ahead."""
        today = self.standing.today
        return tuple(self.standing.calendar.events(today, today + AHEAD))

    @cached_property
    def cycles(self) -> Choices:
        """The cycles that have not begun, by their first day."""
        today = self.standing.today
        begun = {event.cycle for event in self._treatments(self.standing.calendar.events(today - AHEAD, today - _DAY))}
        found: dict[int, Event] = {}
        for event in self._treatments(self.coming):
            if event.cycle not in begun:
                found.setdefault(event.cycle, event)
        return [
            (str(cycle), _("Cycle %(cycle)s, from %(day)s", cycle=cycle, day=written(event.date)))
            for cycle, event in list(found.items())[:_MOST]
        ]

    @cached_property
    def days(self) -> Choices:
        """The days on which something is given, from some weeks ago on."""
        return self._dated(self._around())

    @cached_property
    def visits(self) -> Choices:
        """The visits that can move to another day."""
        return self._dated(each for each in self._around() if each.slot is not None and each.slot.setting in _MOVABLE)

    @cached_property
    def next_treatment(self) -> Event | None:
        """The next day on which something is given."""
        return next(self._treatments(self.coming), None)

    @cached_property
    def phases(self) -> Choices:
        """The phases that start on a date which the clinic enters."""
        found = {}
        for segment in self.standing.calendar.timeline.state.segments:
            entered = segment.changed.entered
            for stage in segment.course.stages:
                if stage.phase.start.kind is StartKind.DATE:
                    title = phase_name(stage.phase)
                    if stage.id in entered:
                        day = written(date.fromordinal(entered[stage.id]))
                        title = _("%(phase)s, now on %(day)s", phase=title, day=day)
                    found[stage.id] = title
        return list(found.items())

    @cached_property
    def questions(self) -> Choices:
        """The choices of the regimen that staff answer."""
        found = {}
        for segment in self.standing.calendar.timeline.state.segments:
            for choice in segment.regimen.choices:
                answer = _("no answer yet")
                if choice.id in segment.taken:
                    answer = _("now: yes")
                elif choice.id in segment.declined:
                    answer = _("now: no")
                question = words_of_file(choice.question)
                found[choice.id] = _("%(question)s (%(answer)s)", question=question, answer=answer)
        return list(found.items())

    @cached_property
    def regimens(self) -> dict[str, Regimen]:
        """What the plan could switch to: signed off by the clinic as it is now, and not what the plan has."""
        current = self.standing.calendar.regimen.digest()
        signed = {each.digest for each in self.entry.signed_regimens}
        return {
            each.id: each
            for each in self.library.regimens.values()
            if each.digest() in signed and each.digest() != current
        }

    @property
    def newer(self) -> Regimen | None:
        """A newer version of the plan's own regimen that the clinic has signed off."""
        return self.regimens.get(self.standing.calendar.regimen.id)

    @property
    def pause_rule(self) -> str | None:
        """What the regimen says of going on after a pause."""
        rule = self.standing.calendar.regimen.pause_rule
        return words_of_file(rule) if rule else None

    @cached_property
    def waits(self) -> bool:
        """The plan goes no further until the clinic enters a date."""
        end = self.standing.calendar.end()
        return end is not None and end.kind is Kind.WAITING

    @cached_property
    def fitting(self) -> list[str]:
        """The changes that fit the plan as it stands; what it needs most comes first."""
        state = self.standing.calendar.timeline.state
        is_over = self.standing.plan.state == "stopped" or state.stopped_on is not None
        is_held = state.held_from is not None
        is_there = {
            "delay": bool(self.cycles) and not is_held,
            "move": bool(self.visits) and not is_held,
            "skip": bool(self.days) and not is_held,
            "hold": self.next_treatment is not None and not is_held,
            "resume": is_held,
            "enter": bool(self.phases),
            "branch": bool(self.questions),
            "switch": bool(self.regimens),
            "stop": True,
        }
        found = [] if is_over else [kind for kind in _ALL if is_there[kind]]
        first = "resume" if is_held else "enter" if self.waits else None
        found.sort(key=lambda kind: kind != first)
        return found + ([UNDO] if self.last_change is not None else [])

    def _around(self) -> Iterator[Event]:
        today = self.standing.today
        return self._treatments(self.standing.calendar.events(today - _BACK, today + AHEAD))

    def _treatments(self, events: Iterable[Event]) -> Iterator[Event]:
        return (event for event in events if event.kind is Kind.TREATMENT)

    def _dated(self, events: Iterable[Event]) -> Choices:
        found: dict[str, str] = {}
        for event in events:
            what = event_in_words(event, self.titles)
            found.setdefault(event.date.isoformat(), _("%(day)s, %(what)s", day=written(event.date), what=what))
            if len(found) == _MOST:
                break
        return list(found.items())


_DAY = timedelta(days=1)
