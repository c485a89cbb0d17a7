"""Enrolment beside the chair: the patient texts JOIN and the clinic's code, and staff confirm two digits of the number.

The text proves that the phone is at hand, the digits that staff and patient look at the same one. With that the
patient's own text is their consent; everything else is `enrolment`.
"""

import re
from datetime import datetime

from scheduler.plan.local_time import to_local
from store import audit, consents, follow_ups, wishes
from store.clinics import Clinic
from store.database import Tx
from store.wishes import Wish

HIDDEN = 2
"""So many digits at the end of a number are not shown: the patient says them."""


HOW = re.compile(r"texted JOIN, confirmed by (?P<by>.+) at (?P<day>\S+) (?P<time>\S+)")
"""How such a consent is recorded: the address of who confirmed it, the clinic's local day, and the time of day."""


class WrongDigits(Exception):
    """The digits are not those of the number; nothing was recorded."""


class OtherWords(Exception):
    """What they would agree to is not what staff looked at; nothing was recorded."""


def confirm(tx: Tx, now: datetime, clinic: Clinic, number: int, digits: str, by: str, *, seen: str) -> Wish:
    """Records the consent of who texted JOIN. Once it is recorded, it stays as it is.

    ``seen``: the `Clinic.wording` that stood on the screen. Raises WrongDigits, OtherWords, and LookupError where this
    clinic has no such open wish.
    """
    wish = _wish(tx, clinic, number)
    if wish.confirmed_at is not None:
        return wish
    if wish.phone is None or digits.strip() != wish.phone[-HIDDEN:]:
        raise WrongDigits
    if seen != clinic.wording(wish.language):
        raise OtherWords
    agreed = clinic.consent(wish.language)
    consents.add_consent(
        tx,
        now,
        clinic_id=clinic.id,
        contact_id=wish.contact_id,
        patient_id=None,
        kind="given",
        how=f"texted JOIN, confirmed by {by} at {to_local(now, clinic.timezone):%Y-%m-%d %H:%M}",
        wording=agreed.text,
        wording_version=str(clinic.consent_version),
        language=agreed.language,
        by=by,
    )
    audit.record(tx, now, clinic.id, by, "join.confirm", "contact", wish.contact_id, ["consent"])
    return _wish(tx, clinic, number)


def dismiss(tx: Tx, now: datetime, clinic: Clinic, number: int, by: str) -> None:
    """Nobody is enrolled for this wish. Raises LookupError where this clinic has no such open wish."""
    wish = _wish(tx, clinic, number)
    follow_ups.close_follow_up(tx, now, wish.id, by)
    audit.record(tx, now, clinic.id, by, "join.dismiss", "contact", wish.contact_id, [])


def _wish(tx: Tx, clinic: Clinic, number: int) -> Wish:
    found = wishes.wish(tx, clinic.id, number)
    if found is None:
        raise LookupError(f"there is no open wish {number}")
    return found
