"""Every step that a text takes from one state to another. Nothing else sets the state of a text that stands.

`docs/outbox.md` draws these steps, and a test holds the drawing against this table. A step is taken only from where it
begins: each UPDATE carries its origins, so that of two who move a text at once one finds that it is no longer there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store.columns import among
from store.messages import State, message

BEGINNINGS: Mapping[str, State] = {"add": "due", "answer": "accepted", "receive": "received"}
"""How a text comes to be: planned, given back with the webhook's response, or come in."""

_LEASED = frozenset[State]({"claimed", "sending"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, from which states it may be taken, and where it leads."""

    name: str
    origins: frozenset[State]
    to: State

    def stands_before(self) -> sa.ColumnElement[bool]:
        """That a text stands where this step begins."""
        return sa.or_(*(message.c.state == origin for origin in sorted(self.origins)))

    def update(self) -> sa.Update:
        """Takes the step; the lease of a claim ends with it, unless it is what the step gives or needs."""
        values: dict[str, Any] = {"state": self.to}
        if self.to not in _LEASED:
            values |= {"lease_until": None, "lease_owner": None}
        return sa.update(message).where(self.stands_before()).values(**values)

    def of_those(self) -> sa.Update:
        """The same for the texts whose ids are the list parameter ``numbers``."""
        return self.update().where(among(message.c.id, "numbers"))


def _step(name: str, origins: str, to: State) -> Step:
    known: dict[str, State] = {state: state for state in _ALL}
    return Step(name, frozenset(known[origin] for origin in origins.split()), to)


_ALL: tuple[State, ...] = (
    *("due", "claimed", "sending", "unknown", "accepted", "sent"),
    *("delivered", "undelivered", "failed", "cancelled"),
)
_OPEN = "due claimed sending unknown"

CLAIM = _step("claim", "due claimed", "claimed")
RELEASE = _step("release", "claimed", "due")
WAIT = _step("wait", "due claimed", "due")
BEGIN = _step("begin", "claimed", "sending")
CANCEL = _step("cancel", "due claimed", "cancelled")
EXPIRE = _step("expire", "due claimed", "expired")
REVIVE = _step("revive", "cancelled due claimed", "due")
LOSE = _step("lose", "sending", "unknown")
TRY_AGAIN = _step("try again", "sending unknown", "due")
SEND_ONCE_MORE = _step("send once more", "unknown undelivered failed", "due")
GIVE_BACK = _step("give back", "accepted sent delivered undelivered failed", "unknown")
ACCEPT = _step("accept", _OPEN, "accepted")
HAND_OVER = _step("hand over", f"{_OPEN} accepted", "sent")
DELIVER = _step("deliver", f"{_OPEN} accepted sent", "delivered")
NOT_DELIVER = _step("not deliver", f"{_OPEN} accepted sent", "undelivered")
FAIL = _step("fail", f"{_OPEN} accepted sent", "failed")

STEPS: tuple[Step, ...] = (
    *(CLAIM, RELEASE, WAIT, BEGIN, CANCEL, EXPIRE, REVIVE, LOSE, TRY_AGAIN, SEND_ONCE_MORE, GIVE_BACK),
    *(ACCEPT, HAND_OVER, DELIVER, NOT_DELIVER, FAIL),
)
REPORTS: Mapping[State, Step] = {step.to: step for step in (LOSE, ACCEPT, HAND_OVER, DELIVER, NOT_DELIVER, FAIL)}
"""What the result of a call, or a receipt, says of a text: by the state that it brings it to. They only go forward."""
