"""How an alert climbs that nobody has seen: after how many minutes which step is told, and who is on for it then.

Pure: a moment, the clinic's minutes, its rota and its holidays decide. `scheduler.duties.escalating` has it done.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from scheduler.alerts import minutes
from scheduler.plan.local_time import to_local, to_utc
from store.clinics import Clinic
from store.on_call import Recipient
from store.rota import RotaStep, Shift

STEPS: tuple[RotaStep, ...] = ("nurse", "charge", "on_call")


def is_due(clinic: Clinic, urgency: int, climbed: int, rung_at: datetime, now: datetime) -> bool:
    """Whether the step after ``climbed`` steps is to be told."""
    return climbed < len(STEPS) and now >= rung_at + timedelta(minutes=minutes(clinic, urgency)[climbed])


def on_duty(
    rota: Sequence[Shift], step: RotaStep, now: datetime, zone: str, holidays: Collection[date]
) -> tuple[Recipient, ...]:
    """Where those are told who are on for a step at this moment; each place once."""
    there = (shift for shift in rota if shift.step == step and _is_on(shift, now, zone, holidays))
    return tuple(dict.fromkeys(place for shift in there for place in shift.recipients()))


def told(
    rota: Sequence[Shift],
    stand_ins: Sequence[Recipient],
    climbed: int,
    now: datetime,
    zone: str,
    holidays: Collection[date],
) -> tuple[Recipient, ...]:
    """Where the step after ``climbed`` steps is told.

    Where the rota names nobody for it at this moment, the clinic's on-call list is told in its place, and the steps
    above at once, up to the first that has somebody. Empty: there is nobody at all.
    """
    found: list[Recipient] = []
    for step in STEPS[climbed:]:
        there = on_duty(rota, step, now, zone, holidays)
        found += there
        if there:
            break
        found += stand_ins
    return tuple(dict.fromkeys(found))


def _is_on(shift: Shift, now: datetime, zone: str, holidays: Collection[date]) -> bool:
    today = to_local(now, zone).date()
    return any(
        _begins_on(shift, day, holidays) and to_utc(day, shift.begins, zone) <= now < _ends(shift, day, zone)
        for day in (today, today - timedelta(days=1))
    )


def _begins_on(shift: Shift, day: date, holidays: Collection[date]) -> bool:
    return shift.holidays if day in holidays else day.weekday() in shift.weekdays


def _ends(shift: Shift, day: date, zone: str) -> datetime:
    over_night = shift.ends <= shift.begins
    return to_utc(day + timedelta(days=over_night), shift.ends, zone)
