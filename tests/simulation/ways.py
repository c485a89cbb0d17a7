"""Whether each text went by a way that it may go: no number too fast, WhatsApp by its rules, the other network once.

The auditor's own view of what `docs/sending.md` promises, from the calls that were made.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from channels.base import Via
from content.library import Library
from store.messages import Message
from tests.simulation import lines
from tests.simulation.auditor import Books, Rule, failed_for_good
from tests.simulation.given import AHEAD, day_of, segments
from tests.simulation.lines import Line
from tests.simulation.record import Begun, Person

_ROUNDED = timedelta(milliseconds=1)
_SESSION = timedelta(hours=24)
_A_MINUTE = timedelta(minutes=1)


def no_number_is_too_fast(books: Books) -> Iterator[str]:
    """No number is given more than its rate, but for ten seconds of it ahead, nor more on a day than its cap."""
    for line, calls in books.given.by_line.items():
        free_at, used = books.setting.start, dict[date, int]()
        for call in calls:
            if free_at - call.at > AHEAD + _ROUNDED:
                yield f"text {call.message_id} was given at {call.at} to {line.address}, which is busy until {free_at}"
            cost, day = segments(call), day_of(call.at)
            free_at = max(free_at, call.at) + timedelta(seconds=cost / line.rate)
            used[day] = used.get(day, 0) + cost
        for day, count in used.items():
            if line.cap and count > line.cap:
                yield f"{line.address} was given {count} segments on {day}, and takes {line.cap}"


def whatsapp_by_its_rules(books: Books) -> Iterator[str]:
    """Who has not written by WhatsApp for a day gets nothing there but the template of that very text."""
    approved = _approved(books)
    for call in books.record.calls():
        text, sid = books.texts[call.message_id], call.outgoing.content_sid
        if call.outgoing.via is Via.SMS and sid is not None:
            yield f"text {text.id} went as SMS by a template"
        elif call.outgoing.via is Via.WHATSAPP and sid is None and not _wrote(books, call.outgoing.to, call.at):
            yield f"text {text.id} went at {call.at} by WhatsApp in free words, after a day without a word"
        elif sid is not None and sid not in {approved.get((text.template or "", each)) for each in ("en", "es")}:
            yield f"text {text.id} ({text.template}) went by the template of another"


def the_other_network_once(books: Books) -> Iterator[str]:
    """What failed for good on one network goes once over the other, and only where the person may be reached there."""
    for number, calls in books.calls.items():
        again = [
            (call, after) for call, after in pairwise(calls) if failed_for_good(call) and _told(books, call, after)
        ]
        if len(again) > 1:
            yield f"text {number} went on {len(again)} times after it had failed for good"
        for call, after in again:
            if call.outgoing.via is after.outgoing.via:
                yield f"text {number} failed for good over {call.outgoing.via}, and went the same way again"
        person = books.people[books.texts[number].contact_id]
        for call in calls:
            if call.outgoing.via is not person.via and not _agreed(person):
                yield f"text {number} went over {call.outgoing.via}, which {person.phone} did not agree to"


def _told(books: Books, call: Begun, after: Begun) -> bool:
    """Whether it was known that a call failed when the next was begun; an answer may be lost."""
    told = (each.at for each in books.history[call.message_id] if each.state == "failed")
    return call.accepted is not None or any(call.at <= at <= after.at for at in told)


def none_takes_it(books: Books, text: Message, person: Person, at: datetime) -> bool:
    """Whether each number by which a text may have had to go was stopped, or had too little left of its day."""
    given = books.given
    return any(all(given.is_stopped(line, at) or given.is_full(line, at) for line in own) for own in _sets(books, text))


def is_without_template(books: Books, text: Message, person: Person, at: datetime) -> bool:
    """Whether WhatsApp takes a text neither in free words nor by a template, and SMS is not there to take it."""
    if Via.WHATSAPP not in (person.via, text.instead) or _surely_wrote(books, person.phone, at):
        return False
    if all((text.template or "", language) in _approved(books) for language in ("en", "es")):
        return False
    given, own = books.given, [line for line in books.setting.lines if line.via is Via.SMS]
    is_last = text.instead == Via.WHATSAPP or not _agreed(person)
    return is_last or all(given.is_stopped(line, at) or given.is_full(line, at) for line in own)


def was_kept_by_its_number(books: Books, text: Message, at: datetime) -> bool:
    """Whether a number by which a text may have had to go was busy, or all of them were at fault."""
    given = books.given
    return any(
        any(given.is_busy(line, at) for line in own) or all(given.is_stopped(line, at) for line in own)
        for own in _sets(books, text)
    )


def _sets(books: Books, text: Message) -> Iterator[list[Line]]:
    """The numbers by which a text may go: as the person chose, and as it goes where that failed."""
    person = books.people[text.contact_id]
    networks = {person.via, Via.SMS} if _agreed(person) and person.via is Via.WHATSAPP else {person.via}
    yield [line for line in books.setting.lines if line.via in networks]
    if text.instead is not None:
        yield [line for line in books.setting.lines if line.via == text.instead]


def _agreed(person: Person) -> bool:
    """Whether somebody may be reached over the network that they did not choose: SMS unless they said no to it."""
    return person.fallback == "yes" or (person.fallback is None and person.via is Via.WHATSAPP)


def _wrote(books: Books, phone: str, at: datetime) -> bool:
    """Whether somebody may have written by WhatsApp in the day before a moment, by the clock of whoever heard it."""
    slack = _A_MINUTE + timedelta(seconds=books.setting.host_clocks)
    own = (each for each in books.record.heard if each.phone == phone and each.via is Via.WHATSAPP)
    return any(at - _SESSION - slack <= each.tried[1] <= at for each in own)


def _surely_wrote(books: Books, phone: str, at: datetime) -> bool:
    slack = _A_MINUTE + timedelta(seconds=books.setting.host_clocks)
    own = (each for each in books.record.heard if each.phone == phone and each.via is Via.WHATSAPP)
    moments = (each.answered[1] for each in own if each.answered is not None)
    return any(at - _SESSION + slack <= moment <= at - slack for moment in moments)


def _approved(books: Books) -> dict[tuple[str, str], str]:
    library: Library = books.library
    return lines.templates(library, books.setting.templates)


RULES: tuple[Rule, ...] = (no_number_is_too_fast, whatsapp_by_its_rules, the_other_network_once)
