"""The one door for what staff do in a conversation: answer in their own words, note, hand over, say that it is done."""

from datetime import datetime, timedelta

from content.plain import Plain
from scheduler import consent, tasks
from scheduler.tasks import OWN_DOORS, DoneAlready
from store import audit, console_inbox, contacts, follow_ups, messages, outbox, patients, threads
from store.contacts import Contact
from store.database import Tx
from store.messages import Message

ANSWERED_FOR = timedelta(days=1)
"""So long after a person's text what we write is an answer to it, and goes at any hour."""
OF_USE = timedelta(days=1)
"""What could not go for so long is not sent any more."""
AS_IT_IS = "as_it_is"
"""What stands in the audit, among the fields, where somebody was warned of their words and sent them all the same."""

_PRIORITY = 0


class CannotBeAnswered(Exception):
    """Nothing may go to this person; the message is one plain sentence that says why."""


class HandedOver(Exception):
    """Somebody else has handed the conversation over meanwhile; the message says so in one plain sentence."""


def is_answer(tx: Tx, now: datetime, contact: Contact) -> bool:
    """Whether what is written now answers a text of the last day; else it is one that nobody asked for."""
    newest = console_inbox.newest_of_these(tx, [contact.id]).get(contact.id)
    return newest is not None and now - newest.at < ANSWERED_FOR


def why_not(tx: Tx, now: datetime, contact: Contact) -> Plain | None:
    """Why nothing may be written to a contact; None where something may."""
    silent = consent.why_silent(contact)
    if silent is not None:
        return silent
    if not is_answer(tx, now, contact) and patients.enrolled(tx, contact.id) is None:
        return Plain("They are not enrolled and have not texted for a day: only who texts us is answered. Phone them.")
    return None


def answer(
    tx: Tx, now: datetime, contact: Contact, words: str, by: str, *, as_it_is: bool = False, seen: int | None = None
) -> int:
    """Has words of staff go out to a contact of theirs, through the same gates as any text; its id.

    ``as_it_is``: they were warned of their words. ``seen``: the newest message that they had read; a colleague's answer
    after it has to be read first. The same words, sent once more from the same page, are the answer that there is.
    Raises CannotBeAnswered.
    """
    contacts.lock(tx, contact.id)
    current = contacts.get_contact(tx, contact.id) or contact
    refusal = why_not(tx, now, current)
    if refusal is not None:
        raise CannotBeAnswered(refusal)
    since = [] if seen is None else messages.conversation(tx, contact.id, after_id=seen)
    by_hand = [text for text in since if _is_by_hand(text)]
    for text in by_hand:
        if text.body == words:
            return text.id
    if by_hand:
        raise CannotBeAnswered(
            Plain("A colleague has answered meanwhile. Read that first; then send yours if it is still needed.")
        )
    patient = patients.enrolled(tx, contact.id)
    number = outbox.add_text(
        tx,
        now,
        clinic_id=contact.clinic_id,
        contact_id=contact.id,
        patient_id=patient.id if patient else None,
        kind="reply" if is_answer(tx, now, current) else "text",
        template=None,
        args={},
        body=words,
        due_at=now,
        expires_at=now + OF_USE,
        priority=_PRIORITY,
    )
    fields = ["body", *([AS_IT_IS] if as_it_is else [])]
    audit.record(tx, now, contact.clinic_id, by, "answer", "message", number, fields)
    return number or 0


def assign(tx: Tx, now: datetime, contact: Contact, user_id: int | None, by: str, *, was: int | None = None) -> None:
    """Hands a conversation over to a colleague, or to nobody in particular.

    ``was``: who looked after it when that was decided. Raises HandedOver where it is somebody else by now.
    """
    contacts.lock(tx, contact.id)
    thread = threads.threads(tx, contact.clinic_id, [contact.id]).get(contact.id)
    if (None if thread is None else thread.assigned_to) not in (was, user_id):
        raise HandedOver(Plain("Somebody else has handed this conversation over meanwhile: look who has it now."))
    threads.assign(tx, contact.clinic_id, contact.id, user_id)
    audit.record(tx, now, contact.clinic_id, by, "assign", "contact", contact.id, ["assigned_to"])


def note(tx: Tx, now: datetime, contact: Contact, words: str, by: str) -> None:
    """Writes something down that the patient never sees."""
    threads.add_note(tx, now, contact.clinic_id, contact.id, by, words)
    audit.record(tx, now, contact.clinic_id, by, "note", "contact", contact.id, ["note"])


def done(tx: Tx, now: datetime, contact: Contact, through: int, by: str) -> bool:
    """That the conversation needs nobody any more, up to and with the text ``through``, the newest that was read.

    Closes what was open about it before that text came; False where something stays, since it has a door of its own or
    came later.
    """
    through = min(through, console_inbox.newest_numbers(tx, [contact.id]).get(contact.id, 0))
    stays = False
    for task in follow_ups.about(tx, contact.id):
        if task.state != "open":
            continue
        if task.kind in OWN_DOORS or (task.message_id is not None and task.message_id > through):
            stays = True
            continue
        try:
            tasks.close(tx, now, task, by, "")
        except DoneAlready:
            continue
    threads.done_through(tx, contact.clinic_id, contact.id, through)
    audit.record(tx, now, contact.clinic_id, by, "done", "contact", contact.id, ["done_through"])
    return not stays


def keep_ready(tx: Tx, now: datetime, clinic_id: int, name: str, words: str, by: str) -> None:
    """Keeps an answer at hand."""
    number = threads.add_ready_answer(tx, clinic_id, name, words)
    audit.record(tx, now, clinic_id, by, "add", "ready_answer", number, ["name", "words"])


def drop_ready(tx: Tx, now: datetime, clinic_id: int, answer_id: int, by: str) -> bool:
    """Keeps an answer at hand no more; False where the clinic has none such."""
    if not threads.remove_ready_answer(tx, clinic_id, answer_id):
        return False
    audit.record(tx, now, clinic_id, by, "remove", "ready_answer", answer_id)
    return True


def _is_by_hand(text: Message) -> bool:
    return text.direction == "out" and text.template is None and text.fact is None
