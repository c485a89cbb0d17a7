"""What became of a text that was sent: the result of the call, and the receipts. `store.outbox` offers these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store.columns import Moment, among
from store.database import Tx
from store.messages import Message, State, get_message, message, message_state, remember, step_of
from store.prepared import Prepared, PreparedMany
from store.states import GIVE_BACK, REPORTS, SEND_ONCE_MORE, Step

ASK_AFTER = timedelta(hours=12)
"""So long after the last thing heard of a text the provider is asked for it (twilio.md section 5)."""


@dataclass(frozen=True, slots=True)
class SentRow:
    """The result of one call: the state it brings the text to, with a few words that hold nothing of the patient.

    ``attempt`` is the number of the call: a failure of an earlier one says nothing of a text that was sent anew.
    """

    id: int
    state: State
    provider_id: str | None
    code: int | None
    detail: str
    attempt: int


_READ = (message.c.id, message.c.clinic_id, message.c.state, message.c.provider_id, message.c.attempts)
_STANDING = Prepared(sa.select(*_READ).where(among(message.c.id, "numbers")).order_by(message.c.id).with_for_update())
_OWNERS = Prepared(sa.select(message.c.provider_id, message.c.id).where(among(message.c.provider_id, "provider_ids")))
_NAME = PreparedMany(
    lambda given: sa.update(message).where(message.c.id == given["number"]).values(provider_id=given["provider_id"]),
    number=message.c.id,
    provider_id=message.c.provider_id,
)
_RETIRED = Prepared(
    sa.select(message_state.c.message_id, message_state.c.provider_id).where(
        among(message_state.c.message_id, "numbers"), message_state.c.provider_id.is_not(None)
    )
)
FOUND = "found_in_list"
"""In the history: that the provider has the text is read from its list, which has words and no attempts."""
_ANOTHERS = "was_anothers"
_WITHOUT_PROOF = frozenset[State]({"unknown", "failed"})
"""What says nothing of a later call for the same text."""


_NOT_THE_END = frozenset[State]({"accepted", "sent"})


_TOLD = (message.c.error_code, message.c.provider_id, message.c.ask_at)


def _taken(step: Step) -> PreparedMany:
    return PreparedMany(
        lambda given: (
            step.update()
            .where(message.c.id == given["number"])
            .values({column: given[column.name] for column in _TOLD})
            .values(state_at=sa.bindparam("now", type_=Moment))
        ),
        number=message.c.id,
        **{column.name: column for column in _TOLD},
    )


_STEPS = {state: _taken(step) for state, step in REPORTS.items()}

_BY_PROVIDER = Prepared(
    sa.select(*_READ)
    .where(message.c.provider_id == sa.bindparam("given"), message.c.direction == "out")
    .with_for_update()
)
_BY_NUMBER = Prepared(
    sa.select(*_READ)
    .where(
        message.c.id == sa.bindparam("number"),
        message.c.direction == "out",
        message.c.provider_id.is_(None),
        # One never sent cannot have a receipt: this one is of another installation on the same account.
        message.c.attempts > 0,
        # Nor is it of concern what becomes of an attempt that another took the place of.
        ~sa.exists().where(
            message_state.c.message_id == message.c.id,
            message_state.c.provider_id == sa.bindparam("given"),
        ),
    )
    .with_for_update()
)

_BY_ATTEMPT = Prepared(
    sa.select(*_READ)
    .where(
        message.c.id == sa.bindparam("number"),
        message.c.direction == "out",
        message.c.attempts == sa.bindparam("attempt"),
        message.c.provider_id.is_not(None),
        # Once only: what was put right is known by proof from then on.
        ~sa.exists().where(message_state.c.message_id == message.c.id, message_state.c.detail == _ANOTHERS),
    )
    .with_for_update()
)


def record_results(tx: Tx, now: datetime, rows: Sequence[SentRow]) -> list[int]:
    """Records the results of calls, and returns the ids of the texts whose state they moved.

    A text that a receipt moved on before keeps its state. A provider's id that another text has is not taken again, and
    a call that another took the place of, since its receipts came before its result, says nothing any more.
    """
    numbers = [row.id for row in rows]
    standing = {number: before for number, *before in _STANDING.every(tx, numbers=numbers)}
    given = [row.provider_id for row in rows if row.provider_id is not None]
    owners: dict[str, int] = {row[0]: row[1] for row in _OWNERS.every(tx, provider_ids=given)}
    retired = _retired(tx, rows, standing)
    moved: dict[State, list[dict[str, Any]]] = {}
    named, told = [], []
    for row in rows:
        if row.id not in standing or (row.id, row.provider_id) in retired:
            continue
        clinic_id, state, named_before, attempts = standing[row.id]
        if row.attempt < attempts and row.state in _WITHOUT_PROOF:
            continue
        provider_id, detail = named_before, row.detail
        if provider_id is None and row.provider_id is not None:
            owner = owners.setdefault(row.provider_id, row.id)
            if owner == row.id:
                provider_id = row.provider_id
            else:
                detail = f"{detail} (the provider gave the id of message {owner})".lstrip()
        if state in REPORTS[row.state].origins:
            change = _moved(now, row.id, row.state, provider_id, row.code)
            moved.setdefault(row.state, []).append(change)
            told.append(step_of(clinic_id, row.id, row.state, detail, row.code))
        elif provider_id != named_before:
            named.append({"number": row.id, "provider_id": provider_id})
    for to, changes in moved.items():
        _STEPS[to].run(tx, changes, now=now)
    _NAME.run(tx, named)
    remember(tx, now, told)
    return [change["message_id"] for change in told]


def _retired(tx: Tx, rows: Sequence[SentRow], standing: Mapping[int, Sequence[Any]]) -> set[tuple[int, str | None]]:
    """The provider's ids of attempts that were given up, of the texts that do not stand as these calls left them."""
    suspects = []
    for row in rows:
        if row.provider_id is not None and row.id in standing:
            _, state, _, attempts = standing[row.id]
            if state != "sending" or attempts != row.attempt:
                suspects.append(row.id)
    return {(number, given) for number, given in _RETIRED.every(tx, numbers=suspects)} if suspects else set()


