"""The brake on two robots that answer each other.

An answering machine texts back whatever it is sent: without a brake the two of us go on until somebody's money is gone.
Twilio stops a loop only after 15 replies (error 14107), and then stops all replies to that number. A person asks many
different things in a minute but seldom gets the same answer again and again; a machine does, so repeated answers have
the tighter limit. A slow machine is stopped by the limits of an hour and a day. Urgent replies are not asked about
here: they always go.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock


@dataclass(frozen=True, slots=True)
class Limit:
    """How many replies a number may get within a time, and how many of them with the same words."""

    within: timedelta
    replies: int
    equal: int


LIMITS = (
    Limit(timedelta(minutes=1), 30, 5),
    Limit(timedelta(hours=1), 120, 12),
    Limit(timedelta(days=1), 300, 24),
)
_KEPT = LIMITS[-1].within
_SWEEP_ABOVE = 10_000  # numbers


class RobotGuard:
    """What this process has answered to each number within the last day; nothing of it is stored."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._recent: dict[tuple[int, str], deque[tuple[datetime, int]]] = {}

    def allows(self, clinic_id: int, phone: str, reply: str, now: datetime) -> bool:
        """Whether ``reply`` may go to ``phone``; if so it is counted."""
        said = hash(reply)
        with self._lock:
            if len(self._recent) > _SWEEP_ABOVE:
                self._forget_quiet_numbers(now)
            replies = self._recent.setdefault((clinic_id, phone), deque())
            while replies and replies[0][0] <= now - _KEPT:
                replies.popleft()
            for limit in LIMITS:
                lately = [earlier for at, earlier in replies if at > now - limit.within]
                if len(lately) >= limit.replies or lately.count(said) >= limit.equal:
                    return False
            replies.append((now, said))
            return True

    def _forget_quiet_numbers(self, now: datetime) -> None:
        self._recent = {number: replies for number, replies in self._recent.items() if replies[-1][0] > now - _KEPT}
