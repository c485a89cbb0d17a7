"""The auditor: holds the provider's ledger and the program's rows against the calendars, the consents and the clock.

Each rule is a function that gives what it found against it, one plain sentence each.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from channels.base import Fault, ReceiptState, Verdict, Via
from content.library import Library
from scheduler.planned import calendar_of, next_text_at
from scheduler.send_window import SendWindow
from store import clinics, consents, contacts, follow_ups, messages, patients, plans
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUp
from store.messages import RANKS, Cover, Message, StateChange
from tests.simulation import courses
from tests.simulation.courses import Course
from tests.simulation.given import Given, uncalled
from tests.simulation.record import Begun, Heard, Person, Record
from tests.simulation.setting import Setting

LONGEST_CALL = timedelta(seconds=15)
A_WHILE = timedelta(hours=1)


@dataclass(frozen=True)
class Finding:
    """Something that must not be."""

    rule: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"


@dataclass
class Books:
    """All that the rules look at."""

    record: Record
    setting: Setting
    tx: Tx
    library: Library

    @cached_property
    def texts(self) -> dict[int, Message]:
        """Every text that went out, or was to, but answers."""
        found = {}
        for person in self.record.people:
            for each in messages.conversation(self.tx, person.contact_id, limit=10_000):
                if each.direction == "out" and each.kind != "reply":
                    found[each.id] = each
        return dict(sorted(found.items()))

    @cached_property
    def history(self) -> dict[int, list[StateChange]]:
        """How each of them came to its state."""
        return {number: messages.history(self.tx, number) for number in self.texts}

    @cached_property
    def covers(self) -> dict[int, list[Cover]]:
        """What each of them tells."""
        return {number: messages.covers(self.tx, number) for number in self.texts}

    @cached_property
    def courses(self) -> dict[int, Course]:
        """The plans."""
        return {
            number: Course(person, self.record.versions[number], self.setting.clinic_zone, self.setting.end)
            for person in self.record.people
            for number in person.plans
        }

    @cached_property
    def taken(self) -> dict[int, list[Begun]]:
        """The provider's ledger, by the text."""
        found: dict[int, list[Begun]] = {}
        for call in self.record.taken():
            found.setdefault(call.message_id, []).append(call)
        return found

    @cached_property
    def calls(self) -> dict[int, list[Begun]]:
        """Every call, by the text, in order."""
        found: dict[int, list[Begun]] = {}
        for call in sorted(self.record.calls(), key=lambda each: each.step):
            found.setdefault(call.message_id, []).append(call)
        return found

    @cached_property
    def given(self) -> Given:
        """What each number of ours was given."""
        sent = {number: [each.at for each in told if each.state == "sending"] for number, told in self.history.items()}
        return Given(self.record, self.setting.lines, uncalled(sent, self.record))

    @cached_property
    def people(self) -> dict[int, Person]:
        """By their contacts."""
        return {person.contact_id: person for person in self.record.people}

    def contact(self, person: Person) -> Contact:
        """What the store knows of a number."""
        found = contacts.get_contact(self.tx, person.contact_id)
        if found is None:
            raise LookupError(person.contact_id)
        return found

    def heard(self, person: Person) -> list[Heard]:
        """What somebody wrote, in the order in which they did."""
        own = (text for text in self.record.heard if text.phone == person.phone)
        return sorted(own, key=lambda text: text.tried)

    def is_enrolled(self, person: Person) -> bool:
        """Whether the enrolment has not ended."""
        patient = patients.get_patient(self.tx, person.patient_id)
        return patient is not None and patient.state == "active"

    def alerts(self, person: Person) -> list[FollowUp]:
        """The alerts that a person's texts opened."""
        return [task for task in follow_ups.about(self.tx, person.contact_id) if task.kind == "danger"]


Rule = Callable[[Books], Iterator[str]]


