"""What follows from a text that did not arrive, whether the provider refused it or a receipt said so."""

from datetime import datetime, timedelta
from random import Random

from channels.base import Fault, Via
from content.library import Library
from scheduler import alerts, consent
from scheduler.delivery import allowance, ways
from scheduler.delivery.again import next_try
from store import clinics, contacts, follow_ups, messages, senders, settling
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUpKind
from store.messages import Message

_OURS = frozenset({Fault.SENDER, Fault.ACCOUNT})
_FAILED = frozenset({"failed", "undelivered"})
_SETTLED = _FAILED | {"delivered"}
_PASSING = frozenset({Fault.RECIPIENT_TEMPORARY, Fault.THROTTLE, Fault.DAILY_CAP, Fault.EXPIRED})
"""What keeps a text that the provider took from arriving now, and need not keep it an hour later."""
_FOR_GOOD = frozenset({Fault.RECIPIENT_PERMANENT})
_NOT_BY_WHATSAPP = frozenset({Fault.TEMPLATE, Fault.CONTENT})
"""What WhatsApp does not take another network may. Whoever blocked us there is not written to elsewhere: staff ask."""
_ONCE_MORE = "once more after"
_LOOK_BACK = 20
"""Messages of a conversation in which the last text that went out before is looked for."""


def detail(fault: Fault, words: str = "") -> str:
    """How a fault is written into a text's history: its class first, which later judgements read."""
    return f"{fault} {words}".rstrip()


def text_failed(tx: Tx, now: datetime, library: Library, message_id: int, fault: Fault) -> None:
    """To be called once, when a text has become `failed` or `undelivered`: opt-out, quarantine, and a task for staff.

    What a network does not take for good goes once over the other, where the person may be reached there.
    A number is put in quarantine when two texts in a row failed for good, so that one odd answer silences nobody.
    """
    text = messages.get_message(tx, message_id)
    contact = None if text is None else contacts.get_contact(tx, text.contact_id)
    if text is None or contact is None or _goes_the_other_way(tx, now, text, contact, fault):
        return
    if fault is Fault.OPTED_OUT:
        consent.stop(tx, now, library, contact, "provider", source="provider", by="provider", message_id=message_id)
    elif fault is Fault.RECIPIENT_PERMANENT and _failed_before(tx, text):
        contacts.quarantine(tx, now, contact.id, detail(fault))
    elif fault in _OURS and text.sender_id is not None:
        stop_sender(tx, now, text.clinic_id, text.sender_id, message_id, detail(fault))
    if not alerts.reply_settled(tx, now, text, arrived=False) and fault is not Fault.OPTED_OUT:
        tell_staff(tx, now, message_id, "failed_text", urgency=1, within=timedelta(days=1), about=detail(fault))


def complained(tx: Tx, real: datetime, text: Message, fault: Fault) -> None:
    """A receipt said that the sender of a text was given too much: it slows down."""
    if fault in allowance.COMPLAINTS:
        for sender in senders.all_senders(tx):
            if sender.id == text.sender_id:
                allowance.complain(tx, real, sender, fault)


def tell_staff_once(
    tx: Tx, now: datetime, message_id: int, kind: FollowUpKind, *, within: timedelta, about: str
) -> None:
    """As `tell_staff`, unless something of this kind is open about the person already."""
    text = messages.get_message(tx, message_id)
    if text is not None and follow_ups.open_one(tx, text.contact_id, kind) is None:
        tell_staff(tx, now, message_id, kind, urgency=1, within=within, about=about)


def sent_anew(tx: Tx, now: datetime, text: Message, fault: Fault) -> bool:
    """Has a text sent once more that the provider took and that did not arrive, where that may help; whether it is so.

    Once only, after the wait of such a fault, and only if it is of use by then. An answer is not: whoever asked has a
    person look at it. The gates judge it like any other.
    """
    if text.kind == "reply" or fault not in _PASSING:
        return False
    if any(change.detail.startswith(_ONCE_MORE) for change in messages.history(tx, text.id)):
        return False
    # Drawn from its number: texts that failed together are not sent together, and a replay does the same again.
    again = next_try(fault, text.attempts, now, text.expires_at, Random(text.id))  # noqa: S311 - no secret
    return again is not None and settling.send_anew(tx, now, text, again, f"{_ONCE_MORE} {fault}")


def tell_staff(
    tx: Tx, now: datetime, message_id: int, kind: FollowUpKind, *, urgency: int, within: timedelta, about: str
) -> None:
    """Puts a text on the clinic's list of what staff must do."""
    text = messages.get_message(tx, message_id)
    if text is None:
        return
    follow_ups.open_follow_up(
        tx,
        now,
        clinic_id=text.clinic_id,
        kind=kind,
        urgency=urgency,
        contact_id=text.contact_id,
        patient_id=text.patient_id,
        message_id=message_id,
        due_by=now + within,
        detail=about,
    )


def stop_sender(tx: Tx, now: datetime, clinic_id: int, sender_id: int, message_id: int, about: str) -> None:
    """A sender or account that is at fault gets no more texts before somebody has mended it, and staff hear of it."""
    if clinics.stop_sender(tx, now, sender_id, about):
        follow_ups.open_follow_up(
            tx,
            now,
            clinic_id=clinic_id,
            kind="sender",
            urgency=3,
            message_id=message_id,
            due_by=now + timedelta(hours=1),
            detail=about,
        )


def _goes_the_other_way(tx: Tx, now: datetime, text: Message, contact: Contact, fault: Fault) -> bool:
    """Has a text go over the other network, never a second time; whether it does."""
    for_good = _FOR_GOOD | (_NOT_BY_WHATSAPP if text.via == Via.WHATSAPP else frozenset())
    if fault not in for_good or text.kind == "reply" or text.instead is not None or contact.opted_out_at is not None:
        return False
    if text.expires_at is not None and text.expires_at <= now:
        return False
    other = ways.other_way(text.via)
    entry = next(entry for entry in clinics.entries(tx) if entry.clinic.id == text.clinic_id)
    if not ways.may_use(other, contact.fallback, entry.clinic) or not ways.runs(entry, other):
        return False
    if not settling.send_anew(tx, now, text, now, f"by {other} after {text.via}: {detail(fault)}", instead=other):
        return False
    within = timedelta(days=1)
    tell_staff_once(tx, now, text.id, "failed_text", within=within, about=f"{text.via}_failed {detail(fault)}")
    return True


def _failed_before(tx: Tx, text: Message) -> bool:
    """Whether the last settled text that went to this number before failed for good, too."""
    for other in reversed(messages.conversation(tx, text.contact_id, limit=_LOOK_BACK)):
        if other.direction == "out" and other.id != text.id and other.state in _SETTLED:
            last = messages.history(tx, other.id)[-1:]
            return other.state in _FAILED and bool(last) and last[0].detail.startswith(Fault.RECIPIENT_PERMANENT)
    return False
