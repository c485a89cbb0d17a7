"""What a receipt does to the text it tells of. Receipts come late, twice, unordered, and before our own commit."""

from datetime import datetime

from channels.base import Fault, Receipt, ReceiptState
from content.library import Library
from scheduler import alerts
from scheduler.delivery import failures
from store import messages, outbox
from store.database import Tx
from store.messages import Message, State

# That the provider has queued it, or hands it over, is no more than that it was accepted. READ is beyond delivered.
_STATES: dict[ReceiptState, State] = {
    ReceiptState.QUEUED: "accepted",
    ReceiptState.SENDING: "accepted",
    ReceiptState.SENT: "sent",
    ReceiptState.DELIVERED: "delivered",
    ReceiptState.READ: "delivered",
    ReceiptState.UNDELIVERED: "undelivered",
    ReceiptState.FAILED: "failed",
    ReceiptState.CANCELED: "failed",
}
_FAILED = {"undelivered", "failed"}


def apply(
    tx: Tx,
    now: datetime,
    library: Library,
    receipt: Receipt,
    *,
    real: datetime | None = None,
    is_found: bool = False,
) -> Message | None:
    """Moves the text on that the receipt tells of, never back, and gives it; None where it is none of ours.

    A failure is followed up once: opt-out, quarantine, a task for staff; one that passes may have the text sent once
    more. One of an attempt that a later attempt has taken the place of says nothing of the text any more. An alert
    learns whether the reply it waits for arrived. ``real`` is the clock that senders' rates run by, where it is not
    ``now``. ``is_found``: it is no receipt, but what the provider's list has of the text, known by its words.
    """
    message_id, attempt = _attempt(receipt.attempt)
    before = None if message_id is None else messages.get_message(tx, message_id)
    state = _STATES[receipt.state]
    if before is not None and state in _FAILED and attempt is not None and attempt < before.attempts:
        return before
    after = outbox.apply_receipt(
        tx,
        now,
        message_id=message_id,
        provider_id=receipt.provider_id,
        state=state,
        code=receipt.code,
        detail=_detail(receipt.fault, is_found=is_found),
        attempt=None if is_found else attempt,
    )
    if after is None or not _has_moved(before, after, now):
        return after
    if after.state in _FAILED:
        is_due_again = failures.sent_anew(tx, now, after, receipt.fault)
        if not is_due_again:
            failures.text_failed(tx, now, library, after.id, receipt.fault)
        # Last: a turn of the dispatcher locks people first and then the senders' standings, too.
        failures.complained(tx, real or now, after, receipt.fault)
        return messages.get_message(tx, after.id) if is_due_again else after
    if after.state == "delivered":
        alerts.reply_settled(tx, now, after, arrived=True)
    return after


def _detail(fault: Fault, *, is_found: bool) -> str:
    words = outbox.FOUND if is_found else ""
    return words if fault is Fault.NONE else failures.detail(fault, words)


def _attempt(written: str | None) -> tuple[int | None, int | None]:
    """The message and the number of the attempt in "<message id>.<attempt number>"; None where it is not ours."""
    first, dot, second = (written or "").partition(".")
    if dot and first.isdecimal() and second.isdecimal() and len(first) <= _LONGEST and len(second) <= _LONGEST:
        return int(first), int(second)
    return None, None


# The store's numbers have at most 63 bits.
_LONGEST = 18


def _has_moved(before: Message | None, after: Message, now: datetime) -> bool:
    if before is not None and before.id == after.id and before.state == after.state:
        return False
    return after.state_at == now
