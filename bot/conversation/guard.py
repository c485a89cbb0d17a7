"""The brake on two robots that answer each other.

An answering machine texts back whatever it is sent: without a brake the two of us go on until somebody's money is gone.
Twilio stops a loop only after 15 replies (error 14107), and then stops all replies to that number. A person asks many
different things in a minute but seldom gets the same answer again and again; a machine does, so repeated answers have
the tighter limit. Urgent replies are not asked about here: they always go.
"""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

WINDOW = timedelta(minutes=1)
MOST_REPLIES = 30
MOST_EQUAL_REPLIES = 5
_SWEEP_ABOVE = 10_000  # numbers


class RobotGuard:
    """What this process has answered to each number within the last minute; nothing of it is stored."""

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
            while replies and replies[0][0] <= now - WINDOW:
                replies.popleft()
            equal = sum(1 for _, earlier in replies if earlier == said)
            if len(replies) >= MOST_REPLIES or equal >= MOST_EQUAL_REPLIES:
                return False
            replies.append((now, said))
            return True

    def _forget_quiet_numbers(self, now: datetime) -> None:
        self._recent = {number: replies for number, replies in self._recent.items() if replies[-1][0] > now - WINDOW}
