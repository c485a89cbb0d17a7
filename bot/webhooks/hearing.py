"""Whether what Twilio calls us with is heard: how often a signature did not fit since one did, in this process."""

from collections.abc import Callable
from datetime import datetime
from threading import Lock


class Hearing:
    """Counts calls that may be Twilio's (`Twilio.may_be_its`). Others say nothing of our settings."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._refused = 0
        self._refused_at: datetime | None = None
        self._accepted_at: datetime | None = None

    def note(self, *, fits: bool) -> None:
        """A call came whose signature fitted, or did not."""
        now = self._clock()
        with self._lock:
            if fits:
                self._refused, self._accepted_at = 0, now
            else:
                self._refused, self._refused_at = self._refused + 1, now

    def so_far(self) -> tuple[int, datetime | None, datetime | None]:
        """How many were turned away since one fitted, when the last of them was, and when one fitted last."""
        with self._lock:
            return self._refused, self._refused_at, self._accepted_at
