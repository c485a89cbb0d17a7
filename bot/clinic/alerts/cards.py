"""An alert as a card: whose it is, what they wrote, and what stands on top."""

from dataclasses import dataclass

from bot.clinic.dangers import Danger, danger_in_words
from store import contacts, follow_ups, patients
from store.database import Tx
from store.follow_ups import FollowUp

MOST_CLOSED = 20


@dataclass(frozen=True, slots=True)
class Card:
    """One alert. ``texts``: each that joined it, the oldest first; a string stands for what cannot be read as one."""

    alert: FollowUp
    who: str
    phone: str
    patient_id: int | None
    texts: tuple[Danger | str, ...]


def open_cards(tx: Tx, clinic_id: int) -> list[Card]:
    """The open alerts of a clinic: what nobody has seen first, of these the most urgent, then the oldest."""
    waiting = [each for each in follow_ups.open_ones(tx, clinic_id) if each.kind == "danger"]
    cards = [_card(tx, alert) for alert in waiting]
    return sorted(cards, key=lambda card: (card.alert.seen_at is not None, -card.alert.urgency, card.alert.id))


def closed_cards(tx: Tx, clinic_id: int, before_id: int | None) -> list[Card]:
    """The alerts that were closed last, the newest first."""
    return [_card(tx, alert) for alert in follow_ups.closed_alerts(tx, clinic_id, MOST_CLOSED, before_id)]


def one_card(tx: Tx, clinic_id: int, alert_id: int) -> Card | None:
    """The alert of this clinic with this id."""
    found = follow_ups.get_follow_up(tx, clinic_id, alert_id)
    return _card(tx, found) if found is not None and found.kind == "danger" else None


def _card(tx: Tx, alert: FollowUp) -> Card:
    contact = None if alert.contact_id is None else contacts.get_contact(tx, alert.contact_id)
    person = None if alert.patient_id is None else patients.get_patient(tx, alert.patient_id)
    return Card(
        alert,
        "" if person is None else person.name,
        "" if contact is None else contact.phone or "",
        None if person is None else person.id,
        tuple(danger_in_words(line) or line for line in (alert.detail or "").splitlines()),
    )
