"""The two steps around a call: `begin` before it, `finish` after it. What the call itself needs is a `Ready`.

The order that loses and doubles nothing: claim, commit; `begin`, commit; the call; `finish`, commit. After a crash a
claimed text is free again when its lease ends; one that was being sent is unknown, since nobody can tell whether the
provider has it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from channels.base import Fault, Outgoing, SendResult, Verdict, Via
from content.faults import ContentError
from content.library import Library
from scheduler.clock import Moment
from scheduler.delivery import failures, gates, ways
from scheduler.delivery.again import next_try
from scheduler.delivery.allowance import COMPLAINTS, Allowance, Complaint
from scheduler.delivery.gates import Blocked, Case
from scheduler.delivery.ways import NoWay, Way
from scheduler.delivery.words import Composer, by_hand
from store import outbox, whatsapp
from store.clinics import Clinic, ClinicEntry
from store.database import Tx
from store.messages import State
from store.outbox import Composed, SentRow, TextToSend
from store.sent_before import SentBefore, sent_before

LONGEST_VALIDITY = timedelta(hours=10)
"""Twilio holds no text longer in its queue (twilio.md section 8)."""

_NOTHING_BEFORE = SentBefore(None, None)


@dataclass(frozen=True, slots=True)
class Ready:
    """A text whose call may be made now, once: its row says `sending` and that is committed."""

    message_id: int
    clinic_id: int
    sender_id: int
    attempt: int
    expires_at: datetime | None
    outgoing: Outgoing


def begin(
    tx: Tx,
    moment: Moment,
    library: Library,
    directory: Mapping[int, ClinicEntry],
    ids: Sequence[int],
    *,
    owner: str,
    lease_until: datetime,
    status_callback: str | None,
    complaints: Sequence[Complaint] = (),
    answers_only: bool = False,
) -> list[Ready]:
    """Passes claimed texts through the gates and puts the rest into words; they are `sending` when this commits.

    Of several texts to one person the first that may go is taken, and those after it are given back: they are due
    still. What its sender must not be given yet waits in that sender's lane. Texts that ``owner`` no longer has claimed
    are left alone. ``lease_until`` (by the real clock) is when a call that has not come back is given up;
    ``status_callback`` is the address of our status route, if there is one; ``complaints`` are those of `finish`.
    ``answers_only``: all others are given back.
    """
    ready: list[Ready] = []
    composed: list[Composed] = []
    given_back: list[int] = []
    lanes: dict[int, list[int]] = {}
    people: set[int] = set()
    composer = Composer(library)
    texts = outbox.to_send(tx, ids, owner)
    before = _before(tx, texts, directory)
    desk = _Desk(tx, moment, directory, texts, complaints)
    for text in texts:
        if text.contact_id in people or (answers_only and text.kind != gates.ANSWER):
            given_back.append(text.id)
            continue
        entry = directory[text.clinic_id]
        earlier = before.get(text.contact_id, _NOTHING_BEFORE)
        way = desk.way(text, earlier.sender_id)
        if not _may_go(tx, desk, Case(text, moment.now, entry, earlier, way, _category(library, text))):
            continue
        if not isinstance(way, Way):
            raise ValueError(f"text {text.id} passed the gates without a way")
        try:
            version = library.with_overrides(entry.clinic.overrides).version
            going = _compose(composer, version, entry.clinic, text, way, moment.now, status_callback)
        except ContentError:
            _without_words(tx, moment.now, text)
            continue
        people.add(text.contact_id)
        if not desk.allowance.take(way.sender, going[1].segments):
            lanes.setdefault(way.sender.id, []).append(text.id)
            continue
        ready.append(going[0])
        composed.append(going[1])
    desk.allowance.store()
    outbox.release(tx, given_back)
    for lane, waiting in lanes.items():
        outbox.release(tx, waiting, lane)
    outbox.mark_sending(tx, moment.now, composed, lease_until, real=moment.real)
    return ready


def finish(
    tx: Tx, now: datetime, library: Library, results: Iterable[tuple[Ready, SendResult]], chance: Random
) -> list[Complaint]:
    """Records what became of calls, and does what follows from it; ``chance`` spreads out what is tried again.

    What is said of how much a sender was given is for `begin`, which has the senders' standings.
    """
    rows: list[SentRow] = []
    failed: dict[int, Fault] = {}
    # By their ids, as whoever locks several texts does.
    for ready, result in sorted(results, key=lambda each: each[0].message_id):
        if result.verdict is Verdict.ACCEPTED:
            rows.append(_row(ready, result, "delivered" if result.delivered else "accepted"))
        elif result.verdict is Verdict.UNKNOWN:
            rows.append(_row(ready, result, "unknown"))
        elif result.verdict is Verdict.SENDER:
            about = failures.detail(result.fault, result.detail)
            failures.stop_sender(tx, now, ready.clinic_id, ready.sender_id, ready.message_id, about)
            outbox.try_again(tx, now, ready.message_id, ready.attempt, now, about)
        elif result.verdict is Verdict.REFUSED or not _tried_again(tx, now, ready, result, chance):
            rows.append(_row(ready, result, "failed"))
            failed[ready.message_id] = result.fault
    moved = outbox.record_results(tx, now, rows)
    for message_id in moved:
        if message_id in failed:
            failures.text_failed(tx, now, library, message_id, failed[message_id])
    return [Complaint(ready.sender_id, result.fault) for ready, result in results if result.fault in COMPLAINTS]


class _Desk:
    """What the ways of a batch are found by: the senders' standings, templates, and who may be written to freely."""

    def __init__(
        self,
        tx: Tx,
        moment: Moment,
        directory: Mapping[int, ClinicEntry],
        texts: Sequence[TextToSend],
        complaints: Sequence[Complaint],
    ) -> None:
        clinic_ids = sorted({text.clinic_id for text in texts})
        said = {complaint.sender_id for complaint in complaints}
        asked = [text for text in texts if Via.WHATSAPP in (text.via, text.instead)]
        self._directory = directory
        self._templates = whatsapp.templates(tx, clinic_ids) if asked else {}
        since = moment.now - ways.SESSION
        self._heard = whatsapp.heard_since(tx, [text.contact_id for text in asked], since) if asked else frozenset()
        self._ahead = moment.now - moment.real
        senders = {sender.id: sender for entry in directory.values() for sender in entry.senders}
        of_clinics = {sender.id for number in clinic_ids for sender in directory[number].senders}
        # Last, since whoever has standings locks no text that somebody else may have.
        self.allowance = Allowance(tx, moment.real, [senders[number] for number in of_clinics | said], complaints)

    def way(self, text: TextToSend, known_by: int | None) -> Way | NoWay:
        """By which way a text goes; moments are those of the clock that texts are due by."""
        entry, heard = self._directory[text.clinic_id], text.contact_id in self._heard
        way = ways.find(text, entry, self.allowance, known_by, self._templates, heard)
        if isinstance(way, NoWay) and way.until is not None:
            return replace(way, until=way.until + self._ahead)
        return way


