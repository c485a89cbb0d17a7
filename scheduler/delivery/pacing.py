"""How fast a sender may be: its rate, what it was given of it, and how it slows down when it is told to. Pure.

A sender's standing is a row that every scheduler counts in: however many they are, together they keep its rate. It says
until when the sender is busy with what it was given. As long as that is less than `BURST` ahead, it is given more: in
any t seconds it is given at most rate * (t + BURST) segments and the last text.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from channels.limits import LIMITS, Limit, carrier_day, next_carrier_day
from store.clinics import Sender
from store.senders import Standing

BURST = timedelta(seconds=10)
"""So far ahead of its rate a sender may be given texts. An answer to somebody in danger, which goes out by the same
sender, waits behind them at the provider: this is the longest."""
SLOW_FOR = timedelta(minutes=2)
"""After so long without a word of being too fast, a slowed sender is twice as fast again."""
_ONCE_IN = timedelta(seconds=5)
"""Answers to calls that were under way together tell the same thing once."""
_FURTHEST = timedelta(hours=3)
"""Nobody is given work for so long: a standing that says so is from a clock that went wrong and was put right."""
_SLOWEST = 6
_HARD = 3


def limit_of(sender: Sender) -> Limit:
    """The sender's own limits, or those of its kind."""
    usual = LIMITS[sender.carrier]
    cap = usual.daily_cap if sender.daily_cap is None else sender.daily_cap or None
    return Limit(sender.rate or usual.rate, cap)


def rate(limit: Limit, standing: Standing, real: datetime) -> float:
    """Segments a second that it may be given now; half as many for each time that it was told to slow down."""
    return limit.rate * 0.5 ** _slowed(standing, real)


def room(limit: Limit, standing: Standing, real: datetime) -> int:
    """How many texts may be given to it now, each of one segment."""
    ahead = _free_at(standing, real) - real
    return max(ceil((BURST - ahead).total_seconds() * rate(limit, standing, real)), 0)


def given(limit: Limit, standing: Standing, real: datetime, segments: int) -> Standing:
    """Where it stands after a text of so many segments."""
    takes = timedelta(seconds=segments / rate(limit, standing, real))
    used = segments + _used(standing, real)
    return replace(standing, free_at=_free_at(standing, real) + takes, day=carrier_day(real), used=used)


def fits(limit: Limit, standing: Standing, real: datetime, segments: int) -> bool:
    """Whether a text is no more than what is left of the day; one that is more than a whole day's cap goes first."""
    used = _used(standing, real)
    return limit.daily_cap is None or used == 0 or used + segments <= limit.daily_cap


def used_up(limit: Limit, standing: Standing, real: datetime) -> Standing:
    """Where it stands when a text did not fit into its day any more: nothing shorter goes before that one."""
    return replace(standing, day=carrier_day(real), used=limit.daily_cap or 0)


def full_until(limit: Limit, standing: Standing, real: datetime) -> datetime | None:
    """Until when it takes no more, because the day's cap is used up or the provider said so; None: it does."""
    if standing.full_until is not None and standing.full_until > real:
        return standing.full_until
    if limit.daily_cap is None or _used(standing, real) < limit.daily_cap:
        return None
    return next_carrier_day(real)


def slowed_down(standing: Standing, real: datetime) -> Standing:
    """Where it stands after an answer that said it is too fast."""
    if standing.slowed_at is not None and real - standing.slowed_at < _ONCE_IN:
        return standing
    return replace(standing, slowed=min(_slowed(standing, real) + 1, _SLOWEST), slowed_at=real)


def called_full(sender: Sender, standing: Standing, real: datetime) -> Standing:
    """Where it stands after an answer that said it has sent too much: WhatsApp counts 24 hours, the others days."""
    over = real + timedelta(days=1) if sender.carrier == "whatsapp" else next_carrier_day(real)
    return replace(standing, full_until=over)


def is_slowed_hard(standing: Standing, real: datetime) -> bool:
    """Whether it is so slow that another sender should take its place."""
    return _slowed(standing, real) >= _HARD


def _used(standing: Standing, real: datetime) -> int:
    return standing.used if standing.day == carrier_day(real) else 0


def _free_at(standing: Standing, real: datetime) -> datetime:
    if standing.free_at is None or standing.free_at > real + _FURTHEST:
        return real
    return max(standing.free_at, real)


def _slowed(standing: Standing, real: datetime) -> int:
    # The demo's clock may be ahead of the one by which a sender is slowed.
    if standing.slowed_at is None or standing.slowed_at > real:
        return 0
    return max(standing.slowed - int((real - standing.slowed_at) / SLOW_FOR), 0)
