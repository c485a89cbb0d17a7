"""By which way a text goes: over which network, and from which of the clinic's senders. Pure.

A person keeps the sender that they know as long as it works; then the clinic's next one of the same network takes its
place. WhatsApp takes free words only for 24 hours after the person's last text, else an approved template; where
there is none, or no sender, the text goes as SMS, if the clinic has a number for that and nobody has ruled it out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from channels.base import Via
from store.clinics import Carrier, Clinic, ClinicEntry, Sender
from store.outbox import TextToSend
from store.whatsapp import Template

SESSION = timedelta(hours=24)
"""So long after a person's text WhatsApp takes any words to them (error 63016 says when not)."""
_IS_FOR: Mapping[Via, frozenset[Carrier]] = {
    Via.WHATSAPP: frozenset({"whatsapp", "service"}),
    Via.SMS: frozenset({"long_code", "toll_free", "short_code", "service"}),
}
Templates = Mapping[tuple[int, str, str], Template]
"""By clinic, wording key and language."""


class Standings(Protocol):
    """What is known of how much senders were given: `allowance.Allowance`."""

    def full_until(self, sender: Sender) -> datetime | None: ...
    def is_slowed_hard(self, sender: Sender) -> bool: ...


@dataclass(frozen=True, slots=True)
class Way:
    """From ``sender`` over ``via``, with the words of a ``template`` where it needs one; ``why`` not as was asked."""

    sender: Sender
    via: Via
    template: Template | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoWay:
    """There is none now: the name of the gate, until when, where that is known (UTC), and the senders that are full."""

    gate: str
    until: datetime | None = None
    full: tuple[Sender, ...] = ()


def find(
    text: TextToSend, entry: ClinicEntry, standings: Standings, known_by: int | None, templates: Templates, heard: bool
) -> Way | NoWay:
    """The way of a text. ``known_by``: the sender this person knows; ``heard``: they wrote by WhatsApp in 24 hours."""
    via = Via(text.instead or text.via)
    if via is Via.SMS:
        return _by(via, entry, standings, known_by)
    template = None if heard else templates.get((text.clinic_id, text.template or "", text.language))
    found: Way | NoWay = NoWay("no_template")
    if heard or template is not None:
        found = _by(via, entry, standings, known_by, template)
    if isinstance(found, Way) or text.instead is not None or not may_use(Via.SMS, text.fallback, entry.clinic):
        return found
    instead = _by(Via.SMS, entry, standings, known_by, why=f"in place of WhatsApp: {found.gate}")
    return instead if isinstance(instead, Way) else found


def may_use(other: Via, fallback: str | None, clinic: Clinic) -> bool:
    """Whether a person may be reached over the network that they did not choose; ``fallback``: what they said of it.

    Who chose SMS must have agreed to WhatsApp, which hears of every text; who chose WhatsApp may say no to SMS.
    """
    if fallback is not None:
        return fallback == "yes"
    return other is Via.SMS and clinic.fallback


def other_way(text_via: str) -> Via:
    """The network that is left where the first one failed."""
    return Via.SMS if text_via == Via.WHATSAPP else Via.WHATSAPP


def senders_of(entry: ClinicEntry, via: Via) -> list[Sender]:
    """A clinic's senders for a network, the oldest first; a messaging service may have numbers for both."""
    return [sender for sender in entry.senders if sender.carrier in _IS_FOR[via]]


def stands_in(other: Sender, sender: Sender) -> bool:
    """Whether a sender can send whatever another one does: it is there for all of its networks."""
    return all(other.carrier in carriers for carriers in _IS_FOR.values() if sender.carrier in carriers)


def runs(entry: ClinicEntry, via: Via) -> bool:
    """Whether a clinic has a sender for a network that is not stopped."""
    return any(sender.stopped_at is None for sender in senders_of(entry, via))


def _by(
    via: Via,
    entry: ClinicEntry,
    standings: Standings,
    known_by: int | None,
    template: Template | None = None,
    why: str = "",
) -> Way | NoWay:
    running = [sender for sender in senders_of(entry, via) if sender.stopped_at is None]
    if not running:
        return NoWay("sender_stopped")
    full = {sender.id: until for sender in running if (until := standings.full_until(sender)) is not None}
    open_ones = [sender for sender in running if sender.id not in full]
    if not open_ones:
        return NoWay("daily_cap", min(full.values()), tuple(running))
    fast = [sender for sender in open_ones if not standings.is_slowed_hard(sender)] or open_ones
    known = next(_known(fast, known_by), fast[0])
    return Way(known, via, template, why)


def _known(senders: list[Sender], known_by: int | None) -> Iterator[Sender]:
    return (sender for sender in senders if sender.id == known_by)
