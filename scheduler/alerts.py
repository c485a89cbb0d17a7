"""The one door for alerts: a text told of danger, and staff must know of it and of whether our reply arrived.

One alert is open for a number at a time. Another danger text joins it: its words are added, the graver level stands,
and the clock starts again. A reply that did not arrive is what staff see first, and it makes any alert urgent.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from content.plain import Plain
from content.sms_text import fold, measure
from scheduler.plan.local_time import to_local
from scheduler.send_window import SendWindow
from store import audit, clinics, contacts, follow_ups, messages, outbox, patients
from store.clinics import Clinic
from store.contacts import Contact
from store.database import Tx
from store.follow_ups import FollowUp, ReplyState
from store.messages import Message

_NOW = 3
URGENCIES: Mapping[str, int] = {"crisis": _NOW, "emergency": _NOW, "overdose": _NOW, "call_now": 2}
"""The outcomes that alert staff, each with how urgent it is."""

TO_LIFE = frozenset(kind for kind, urgency in URGENCIES.items() if urgency == _NOW)
"""Those after which a person is left in peace for the clinic's quiet hours. After too much medicine taken, a reminder
to take it would be worse than none."""

HEADLINES: Mapping[ReplyState, str] = {
    "lost": Plain("our reply did not reach them: phone now"),
    "underway": Plain("it is not known yet whether our reply reached them"),
    "arrived": Plain("our reply reached them"),
}
"""What stands on top of an alert."""

SEEN = "seen"
"""The wording key of the text that somebody has seen theirs."""

_SEEN_OF_USE = timedelta(minutes=30)
_MOST_LINES = 20
_LONGEST_QUOTE = 300
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of writing, and would turn round what stands behind the words."""


def told(
    tx: Tx,
    now: datetime,
    contact: Contact,
    *,
    kind: str,
    why: str,
    patient_id: int | None,
    message_id: int,
    reachable: bool,
) -> None:
    """The text ``message_id`` told of danger, and ``why`` we think so. ``reachable``: our reply may arrive."""
    contacts.lock(tx, contact.id)
    if kind in TO_LIFE:
        contacts.note_alarm(tx, now, contact.id)
    _alert(
        tx,
        now,
        clinic_id=contact.clinic_id,
        contact_id=contact.id,
        patient_id=patient_id,
        message_id=message_id,
        urgency=URGENCIES[kind],
        line=why,
        reply="underway" if reachable and not _is_blocked(contact) else "lost",
    )


def reply_settled(tx: Tx, now: datetime, reply: Message, *, arrived: bool) -> bool:
    """What became of a reply; False where it did not answer a danger text.

    It reached them when the reply to the latest text did. Where any did not, staff must phone, unless a later one
    arrived; and where staff had closed the alert, they must hear of it again.
    """
    text = None if reply.in_reply_to is None else messages.get_message(tx, reply.in_reply_to)
    if text is None or text.outcome_kind is None or text.outcome_kind not in URGENCIES:
        return False
    contacts.lock(tx, text.contact_id)
    alert = follow_ups.open_one(tx, text.contact_id, "danger")
    if alert is None:
        if not arrived:
            _alert(
                tx,
                now,
                clinic_id=text.clinic_id,
                contact_id=text.contact_id,
                patient_id=text.patient_id or reply.patient_id,
                message_id=text.id,
                urgency=_NOW,
                line=line(text.outcome_kind, text.outcome_id, text.body or "", text.matched or ""),
                reply="lost",
            )
    elif arrived:
        if alert.message_id == text.id:
            follow_ups.set_reply(tx, alert.id, "arrived", urgency=alert.urgency, due_by=alert.due_by)
    elif alert.message_id == text.id or alert.reply == "underway":
        soon = _overdue_at(tx, now, alert.clinic_id, _NOW)
        due_by = soon if alert.due_by is None else min(alert.due_by, soon)
        follow_ups.set_reply(tx, alert.id, "lost", urgency=_NOW, due_by=due_by)
    return True


def minutes(clinic: Clinic, urgency: int) -> tuple[int, ...]:
    """For how long an alert of this urgency must have rung before each step of the rota is told."""
    return clinic.danger_minutes if urgency == _NOW else clinic.call_minutes


def overdue_at(clinic: Clinic, urgency: int, rung_at: datetime) -> datetime:
    """When the last step is told of an alert that rings since ``rung_at``: from then on it is overdue."""
    return rung_at + timedelta(minutes=minutes(clinic, urgency)[-1])


class SeenAlready(Exception):
    """Somebody has the alert, it is done, or another text came since the page was made; the message says which."""


def see(tx: Tx, now: datetime, alert: FollowUp, rung_at: datetime, by: str) -> FollowUp:
    """That ``by`` has seen the alert and takes it. Raises SeenAlready, with one plain sentence."""
    before = follow_ups.get_follow_up(tx, alert.clinic_id, alert.id) or alert
    after = follow_ups.see(tx, now, alert.id, rung_at, by)
    if before.seen_at is None and after.seen_by == by and after.seen_at == now:
        audit.record(tx, now, alert.clinic_id, by, "see", "follow_up", alert.id)
        return after
    if after.state == "done":
        raise SeenAlready(Plain("{who} has closed this alert.", who=after.closed_by))
    if after.seen_by is not None:
        raise SeenAlready(Plain("{who} has this alert already.", who=after.seen_by))
    raise SeenAlready(Plain("Another text came from this number: read it first."))


