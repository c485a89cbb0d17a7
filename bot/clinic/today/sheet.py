"""What stands on the first screen and on the sheet of the morning huddle, read in few queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.duties.watchdog import with_moments, wrong
from scheduler.going_quiet import Quiet, quiet_ones
from scheduler.plan.local_time import to_local
from store import alarms, confirmations, console_today, forecasts
from store.clinic_entry import Clinic, ClinicEntry, Sender
from store.confirmations import NotConfirmed
from store.console_today import Awaited, Held, Person, Task, Visit
from store.database import Tx
from store.forecasts import Forecast

MOST_QUIET = 15
_DAY = timedelta(days=1)
_FIRST_KINDS = ("danger", "failed_text", "unanswered", "change")
"""What has a place of its own among what waits; the rest stands together."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The day of a clinic. ``more``: how much waits beyond what is in ``tasks``.

    ``forecast`` is of the day ``foretold``: tomorrow, or today until that is made in the afternoon.
    """

    today: date
    visits: Mapping[date, Sequence[Visit]]
    tasks: Mapping[str, Sequence[Task]]
    more: int
    held: Sequence[Held]
    awaited: Sequence[Awaited]
    unconfirmed: Sequence[NotConfirmed]
    forecast: Sequence[Forecast]
    foretold: date
    stopped: Sequence[Sender]
    wrong: Sequence[str]


def read_sheet(tx: Tx, now: datetime, entry: ClinicEntry) -> Sheet:
    """All but who has gone quiet, which changes by the day and not by the minute."""
    clinic = entry.clinic
    today = to_local(now, clinic.timezone).date()
    coming: dict[date, list[Visit]] = {today: [], today + _DAY: []}
    for visit in console_today.visits(tx, clinic.id, today, today + _DAY):
        coming[visit.date].append(visit)
    tasks: dict[str, list[Task]] = {kind: [] for kind in (*_FIRST_KINDS, "other")}
    waiting = console_today.tasks(tx, clinic.id)
    for task in waiting:
        tasks[task.kind if task.kind in _FIRST_KINDS else "other"].append(task)
    forecast = forecasts.forecasts(tx, clinic.id, today + _DAY) or forecasts.forecasts(tx, clinic.id, today)
    return Sheet(
        today=today,
        visits=coming,
        tasks=tasks,
        more=sum(console_today.open_counts(tx, clinic.id).values()) - len(waiting),
        held=console_today.held(tx, clinic.id, today),
        awaited=console_today.awaited(tx, clinic.id),
        unconfirmed=confirmations.not_confirmed(tx, clinic.id),
        forecast=forecast,
        foretold=forecast[0].day if forecast else today + _DAY,
        stopped=[sender for sender in entry.senders if sender.stopped_at is not None],
        wrong=[
            wrong(each.kind, with_moments(each.detail))
            for each in alarms.open_alarms(tx)
            if each.clinic_id in (None, clinic.id)
        ],
    )


def read_quiet(tx: Tx, now: datetime, clinic: Clinic) -> list[tuple[Person, Quiet]]:
    """Who has gone quiet, the quietest first."""
    found = quiet_ones(console_today.habits(tx, clinic.id), now, clinic.gone_quiet_days, MOST_QUIET)
    known = console_today.people(tx, clinic.id, [each.patient_id for each in found])
    return [(known[each.patient_id], each) for each in found]
