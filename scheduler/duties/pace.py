"""How much a scheduler does at once, and how often."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how often. Seconds by the real clock.

    ``calls``: calls under way at once. ``claim``: texts claimed in one transaction. ``lease``: how long a claim, or a
    call, is ours; longer than any call may take. ``gather``: how long results are gathered before they are recorded.
    ``aside``: how long the event loop stands still for a transaction on SQLite. ``recovery``: how long only answers go
    when the database was away; longer than web processes take to hand in their spools (`bot.housekeeping`).
    """

    calls: int = 100
    claim: int = 200
    lease: float = 120.0
    gather: float = 0.05
    aside: float = 0.05
    recovery: float = 15.0
    look: float = 1.0
    beat: float = 5.0
    watch: float = 5.0
    jump: float = 2.0
    settle: float = 15.0
    ask: float = 30.0
    top_up: float = 300.0
