"""What stands against a change of plan, and what whoever makes it must know; nothing is written here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from content.plain import Plain
from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.changes import Branch, Change, Close, Delay, Enter, Hold, Move, Resume, Skip, Stop, Switch
from scheduler.plan.intervals import TooSoon
from scheduler.plan.local_time import to_utc
from scheduler.planned import is_of_the_tail, reminders_of, with_changes
from scheduler.standing import Standing
from store.clinics import ClinicEntry
from store.plans import Plan, PlanEvent

LOOK = timedelta(days=400)
"""So far around what a change touches first its result is looked at: no days between two treatments last longer."""

_FURTHEST_BACK = timedelta(days=60)
_FURTHEST_AHEAD = timedelta(days=2 * 366)
_LONGEST_DELAY = 366


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change is not made; ``field``: what is to be corrected. Some a named person may override."""

    field: str
    sentence: str
    can_be_overridden: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan as a change would leave it. ``first``: no event before that day is touched, unless it has to be refused.

    ``change``: the one that is made, or undone.
    """

    plan: Plan
    calendar: Calendar
    change: Change
    first: date
    is_undo: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, with the events of both calendars from the first that may be touched on."""

    refusals: tuple[Refusal, ...]
    warnings: tuple[str, ...]
    before: tuple[Event, ...]
    after: tuple[Event, ...]

    def differs_from(self) -> date | None:
        """The first day on which the two calendars are not the same."""
        old, new = {_place(event) for event in self.before}, {_place(event) for event in self.after}
        return min((day for day, *_ in old ^ new), default=None)


def date_refusals(plan: Plan, change: Change, today: date) -> Iterator[Refusal]:
    """Dates of a change that cannot be meant."""
    earliest, latest = today - _FURTHEST_BACK, today + _FURTHEST_AHEAD
    for name, value in change.parts().items():
        if isinstance(value, date):
            if value < plan.start and not isinstance(change, Move | Close | Skip):  # the first visit may come sooner
                yield Refusal(
                    name, Plain("The plan starts on {start}: {day} is before that.", start=plan.start, day=value)
                )
            elif value < earliest:
                days = _FURTHEST_BACK.days
                long_past = Plain("{day} is long past: what is more than {days} days ago stays.", day=value, days=days)
                yield Refusal(name, long_past)
            elif value > latest:
                yield Refusal(name, Plain("{day} is too far off: check the year.", day=value))
    if isinstance(change, Move | Close) and change.date == change.to:
        yield Refusal("to", Plain("A visit cannot move from {day} to the same day.", day=change.date))
    if isinstance(change, Delay) and change.days > _LONGEST_DELAY:
        yield Refusal("days", Plain("A cycle is delayed by a year at most: put the plan on hold instead."))


def regimen_refusal(entry: ClinicEntry, change: Change) -> Iterator[Refusal]:
    """A switch to what the clinic has not signed off."""
    if isinstance(change, Switch):
        digest = change.to.digest()
        if not any(signed.digest == digest for signed in entry.signed_regimens):
            sentence = Plain(
                "{clinic} has not signed off version {version} of {regimen}.",
                clinic=entry.clinic.name,
                version=change.to.version,
                regimen=change.to.id,
            )
            yield Refusal("to", sentence)


def reach(change: Change, calendar: Calendar, today: date) -> date:
    """The first day that a change speaks of, in the calendar that it is made in."""
    match change:
        case Delay():
            return _start_of(calendar, change) or today
        case Hold() | Switch():
            return change.from_
        case Resume():
            held = calendar.timeline.state.held_from
            return change.on if held is None else min(change.on, date.fromordinal(held))
        case Skip():
            return change.date
        case Move() | Close():
            return min(change.date, change.to)
        case Stop() | Enter():
            return change.on
    return today


def looked_at_from(standing: Standing, proposal: Proposal) -> date:
    """The first day whose events a change may touch."""
    # Only these can reach back to before what they speak of: a phase that they bring in, or take out, began long ago.
    if isinstance(proposal.change, Enter | Branch):
        return standing.plan.start
    return min(proposal.first, standing.today) - LOOK


def weigh(standing: Standing, proposal: Proposal, rows: Sequence[PlanEvent]) -> Findings:
    """Looks at what a change would do. ``rows``: the plan's events from `looked_at_from` on, as stored."""
    last = max(standing.today, proposal.first) + LOOK
    first = looked_at_from(standing, proposal)
    before, after = tuple(standing.calendar.events(first, last)), tuple(proposal.calendar.events(first, last))
    touched = {event.name: event for event in _touched(before, after)}
    refusals = [*_of_the_past(touched, rows, standing, proposal)]
    warnings: list[str] = [
        Plain("The patient has confirmed the visit of {day}.", day=row.date)
        for row in rows
        if row.status == "confirmed" and row.name in touched and row.date >= standing.today
    ]
    # What the clinic's days made of the plan was told to whoever entered it, and an undo may bring it back.
    entered = with_changes(standing.plan, ()).events(first, last) if standing.plan.clinic_days else ()
    known = {(event.name, told) for event in (*before, *entered) for told in event.warnings}
    for event in after:
        for told in event.warnings:
            if (event.name, told) in known:
                continue
            if isinstance(told, TooSoon):
                refusals.append(Refusal("override", _on(event, told), can_be_overridden=True))
            else:
                warnings.append(_on(event, told))
    warnings += _of_the_tail(standing, proposal)
    return Findings(tuple(refusals), tuple(warnings), before, after)


def _of_the_tail(standing: Standing, proposal: Proposal) -> Iterator[str]:
    """That texts follow an end, which nobody may get of somebody who has died."""
    if not isinstance(proposal.change, Stop) or proposal.is_undo:
        return
    end = to_utc(proposal.change.on, time.min, standing.window.timezone)
    told = reminders_of(proposal.plan, proposal.calendar, standing.window, end)
    days = [each.local_date for each in told if is_of_the_tail(each)]
    if days:
        yield Plain(
            "Texts about late side effects follow until {day}, unless they are left out. If the patient has died, "
            "record that instead: then nothing is texted any more.",
            day=days[-1],
        )


def _on(event: Event, told: str) -> Plain:
    return Plain("{day}: {warning}.", day=event.date, warning=told)


def _of_the_past(
    touched: Mapping[str, Event], rows: Sequence[PlanEvent], standing: Standing, proposal: Proposal
) -> Iterator[Refusal]:
    """What was given stays, and so does what is past unless the change speaks of it."""
    for row in rows:
        if row.name in touched and row.status == "given" and row.kind == Kind.TREATMENT:
            given = Plain("The treatment of {day} was given: take that mark back first.", day=row.date)
            yield Refusal("change", given)
    if proposal.is_undo:
        return
    limit = min(proposal.first, standing.today)
    for event in touched.values():
        if event.kind is Kind.TREATMENT and event.date < limit:
            past = Plain("This would change the treatment of {day}, which is past.", day=event.date)
            yield Refusal("change", past)
            return


def _touched(before: Sequence[Event], after: Sequence[Event]) -> Iterator[Event]:
    """The events of before that are not so any more."""
    there = {_place(event) for event in after}
    return (event for event in before if _place(event) not in there)


def _place(event: Event) -> tuple[date, str, date | None, tuple[str, ...]]:
    return event.date, event.name, event.end_date, event.items


def _start_of(calendar: Calendar, change: Delay) -> date | None:
    for event in calendar.events():
        number = event.cycle if change.phase is None else event.cycle_in_phase
        if event.kind is Kind.TREATMENT and change.phase in (None, event.phase) and number >= change.cycle:
            return event.date
    return None
