"""What a scheduler waits for when the database was away: texts that came in meanwhile lie in the spools of other hosts.

A STOP among them is seen by nobody but the web processes of its host, until they hand it in a second or two after the
database is back. So for some seconds only answers go out: to who asked for them, or told of danger.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.errors import DatabaseBusy, DatabaseDown

SHOWN = timedelta(seconds=10)
"""Where nobody has shown themselves for so long when a scheduler begins, the database may have been away."""


@dataclass
class Recovery:
    """Whether the database is only just back. One of these for each scheduler, in whose dispatching tick it is."""

    was_away: bool = False
    over_at: datetime | None = None

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """Takes note where the block finds that the database is away; that others keep it busy is no outage."""
        try:
            yield
        except DatabaseBusy:
            raise
        except DatabaseDown:
            self.was_away = True
            raise

    def is_over(self, real: datetime, wait: timedelta) -> bool:
        """Whether anything may go again. ``real``: what the database's clock says now, which shows that it is back."""
        if self.was_away:
            self.was_away, self.over_at = False, real + wait
        return self.over_at is None or real >= self.over_at