def tell_seen(tx: Tx, now: datetime, clinic: Clinic, alert: FollowUp, name: str, address: str) -> int | None:
    """Lets who texted know that somebody has seen it, where their clinic wants that; the text's id.

    Of who saw it the text says an initial: of the ``name``, or of the mail ``address`` where that has none that an SMS
    can carry. It answers a text and so goes at any hour; what cannot go soon goes not at all.
    """
    if not clinic.tell_seen or alert.contact_id is None:
        return None
    person = None if alert.patient_id is None else patients.get_patient(tx, alert.patient_id)
    zone = clinic.timezone if person is None else SendWindow.of(person, clinic).zone(now)
    return outbox.add_text(
        tx,
        now,
        clinic_id=alert.clinic_id,
        contact_id=alert.contact_id,
        patient_id=alert.patient_id,
        kind="reply",
        template=SEEN,
        args={"who": _initial(name, address), "time": f"{to_local(now, zone):%H:%M}"},
        due_at=now,
        expires_at=now + _SEEN_OF_USE,
        priority=0,
    )


def close(tx: Tx, now: datetime, alert: FollowUp, by: str, note: str) -> FollowUp:
    """That it is done, and what came of it. Raises SeenAlready where it was done before, or rang again since."""
    current = follow_ups.get_follow_up(tx, alert.clinic_id, alert.id) or alert
    if current.state == "done":
        raise SeenAlready(Plain("{who} has closed this alert.", who=current.closed_by))
    if current.rung_at != alert.rung_at:
        raise SeenAlready(Plain("Another text came from this number: read it first."))
    audit.record(tx, now, alert.clinic_id, by, "close", "follow_up", alert.id, ["note"] if note else [])
    return follow_ups.close_follow_up(tx, now, alert.id, by, note or None)


def line(kind: str, sign: str | None, text: str, matched: str) -> str:
    """What an alert says of one text: what it was taken for, its words, and why."""
    words = " ".join(_TURNS.sub("", text).split())
    words = words if len(words) <= _LONGEST_QUOTE else f"{words[:_LONGEST_QUOTE]} ..."
    return f'{kind} {sign or ""}: "{words}" ({matched})'


def gravest(lines: Sequence[str]) -> int:
    """Which of an alert's lines is of the most urgent text, the first of these; there is one at least."""
    return max(range(len(lines)), key=lambda at: URGENCIES.get(lines[at].partition(" ")[0], 0))


def headline(alert: FollowUp) -> str:
    """What stands on top of an alert; "" for what is none."""
    return "" if alert.reply is None else HEADLINES[alert.reply]


def _alert(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    contact_id: int,
    patient_id: int | None,
    message_id: int,
    urgency: int,
    line: str,
    reply: ReplyState,
) -> None:
    urgency = _NOW if reply == "lost" else urgency
    before = follow_ups.open_one(tx, contact_id, "danger")
    if before is None:
        follow_ups.open_follow_up(
            tx,
            now,
            clinic_id=clinic_id,
            kind="danger",
            urgency=urgency,
            contact_id=contact_id,
            patient_id=patient_id,
            message_id=message_id,
            due_by=_overdue_at(tx, now, clinic_id, urgency),
            detail=line,
            reply=reply,
        )
        return
    urgency = max(urgency, before.urgency)
    follow_ups.join(
        tx,
        now,
        before.id,
        message_id=message_id,
        urgency=urgency,
        due_by=_overdue_at(tx, now, clinic_id, urgency),
        detail=_added(before.detail, line),
        reply="lost" if before.reply == "lost" else reply,
    )


def _overdue_at(tx: Tx, now: datetime, clinic_id: int, urgency: int) -> datetime:
    """When an alert that rings now is overdue."""
    clinic = clinics.find_clinic(tx, clinic_id)
    if clinic is None:
        raise LookupError(f"there is no clinic {clinic_id}")
    return overdue_at(clinic, urgency, now)


def _added(detail: str | None, line: str) -> str:
    """The first line, the gravest and the latest: a number that never stops makes no alert grow without end."""
    lines = [*(detail or "").splitlines(), line]
    if len(lines) > _MOST_LINES:
        del lines[2 if gravest(lines) == 1 else 1]
    return "\n".join(lines)


def _initial(name: str, address: str) -> str:
    first = fold(name.strip()[:1]).upper()
    readable = first.isalpha() and measure(first).encoding == "GSM-7"
    return f"{first if readable else address[:1].upper()}."


def _is_blocked(contact: Contact) -> bool:
    """Whether nothing goes to this number, by its own wish or since texts kept failing. A pause is only ours."""
    left = contact.opted_out_at is not None and contact.opt_out_reason != "pause"
    return left or contact.quarantined_at is not None