def sent_once(books: Books) -> Iterator[str]:
    """The provider took no text twice, and nothing was told twice."""
    tellers: dict[Cover, set[int]] = {}
    for number, calls in books.taken.items():
        again = any(map(_was_sent_anew, calls[:-1])), any(map(failed_for_good, calls[:-1]))
        if len(calls) > 1 + sum(again) or not all(_was_sent_anew(call) or failed_for_good(call) for call in calls[:-1]):
            yield f"text {number} was taken {len(calls)} times"
        for cover in books.covers.get(number, ()):
            # The rule without what somebody may have put behind it.
            plain = Cover(cover.plan_id, cover.event, cover.rule.partition("#")[0], cover.event_date)
            tellers.setdefault(plain, set()).add(number)
    for cover, numbers in tellers.items():
        if len(numbers) > 1:
            yield f"{cover} was told by the texts {sorted(numbers)}"


def nothing_after_stop(books: Books) -> Iterator[str]:
    """No call is begun after a STOP was answered, until the person begins to take it back."""
    for person in books.record.people:
        for silence in courses.silences(books.record, person):
            for call in books.record.calls():
                if call.outgoing.to != person.phone or call.step < silence.heard:
                    continue
                if silence.over is None or call.step < silence.over:
                    yield f"text {call.message_id} was begun at {call.at} after the STOP of {silence.since}"


def inside_the_window(books: Books) -> Iterator[str]:
    """Every call is begun inside the hours of its person, by the clock on their wall, and taken soon."""
    for call in books.record.taken():
        person = next(each for each in books.record.people if each.phone == call.outgoing.to)
        if not courses.is_inside(call.at, person.zone, person.window):
            yield f"text {call.message_id} was begun at {courses.local(call.at, person.zone)}"
        if call.accepted is not None and call.accepted[1] - call.at > LONGEST_CALL:
            yield f"text {call.message_id} was under way from {call.at} to {call.accepted[1]}"


def nothing_untrue(books: Books) -> Iterator[str]:
    """At least one of the events that a text tells of stood on the date that it tells, when its call was begun."""
    for call in books.record.taken():
        told = books.covers.get(call.message_id, ())
        if told and not any(_stood(books, cover, call.step) for cover in told):
            yield f"text {call.message_id}, begun at {call.at}, told of {told[0].event} on {told[0].event_date}"


def in_its_time(books: Books) -> Iterator[str]:
    """Nothing goes out when it is of no use any more, or before it is due."""
    for call in books.record.taken():
        text = books.texts[call.message_id]
        if text.expires_at is not None and text.expires_at <= call.at:
            yield f"text {text.id} expired at {text.expires_at} and was begun at {call.at}"
        says = [_said(books, cover, call.step) for cover in books.covers[text.id]]
        if says and all(due is not None and due > call.at for due in says):
            yield f"text {text.id} was begun at {call.at}, before it was due"


def limits_hold(books: Books) -> Iterator[str]:
    """Nobody got more than their limit on seven local days that follow each other.

    A text counts on the day on which it went, however late that was. One that did not arrive, and was given up before
    it could go once more, is none that they got.
    """
    for person in books.record.people:
        calls = [
            call
            for call in books.record.taken()
            if call.outgoing.to == person.phone
            and call is books.taken[call.message_id][-1]
            and not _never_arrived(books, call.message_id)
        ]
        counted = [call.at for call in calls]
        for number, call in enumerate(calls):
            began = courses.week_began(call.at, person.zone)
            week = sum(moment >= began for moment in counted[: number + 1])
            # The confirmation of the enrolment is not held back by a limit, but counts.
            if week > books.setting.per_week and books.texts[call.message_id].kind != "welcome":
                yield f"text {call.message_id} at {call.at} was the {week}th of seven days to {person.phone}"


def _never_arrived(books: Books, number: int) -> bool:
    """Whether a receipt said that a text did not arrive, and it was given up before it could go once more."""
    said = {change.state for change in books.history[number]}
    return books.texts[number].state in {"cancelled", "expired"} and "undelivered" in said and "delivered" not in said


