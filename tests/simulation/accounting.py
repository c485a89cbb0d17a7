"""Whether every reminder that fell due was told, or stands with a reason that was true when it was written."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from channels.base import Fault
from scheduler.plan.changes import Hold, Stop
from scheduler.plan.reminders import Reminder
from scheduler.planned import changes_of
from store import plans
from store.clinic_entry import QUIET_HOURS
from store.messages import Cover, Message
from tests.simulation import courses, ways
from tests.simulation.auditor import Books, Rule
from tests.simulation.courses import Course, Told
from tests.simulation.record import Person, Version

_OUT = {"accepted", "sent", "delivered", "undelivered", "unknown", "failed"}
_MOST_FREE = timedelta(hours=1)
"""A text that was never held up for longer than this between its moment and its end should have gone."""
_FAULTS = tuple(fault.value for fault in Fault if fault is not Fault.NONE)
_PLAN_GATES = ("plan_held", "plan_stopped", "event_gone", "event_moved", "event_held")
_ONLY_WAIT = {"sender_stopped", "daily_cap", "no_template", "outside_window", "after_danger"}
_AN_HOUR = timedelta(hours=1)
_SOON = timedelta(minutes=2)
_NO_WELCOME = {"opted_out", "paused", "told_in_answer", "patient_ended", "quarantined"}

Check = Callable[[Books, Message, Person, datetime], bool]


def every_reminder_is_accounted_for(books: Books) -> Iterator[str]:
    """What fell due has a row, and the row says that it went or, truly, why not."""
    tellers = {
        Cover(cover.plan_id, cover.event, cover.rule.partition("#")[0], cover.event_date): number
        for number, told in books.covers.items()
        for cover in told
    }
    for plan_id, course in books.courses.items():
        for told, reminder, version in course.required():
            number = tellers.get(Cover(plan_id, *told))
            what = f"plan {plan_id}: {told[1]} of {told[0]} on {told[2]}, due at {reminder.due_at}"
            if number is None:
                if not _need_not_be_there(books, course, told, reminder, version):
                    yield f"{what}, has no row"
            elif (why := _wrong(books, course, told, books.texts[number], reminder)) is not None:
                yield f"{what}: text {number} {why}"


def every_gate_was_right(books: Books) -> Iterator[str]:
    """Whatever kept a text from going, for a while or for good, was so at that moment."""
    for number, text in books.texts.items():
        person = books.people[text.contact_id]
        for change in books.history[number]:
            check = _CHECKS.get(change.detail)
            if check is not None and not check(books, text, person, change.at):
                yield f"text {number} was {change.state} at {change.at} by {change.detail}, which was not so"


def everybody_is_welcomed(books: Books) -> Iterator[str]:
    """The text that confirms an enrolment went, once, before any other."""
    may_be_unknown = books.record.may_be_unknown()
    for person in books.record.people:
        own = [text for text in books.texts.values() if text.contact_id == person.contact_id]
        welcomes = [text for text in own if text.kind == "welcome"]
        if len(welcomes) != 1:
            yield f"patient {person.patient_id} has {len(welcomes)} welcomes"
        for text in welcomes:
            if text.state not in _OUT and text.gate not in _NO_WELCOME:
                yield f"the welcome of patient {person.patient_id} is {text.state} by {text.gate}"
        calls = [call for call in books.record.taken() if call.outgoing.to == person.phone]
        first = books.texts[calls[0].message_id] if calls else None
        if first is not None and first.kind != "welcome" and welcomes and welcomes[0].state != "cancelled":
            begun = {call.message_id for call in books.record.calls() if call.step < calls[0].step}
            if not (begun | may_be_unknown) & {welcomes[0].id}:
                yield f"patient {person.patient_id} got text {first.id} before the welcome"


def nothing_is_late_when_all_is_well(books: Books) -> Iterator[str]:
    """Where nothing goes wrong every text goes at its moment, or that of the gate that it waited for, and arrives."""
    if not books.setting.is_calm:
        return
    for number, calls in books.calls.items():
        text, began = books.texts[number], calls[0].at
        # A change of plan may make a text whose moment is past, or bring it back.
        moments = [text.created_at, *(each.at for each in books.history[number] if each.state == "due")]
        free = max([text.due_at or text.created_at, *(moment for moment in moments if moment <= began)])
        if began - free > _SOON:
            yield f"text {number} could have gone at {free} and was begun at {began}, though nothing was in its way"
        has_arrived = text.state == "delivered" or calls[-1].at > books.setting.end - _AN_HOUR
        if not has_arrived and text.error_code != courses.OPTED_OUT:
            yield f"text {number} is {text.state}, though nothing had happened to it"


def _need_not_be_there(books: Books, course: Course, told: Told, reminder: Reminder, version: Version) -> bool:
    """It was no more so when somebody next planned, or the person wanted no texts then."""
    planned = next((each for each in books.record.passes if each[1] >= reminder.due_at), None)
    if planned is None:
        return True
    if courses.was_out(books.record, course.person, reminder.due_at, planned[1]):
        return True
    if _is_over(books, course):
        return True
    between = [each for each in course.versions if version.step < each.step < planned[0]]
    pauses = (change for each in between for change in changes_of(each.plan))
    if reminder.expires_at <= planned[1] and any(isinstance(change, Hold | Stop) for change in pauses):
        return True  # it was too late by then, and the plan had come to its hold or its end
    return any(course.says(each).get(told, reminder).due_at != reminder.due_at for each in between) or any(
        told not in course.says(each) for each in between
    )


def _wrong(books: Books, course: Course, told: Told, text: Message, reminder: Reminder) -> str | None:
    """What is wrong with the row of a reminder that fell due; None where nothing is."""
    if text.state in _OUT:
        return None
    if text.state in {"due", "claimed"}:
        late = text.due_at is not None and text.due_at < books.setting.end - _AN_HOUR
        return f"still waits, due at {text.due_at}" if late else None
    ended = books.history[text.id][-1].at
    if text.state == "cancelled" and text.gate in _ONLY_WAIT:
        return f"was cancelled by {text.gate}, which only makes a text wait"
    if text.state == "expired":
        if books.taken.get(text.id):
            return None  # it went, and whether it may have been tried again is for `states_agree`
        free = _free(books, course.person, text, max(reminder.due_at, text.created_at), ended)
        if text.gate in {"too_late", "outside_window"} and free > _MOST_FREE:
            return f"expired by {text.gate} though it could have gone for {free}"
        return None
    if text.gate in (*_PLAN_GATES, "told_otherwise"):
        for version in course.versions:
            is_later = version.at > ended and version.at < reminder.expires_at
            if is_later and told in course.says(version) and not _is_done(books, course, told):
                out = courses.was_out(books.record, course.person, version.at, version.at)
                if course.says(version)[told].expires_at > version.at and not out and not _is_over(books, course):
                    return f"stays cancelled by {text.gate} though it was so again from {version.at} on"
    return None


def _free(books: Books, person: Person, text: Message, since: datetime, until: datetime) -> timedelta:
    """For how long in a span nothing kept a text from going, by steps of five minutes."""
    step = timedelta(minutes=5)
    held = [(each.since, each.until) for each in books.record.troubles if each.line is None]
    changes = books.history[text.id]
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        # Nobody sends once more what may be under way still.
        if (change.state == "due" and change.detail) or change.state in {"sending", "unknown"}:
            held.append((change.at, until if following is None else following.at))
    # A change of plan brings a text back at the moment it is made.
    since = max([since, *(change.at for change in changes if change.detail == "the plan was changed")])
    free, moment = timedelta(), since
    while moment < until:
        is_held = any(a <= moment <= b for a, b in held) or ways.was_kept_by_its_number(books, text, moment)
        if not is_held and courses.is_inside(moment, person.zone, person.window):
            free += step
        moment += step
    return free


def _is_done(books: Books, course: Course, told: Told) -> bool:
    row = plans.get_event(books.tx, course.versions[0].plan.id, told[0])
    return row is not None and row.status in {"given", "missed"}


def _is_over(books: Books, course: Course) -> bool:
    return not books.is_enrolled(course.person)


def _opted_out(books: Books, text: Message, person: Person, at: datetime) -> bool:
    differ = _clocks_differ(books)
    return courses.was_out(books.record, person, at - differ, at + differ)


def _clocks_differ(books: Books) -> timedelta:
    """What comes in is noted at the time of the host that it came to."""
    return timedelta(seconds=books.setting.host_clocks)


def _outside_window(books: Books, text: Message, person: Person, at: datetime) -> bool:
    return not courses.is_inside(at, person.zone, person.window)


def _quarantined(books: Books, text: Message, person: Person, at: datetime) -> bool:
    return books.contact(person).quarantined_at is not None


def _after_danger(books: Books, text: Message, person: Person, at: datetime) -> bool:
    quiet = timedelta(hours=QUIET_HOURS)
    dangers = [each for each in books.record.heard if each.phone == person.phone and "danger" in each.kinds]
    return any(each.tried[1] <= at < each.tried[1] + quiet + _AN_HOUR for each in dangers)


def _not_welcomed(books: Books, text: Message, person: Person, at: datetime) -> bool:
    welcome = next(
        each for each in books.texts.values() if each.contact_id == person.contact_id and each.kind == "welcome"
    )
    surely = at - _clocks_differ(books)
    history = books.history[welcome.id]
    before = [change.state for change in history if change.at < surely][-1:]
    since = [change.state for change in history if surely <= change.at <= at]
    return not before or not {*before, *since} <= _OUT - {"failed"}


def _weekly_limit(books: Books, text: Message, person: Person, at: datetime) -> bool:
    week = timedelta(days=8)
    own = [each for each in books.texts.values() if each.contact_id == person.contact_id and each.id != text.id]
    moments = [each.begun_at or each.due_at for each in own]
    near = [moment for moment in moments if moment is not None and at - week <= moment <= at + week]
    return len(near) >= books.setting.per_week


def _by_the_plan(books: Books, text: Message, person: Person, at: datetime, *, gate: str) -> bool:
    """None of what it told stood on its date just then, in any version that may have been in force."""
    for cover in books.covers[text.id]:
        course = books.courses[cover.plan_id]
        force = [each for each in course.versions if each.at <= at]
        now = [each for each in course.versions if each.at == at] or force[-1:]
        told = (cover.event, cover.rule.partition("#")[0], cover.event_date)
        if all(told in course.says(each) for each in now):
            return _is_over(books, course)
    return True


_CHECKS: Mapping[str, Check] = {
    "opted_out": _opted_out,
    "paused": _opted_out,
    "outside_window": _outside_window,
    "quarantined": _quarantined,
    "after_danger": _after_danger,
    "sender_stopped": ways.none_takes_it,
    "daily_cap": ways.none_takes_it,
    "no_template": ways.is_without_template,
    "not_welcomed": _not_welcomed,
    "weekly_limit": _weekly_limit,
    **{gate: partial(_by_the_plan, gate=gate) for gate in _PLAN_GATES},
}
RULES: tuple[Rule, ...] = (
    every_reminder_is_accounted_for,
    every_gate_was_right,
    everybody_is_welcomed,
    nothing_is_late_when_all_is_well,
)
