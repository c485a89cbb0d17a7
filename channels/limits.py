"""How fast the carriers let a sender be, and how much they take from it in a day, as long as nothing else was agreed.

Rates: https://help.twilio.com/articles/115002943027, for WhatsApp https://www.twilio.com/docs/whatsapp/best-practices-and-faqs.
What comes faster waits in the provider's queue, where nothing can be taken back or looked at again; so it waits here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Carrier = Literal["long_code", "toll_free", "short_code", "service", "whatsapp"]


@dataclass(frozen=True, slots=True)
class Limit:
    """``rate``: segments a second. ``daily_cap``: segments on a day of the carriers; None: as many as there are."""

    rate: float
    daily_cap: int | None


# A low-volume 10DLC brand may send 6,000 segments a day, of which T-Mobile takes 2,000 (about a third of all):
# https://help.twilio.com/articles/1260804800549. WhatsApp begins with 250 people in 24 hours who did not write first:
# https://help.twilio.com/articles/360024008153.
_LONG_CODE = Limit(1, 6_000)
LIMITS: Mapping[Carrier, Limit] = {
    "long_code": _LONG_CODE,
    "toll_free": Limit(3, None),
    "short_code": Limit(100, None),
    "service": _LONG_CODE,  # at least one number is in it; how many, only its owner can say
    "whatsapp": Limit(80, 250),
}
"""By what a sender is to the carriers."""

_TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")
_MIDNIGHT = ZoneInfo("America/Los_Angeles")
"""Where the carriers' days begin (errors 30023 and 30027)."""


def carrier_of(address: str) -> Carrier:
    """What a sender is to the carriers, by its address: one of `LIMITS`."""
    if address.startswith("MG"):
        return "service"
    if address.startswith("whatsapp:"):
        return "whatsapp"
    if not address.startswith("+"):
        return "short_code"
    return "toll_free" if address.startswith(_TOLL_FREE) else "long_code"


def carrier_day(moment: datetime) -> date:
    """The day on which the carriers count what is sent at a moment."""
    return moment.astimezone(_MIDNIGHT).date()


def next_carrier_day(moment: datetime) -> datetime:
    """When their next day begins (UTC)."""
    return datetime.combine(carrier_day(moment) + timedelta(days=1), time.min, _MIDNIGHT).astimezone(UTC)