def unknown_only_in_flight(books: Books) -> Iterator[str]:
    """Only a call that was in flight when something went wrong is ever unknown: no more than were under way at once."""
    unclear = {
        call.message_id
        for call in books.record.calls()
        if call.result is not None and call.result.verdict is Verdict.UNKNOWN
    }
    may_be_unknown = books.record.may_be_unknown()
    for number, changes in books.history.items():
        became = any(change.state == "unknown" for change in changes)
        if became and number not in unclear and number not in may_be_unknown:
            yield f"text {number} became unknown, and nothing had happened to its call"
    for blow in books.record.blows:
        for number in sorted(blow.rows - blow.in_flight):
            yield f"text {number} stood as being sent by {blow.process} at {blow.at}, which had no call of it"
        if len(blow.rows) > blow.calls:
            yield f"{len(blow.rows)} texts stood as being sent by {blow.process} at {blow.at}, and {blow.calls} may be"


def states_agree(books: Books) -> Iterator[str]:
    """A row says what the ledger and the receipts say, and its history never went back."""
    for number, text in books.texts.items():
        calls = books.taken.get(number, [])
        ids = {call.provider_id for call in calls}
        if text.state in {"accepted", "sent", "delivered", "undelivered"} and text.provider_id not in ids:
            yield f"text {number} is {text.state}, and the provider never took it"
        waits_or_ended = text.state in {"due", "claimed", "cancelled", "expired", "sending"}
        if waits_or_ended and not all(_may_go_again(text, call) for call in calls):
            yield f"text {number} is {text.state}, and the provider took it"
        for provider_id in {call.provider_id for call in calls if not _gave_way(books, text, call)}:
            told = books.record.receipts.get(provider_id or "", set())
            ended = told & {ReceiptState.DELIVERED, ReceiptState.UNDELIVERED}
            least = RANKS["delivered"] if ended else RANKS["sent"] if told else 0
            if RANKS[text.state] < least:
                yield f"text {number} is {text.state}, and a receipt said {sorted(told)}"
        ranks = [RANKS[change.state] for change in books.history[number] if change.state != "due"]
        started = ranks[max((place for place, rank in enumerate(ranks) if rank <= RANKS["sending"]), default=0) :]
        if started != sorted(started):
            yield f"text {number} went back: {[change.state for change in books.history[number]]}"
        # A claim leaves no moment of its own: it cannot have come before the text was due.
        since = max(text.state_at, text.due_at or text.state_at)
        if text.state in {"claimed", "sending"} and since < books.setting.end - A_WHILE:
            yield f"text {number} is still {text.state} at the end"


def stop_is_whole(books: Books) -> Iterator[str]:
    """What a person last asked for is what stands: contact, consent, and no text that waits."""
    for person in books.record.people:
        contact = books.contact(person)
        last = consents.consents(books.tx, contact.id)[-1:]
        if last and (contact.opted_out_at is not None) != (last[0].kind not in {"given", "restored"}):
            yield f"contact {contact.id} and its last consent ({last[0].kind}) do not agree"
        asked = None
        for heard in books.heard(person):
            if heard.kinds & {"stop", "start"} and heard.answered is not None:
                asked = heard
        if asked is None or (asked.words == "PAUSE" and not books.is_enrolled(person)):
            pass  # who has no reminders cannot pause them
        elif "stop" in asked.kinds and contact.opted_out_at is None:
            yield f"{person.phone} wrote {asked.words!r} at {asked.answered}, and is not opted out"
        if contact.opted_out_at is not None:
            for text in books.texts.values():
                if text.contact_id == contact.id and text.state in {"due", "claimed"} and text.created_at < last[0].at:
                    yield f"text {text.id} waits for {person.phone}, who opted out"


def danger_is_answered(books: Books) -> Iterator[str]:
    """A text that told of danger was answered with an urgent reply, and one alert is open until staff close it."""
    for person in books.record.people:
        alerts = books.alerts(person)
        if sum(alert.state == "open" for alert in alerts) > 1:
            yield f"{person.phone} has several open alerts"
        dangers = [each for each in books.heard(person) if "danger" in each.kinds]
        for text in dangers:
            if text.answered is None:
                yield f"{text.words!r} of {text.tried} was never answered"
            elif "911" not in (text.body or "") and "202-555-0199" not in (text.body or ""):
                yield f"{text.words!r} of {text.tried} was answered {text.body!r}"
        closed = books.record.closed_alerts.get(person.contact_id, [])
        for text in dangers:
            if text.answered is None:
                continue
            quoted = any(_quotes(alert, text.words) for alert in alerts)
            if not quoted:
                yield f"{text.words!r} of {text.tried} opened no alert"
            is_open = any(alert.state == "open" for alert in alerts)
            if not is_open and not any(moment >= text.tried[1] for moment in closed):
                yield f"the alert of {text.words!r} of {text.tried} is not open, and nobody closed it"


