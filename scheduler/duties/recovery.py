"""What a scheduler waits for when the database was away: texts that came in meanwhile lie in the spools of other hosts.

A STOP among them is seen by nobody but the web processes of its host, until they hand it in a second or two after the
database is back. So for some seconds only answers go out: to who asked for them, or told of danger.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.errors import DatabaseBusy, DatabaseDown

SHOWN = timedelta(seconds=10)
"""Where nobody has shown themselves for so long when a scheduler begins, the database may have been away."""

_APART, _LONGEST = 2, 4
"""In waits: what breaks with less between it is one row, and how long a row may be that restarts account for."""

_log = logging.getLogger(__name__)


@dataclass
class Recovery:
    """Whether the database is only just back. One of these for each scheduler, in whose dispatching tick it is."""

    was_away: bool = False
    lost: int = 0
    over_at: datetime | None = None
    breaking: tuple[datetime, datetime] | None = None
    """When the first and the latest of a row of connections broke."""

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

    def is_over(self, real: datetime, wait: timedelta, lost: int) -> bool:
        """Whether anything may go again. ``real``: what the database's clock says now, which shows that it is back.

        ``lost``: how many connections broke so far. A server can be started anew between two looks: nothing fails then,
        but for connections that were idle, and are replaced. Where these break again and again, something on the way
        cuts them, and nothing waits for it any more: else no reminder would ever go.
        """
        broke, self.lost = lost != self.lost, lost
        if (broke and self._may_be_restart(real, wait)) or self.was_away:
            self.was_away, self.over_at = False, real + wait
        return self.over_at is None or real >= self.over_at

    def _may_be_restart(self, real: datetime, wait: timedelta) -> bool:
        """Whether connections that broke just now have not been breaking for too long to tell of restarts."""
        since, latest = self.breaking or (real, real)
        if real >= latest + _APART * wait:
            since = latest = real
        until = since + _LONGEST * wait
        if latest <= until < real:
            _log.warning(
                "connections to the database keep breaking since %s: no reminder waits for that any more. "
                "Find out what cuts them on the way to the server",
                f"{since:%Y-%m-%d %H:%M} UTC",
            )
        self.breaking = since, real
        return real <= until