def apply_receipt(
    tx: Tx,
    now: datetime,
    *,
    message_id: int | None,
    provider_id: str,
    state: State,
    code: int | None,
    detail: str = "",
    attempt: int | None = None,
) -> Message | None:
    """What a receipt says of a text, known by the provider's id or by the id we gave the provider.

    What was found by its words (`FOUND`) and is another text's, as the id that we gave says, is given back: nobody
    knows any more whether the provider has the text that it was taken for. So is what a text was taken for that the
    receipt says to be something else, by naming its last ``attempt`` (the number of the call; None: it names none).
    Returns the text as it stands then, moved or not; None where it is none of ours.
    """
    before = _BY_PROVIDER.one(tx, given=provider_id)
    if before is not None and message_id not in (None, before[0]):
        before = None if _give_back(tx, now, before[0], before[1], provider_id) else before
    if before is None and message_id is not None:
        before = _BY_NUMBER.one(tx, number=message_id, given=provider_id)
        if before is None:
            # Between the two questions another receipt, or the result of the call, may have given it the provider's id.
            before = _BY_PROVIDER.one(tx, given=provider_id)
        if before is None and attempt is not None:
            before = _put_right(tx, now, message_id, attempt, provider_id)
    if before is None:
        return None
    number, clinic_id, standing, named, _ = before
    if standing in REPORTS[state].origins:
        moved = _moved(now, number, state, provider_id, code)
        _STEPS[state].run(tx, [moved], now=now)
        remember(tx, now, [step_of(clinic_id, number, state, detail, code)])
    elif named is None:
        _NAME.run(tx, [{"number": number, "provider_id": provider_id}])
    return get_message(tx, number)


def _put_right(tx: Tx, now: datetime, number: int, attempt: int, provider_id: str) -> Any:
    """The text that a receipt names by its last attempt, with what it was taken for given back; None: there is none.

    Two texts of the same words may each be taken for the other: the receipt of either finds its text named already.
    """
    mistaken = _BY_ATTEMPT.one(tx, number=number, attempt=attempt)
    if mistaken is None or not _give_back(tx, now, number, mistaken[1], mistaken[3]):
        return None
    return _BY_NUMBER.one(tx, number=number, given=provider_id)


def _give_back(tx: Tx, now: datetime, number: int, clinic_id: int, provider_id: str) -> bool:
    """Takes the provider's id from a text that has it by its words alone; whether it had."""
    was_found = sa.exists().where(
        message_state.c.message_id == message.c.id, message_state.c.detail.contains(FOUND, autoescape=True)
    )
    given_back = GIVE_BACK.update().where(message.c.id == number, was_found)
    values: dict[str, Any] = {"state_at": now, "provider_id": None, "error_code": None, "ask_at": None}
    if tx.conn.execute(given_back.values(**values)).rowcount == 0:
        return False
    _remember_given_up(tx, now, clinic_id, number, GIVE_BACK.to, _ANOTHERS, provider_id)
    return True


def send_anew(tx: Tx, now: datetime, text: Message, due_at: datetime, detail: str, instead: str | None = None) -> bool:
    """Makes a text due for one more attempt that the provider had and could not deliver. Whether it still could be.

    ``instead``: the network over which it goes from now on; None: the same.
    """
    again = SEND_ONCE_MORE.update().where(message.c.id == text.id, message.c.attempts == text.attempts)
    values: dict[str, Any] = {"state_at": now, "due_at": due_at}
    values |= {"provider_id": None, "error_code": None, "ask_at": None}
    if instead is not None:
        values["instead"] = instead
    if tx.conn.execute(again.values(**values)).rowcount == 0:
        return False
    _remember_given_up(tx, now, text.clinic_id, text.id, SEND_ONCE_MORE.to, detail, text.provider_id)
    return True


def _remember_given_up(
    tx: Tx, now: datetime, clinic_id: int, number: int, to: State, detail: str, provider_id: str | None
) -> None:
    """In the history with the provider's id, which the text is not to be given again."""
    step = step_of(clinic_id, number, to, detail, None)
    tx.conn.execute(sa.insert(message_state), step | {"at": now, "provider_id": provider_id})


def _moved(now: datetime, number: int, to: State, provider_id: str | None, code: int | None) -> dict[str, Any]:
    ask_at = now + ASK_AFTER if to in _NOT_THE_END and provider_id is not None else None
    return {"number": number, "provider_id": provider_id, "error_code": code, "ask_at": ask_at}
