"""What is done about texts that the provider took and of which no receipt tells how they ended.

A receipt may be lost. The provider is asked half a day after the last thing heard of a text, then at twice that age,
and no more after a week: some carriers never say whether a text arrived.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.base import Listed, Receipt
from content.library import Library
from scheduler.clock import Moment
from scheduler.delivery import receipts
from store import silent
from store.database import Tx
from store.silent import Silent

NO_LONGER = timedelta(days=7)
"""So long after the last thing heard of a text its provider is asked for it."""
_MEANWHILE = timedelta(minutes=10)
"""So long nobody else asks for a text, since somebody does."""


def to_ask(tx: Tx, moment: Moment, limit: int = 50) -> list[Silent]:
    """Texts that are to be asked for now, the longest silent first; none of them is given to anybody else meanwhile."""
    return silent.claim_silent(tx, moment.now, moment.now + _MEANWHILE, limit)


def hear(tx: Tx, moment: Moment, library: Library, answers: Sequence[tuple[Silent, Sequence[Listed] | None]]) -> None:
    """Moves each text to where the provider says it is, as by a receipt; None: it could not be asked.

    One that it does not know any more is asked for no more.
    """
    for text, found in sorted(answers, key=lambda answer: answer[0].id):
        if found is None:
            continue  # asked again when nobody else is
        for each in found:
            receipt = Receipt(each.provider_id, each.state, each.code, f"{text.id}.{text.attempts}", each.fault)
            receipts.apply(tx, moment.now, library, receipt, real=moment.real)
        silent.ask_again(tx, text, _next(text, moment.now) if found else None)


def _next(text: Silent, now: datetime) -> datetime | None:
    silent_for = now - text.state_at
    return None if silent_for >= NO_LONGER else now + silent_for