def planned_ahead(books: Books) -> Iterator[str]:
    """Everybody is planned for at the moment of their next reminder."""
    clinic = clinics.entries(books.tx)[0].clinic
    for person in books.record.people:
        patient = patients.get_patient(books.tx, person.patient_id)
        if patient is None or patient.state == "ended" or books.contact(person).opted_out_at is not None:
            continue
        active = plans.plans_of(books.tx, [patient.id])[patient.id]
        expected = next_text_at(active, SendWindow.of(patient, clinic), books.setting.end)
        stands = patient.next_text_at
        # An earlier look at somebody does no harm.
        if (stands is None) != (expected is None) or (stands and expected and stands > expected):
            yield f"patient {patient.id} is planned for at {stands}, and {expected} is right"


def shadow_is_the_calendar(books: Books) -> Iterator[str]:
    """The rows of events are what the calendar says."""
    for number, course in books.courses.items():
        plan = plans.get_plan(books.tx, number)
        if plan is None or plan.shadow_until is None:
            continue
        calendar = calendar_of(plan)
        says = {(event.name, event.date) for event in calendar.events(None, plan.shadow_until)}
        rows = plans.events_since(books.tx, number, plan.start - timedelta(days=400))
        stands = {(row.name, row.date) for row in rows if row.status not in {"gone", "held"}}
        marked = {row.name for row in rows if row.status in {"given", "missed"}}
        for name, day in sorted(says ^ stands):
            if name not in marked:
                yield f"plan {course.versions[0].plan.id}: {name} on {day} is in one of row and calendar alone"


def _was_sent_anew(call: Begun) -> bool:
    """Whether what the provider took did not arrive, by a fault that passes: once more is right then."""
    return call.end is not None and call.end.fault is Fault.RECIPIENT_TEMPORARY


def failed_for_good(call: Begun) -> bool:
    """Whether the network of a call will never take the text, as its answer or the end of it said."""
    fault = call.end.fault if call.end is not None else call.result.fault if call.result is not None else Fault.NONE
    by_whatsapp = {Fault.TEMPLATE, Fault.CONTENT} if call.outgoing.via is Via.WHATSAPP else set[Fault]()
    return fault in {Fault.RECIPIENT_PERMANENT} | by_whatsapp


def _may_go_again(text: Message, call: Begun) -> bool:
    """Whether a text may wait, or end, though the provider took it: it did not arrive, and goes otherwise or later."""
    return _was_sent_anew(call) or (failed_for_good(call) and text.instead not in (None, call.outgoing.via))


def _gave_way(books: Books, text: Message, call: Begun) -> bool:
    """Whether another attempt took the place of a call that the provider took, or is to: its end was heard."""
    is_heard = any(change.state in {"undelivered", "failed"} for change in books.history[text.id])
    return (text.attempts > 1 or is_heard) and _may_go_again(text, call)


def _stood(books: Books, cover: Cover, step: int) -> bool:
    course = books.courses[cover.plan_id]
    version = course.at(step)
    return version is not None and course.has(version, cover.event, cover.event_date)


def _said(books: Books, cover: Cover, step: int) -> datetime | None:
    course = books.courses[cover.plan_id]
    version = course.at(step)
    reminder = course.says(version).get((cover.event, cover.rule, cover.event_date)) if version else None
    return None if reminder is None else reminder.due_at


def _quotes(alert: FollowUp, words: str) -> bool:
    return words in (alert.detail or "")


def histogram(books: Books) -> Mapping[str, int]:
    """How the texts of a run ended."""
    return Counter(text.gate or text.state for text in books.texts.values())
