"""When a text is tried once more: after how long a wait by the class of its fault, and how often at most."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from channels.base import Fault

# The first wait, doubled with every further attempt up to the longest; then somewhere between that and half as much
# again, so that texts that failed together are not tried together. A handset that is off is on again after half an hour
# at the soonest (twilio.md section 7).
_FIRST_WAIT: Mapping[Fault, timedelta] = {
    Fault.THROTTLE: timedelta(seconds=30),
    Fault.NOT_SENT: timedelta(seconds=15),
    Fault.RECIPIENT_TEMPORARY: timedelta(minutes=30),
    Fault.DAILY_CAP: timedelta(hours=6),
    Fault.EXPIRED: timedelta(minutes=1),
}
_LONGEST_WAIT = timedelta(hours=6)
# A handset that is off is tried a few times, all else as long as the text is of use.
_MOST_ATTEMPTS: Mapping[Fault, int] = {Fault.RECIPIENT_TEMPORARY: 3}


def next_try(fault: Fault, attempt: int, now: datetime, expires_at: datetime | None, chance: Random) -> datetime | None:
    """When a text is tried again whose ``attempt``-th call failed now; None: it was one too many, or is of no use then.

    For faults that pass (`Verdict.LATER`) alone.
    """
    if attempt >= _MOST_ATTEMPTS.get(fault, attempt + 1):
        return None
    wait = min(_FIRST_WAIT.get(fault, _FIRST_WAIT[Fault.NOT_SENT]) * 2 ** min(attempt - 1, 16), _LONGEST_WAIT)
    again = now + wait * chance.uniform(1, 1.5)
    return None if expires_at is not None and again >= expires_at else again