def _before(tx: Tx, texts: Sequence[TextToSend], directory: Mapping[int, ClinicEntry]) -> dict[int, SentBefore]:
    """What went out before to the people these texts are for, counted up to each clinic's weekly limit."""
    by_limit: dict[int, list[int]] = {}
    for text in texts:
        by_limit.setdefault(directory[text.clinic_id].clinic.max_texts_per_week, []).append(text.contact_id)
    found: dict[int, SentBefore] = {}
    for limit, people in by_limit.items():
        found |= sent_before(tx, people, limit)
    return found


def _category(library: Library, text: TextToSend) -> str | None:
    """What carriers file a text under; None where the wording files have no such text."""
    wording = library.wordings.get(text.language)
    words = wording.texts.get(text.template or "") if wording else None
    return words.category if words else None


def _may_go(tx: Tx, desk: _Desk, case: Case) -> bool:
    decision = gates.judge(case)
    if decision is None:
        return True
    if isinstance(case.way, NoWay) and decision.gate == case.way.gate:
        _tell_of_no_way(tx, desk, case, case.way)
    if isinstance(decision, Blocked):
        outbox.drop(tx, case.now, case.text.id, decision.state, decision.gate)
    else:
        outbox.postpone(tx, case.now, case.text.id, decision.until, decision.gate)
    return False


