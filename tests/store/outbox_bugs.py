"""Bugs put into the outbox on purpose, one at a time. The model must find each."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from scheduler.delivery import reconcile
from store import messages, outbox, settling, unsettled
from store.database import Tx
from store.messages import RANKS, message
from store.outbox import TextToSend
from store.states import REPORTS

Bug = Callable[[], AbstractContextManager[object]]


def leases_are_not_compared() -> AbstractContextManager[object]:
    """A claim takes what another one holds."""
    claim = outbox.claim

    def claimed(tx: Tx, now: datetime, until: datetime, owner: str, limit: int, real_now: datetime) -> list[int]:
        return claim(tx, now, until, owner, limit, real_now + timedelta(days=1))

    return patch.object(outbox, "claim", claimed)


def owners_are_not_compared() -> AbstractContextManager[object]:
    """Whoever is late sends what was claimed by the next one."""
    to_send = outbox.to_send

    def ours(tx: Tx, ids: list[int], owner: str) -> list[TextToSend]:
        return [text for each in ("one", "two") for text in to_send(tx, ids, each)]

    return patch.object(outbox, "to_send", ours)


def unknown_after_accepted() -> AbstractContextManager[object]:
    """A call that timed out makes unknown what a receipt had told of: a step back."""
    return _steps("unknown", "due claimed sending accepted sent")


def receipts_move_back() -> AbstractContextManager[object]:
    """The receipt that came last is believed."""
    return _steps("sent", "due claimed sending unknown accepted delivered undelivered failed")


def absent_after_one_look() -> AbstractContextManager[object]:
    """What stands in the provider's list a while later is taken for absent at once."""
    return patch.object(reconcile, "settle", _settle_at_once(reconcile.settle))


def sent_once_more_twice() -> AbstractContextManager[object]:
    """What the provider did not have is sent once more however often that happened."""
    return patch.object(
        reconcile, "_absent", lambda tx, now, text: unsettled.send_again(tx, now, text, reconcile.SENT_ONCE_MORE)
    )


def stop_leaves_what_is_claimed() -> AbstractContextManager[object]:
    """A STOP cancels what is due, not what a scheduler holds."""
    only_due = outbox._WAITING_FOR_CONTACT.where(message.c.state == "due")
    return patch.object(outbox, "_WAITING_FOR_CONTACT", only_due)


def what_waits_is_lost() -> AbstractContextManager[object]:
    """What a gate puts off is never due again."""
    postpone = outbox.postpone

    def put_off(tx: Tx, now: datetime, number: int, due_at: datetime, gate: str) -> bool:
        return postpone(tx, now, number, due_at + timedelta(days=3650), gate)

    return patch.object(outbox, "postpone", put_off)


def late_failures_count() -> AbstractContextManager[object]:
    """A call that was given up fails late, and takes the one with it that was made in its place."""
    return patch.object(settling, "_WITHOUT_PROOF", frozenset())


def ids_that_were_given_up_count() -> AbstractContextManager[object]:
    """The answer to a call whose text did not arrive, and was sent once more, gives the text its id again."""
    return patch.object(settling, "_retired", lambda *_: set())


def sending_is_free_after_a_crash() -> AbstractContextManager[object]:
    """What was being sent when its process died waits to be sent, as if no call had been made."""
    given_up = outbox.unknown_after_crash

    def give_up(tx: Tx, now: datetime, real_now: datetime, limit: int) -> list[int]:
        numbers = given_up(tx, now, real_now, limit)
        tx.conn.execute(sa.update(message).where(message.c.id.in_(numbers)).values(state="due", due_at=now))
        return numbers

    return patch.object(outbox, "unknown_after_crash", give_up)


def _steps(to: messages.State, origins: str) -> AbstractContextManager[object]:
    step = replace(REPORTS[to], origins=frozenset(state for state in RANKS if state in origins.split()))
    stack = ExitStack()
    stack.enter_context(patch.object(settling, "REPORTS", {**REPORTS, to: step}))
    stack.enter_context(patch.object(settling, "_STEPS", {**settling._STEPS, to: settling._taken(step)}))
    return stack


def _settle_at_once(settle: Callable[..., Any]) -> Callable[..., Any]:
    def settled(tx: Tx, moment: Any, library: Any, answers: Any, absent_since: Any) -> Any:
        long_ago = {question.attempt: moment.real - timedelta(hours=1) for question, _ in answers}
        return settle(tx, moment, library, answers, long_ago)

    return settled


BUGS: tuple[Bug, ...] = (
    leases_are_not_compared,
    owners_are_not_compared,
    unknown_after_accepted,
    receipts_move_back,
    absent_after_one_look,
    sent_once_more_twice,
    stop_leaves_what_is_claimed,
    what_waits_is_lost,
    late_failures_count,
    ids_that_were_given_up_count,
    sending_is_free_after_a_crash,
)