def _tell_of_no_way(tx: Tx, desk: _Desk, case: Case, no_way: NoWay) -> None:
    """Staff hear once a day that a sender takes no more, and once of each person that a template is missing."""
    if no_way.gate == "no_template":
        failures.tell_staff_once(
            tx, case.now, case.text.id, "failed_text", within=timedelta(hours=4), about=no_way.gate
        )
    for sender in no_way.full:
        if desk.allowance.tell_full(sender):
            within = timedelta(hours=4)
            failures.tell_staff(tx, case.now, case.text.id, "sender", urgency=2, within=within, about=no_way.gate)


def _compose(
    composer: Composer,
    content_version: str,
    clinic: Clinic,
    text: TextToSend,
    way: Way,
    now: datetime,
    status_callback: str | None,
) -> tuple[Ready, Composed]:
    if text.phone is None:
        raise ValueError(f"text {text.id} passed the gates without a number")
    if text.body is not None:
        words = by_hand(text.body, way.via)
    elif way.template is None:
        words = composer.compose(clinic, text.template or "", text.args, text.language, way.via)
    else:
        words = composer.compose_approved(clinic, way.template, text.args)
    attempt = text.attempts + 1
    outgoing = Outgoing(
        to=text.phone,
        body=words.body,
        via=way.via,
        sender=way.sender.address,
        status_callback=status_callback,
        validity_seconds=_validity(text.expires_at, now),
        attempt=f"{text.id}.{attempt}",
        content_sid=None if way.template is None else way.template.content_sid,
        content_variables=words.variables,
    )
    ready = Ready(
        message_id=text.id,
        clinic_id=text.clinic_id,
        sender_id=way.sender.id,
        attempt=attempt,
        expires_at=text.expires_at,
        outgoing=outgoing,
    )
    composed = Composed(
        id=text.id,
        body=words.body,
        language=text.language,
        # WhatsApp counts texts, however long.
        segments=words.segments if way.via is Via.SMS else 1,
        encoding=words.encoding,
        content_version=content_version,
        sender_id=way.sender.id,
        attempts=attempt,
        via=way.via,
        note=way.why,
    )
    return ready, composed


def _validity(expires_at: datetime | None, now: datetime) -> int | None:
    """For how many seconds the provider may hold the text: as long as it is of use."""
    if expires_at is None:
        return None
    return max(int(min(expires_at - now, LONGEST_VALIDITY).total_seconds()), 1)


def _without_words(tx: Tx, now: datetime, text: TextToSend) -> None:
    """A text that the wording files cannot say must hold up no other; staff must tell the person themselves."""
    outbox.drop(tx, now, text.id, "cancelled", "words")
    failures.tell_staff(tx, now, text.id, "failed_text", urgency=2, within=timedelta(hours=4), about="words")


def _row(ready: Ready, result: SendResult, state: State) -> SentRow:
    detail = "" if result.verdict is Verdict.ACCEPTED else failures.detail(result.fault, result.detail)
    return SentRow(ready.message_id, state, result.provider_id, result.code, detail, ready.attempt)


def _tried_again(tx: Tx, now: datetime, ready: Ready, result: SendResult, chance: Random) -> bool:
    """Puts the text off to a later attempt; False where that would be one too many, or of no use any more.

    One that has moved on meanwhile, by a receipt or to another attempt, stays where it is.
    """
    again = next_try(result.fault, ready.attempt, now, ready.expires_at, chance)
    if again is None:
        return False
    about = failures.detail(result.fault, result.detail)
    outbox.try_again(tx, now, ready.message_id, ready.attempt, again, about)
    return True
