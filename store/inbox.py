"""Texts that came in, and what was answered: the way of every webhook, in as few statements as it takes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.columns import for_both
from store.database import Tx
from store.messages import Message, as_message, message
from store.prepared import Prepared
from store.states import BEGINNINGS


@dataclass(frozen=True, slots=True)
class StoredReply:
    """What was answered to a text that stands already; both are None where nothing was answered."""

    message_id: int | None
    body: str | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A text and its answer without their words. ``outcome_kind`` and ``outcome_id``: what the text was taken for."""

    at: datetime
    template: str | None
    fact: str | None
    outcome_kind: str | None
    outcome_id: str | None


# The one thing that can stand in the way is the provider's id, which is unique.
_RECORD = Prepared(
    for_both(
        lambda insert: (
            insert(message)
            .values(direction="in", kind="text", state=BEGINNINGS["receive"], args={})
            .on_conflict_do_nothing()
            .returning(message.c.id)
        )
    ),
    "clinic_id",
    "contact_id",
    "patient_id",
    "sender_id",
    "body_sealed",
    "media",
    "language",
    "outcome_kind",
    "outcome_id",
    "matched_sealed",
    "via",
    "state_at",
    "provider_id",
    "created_at",
)
_REPLY = Prepared(
    sa.insert(message)
    .values(direction="out", kind="reply", state=BEGINNINGS["answer"], args={}, attempts=1)
    .returning(message.c.id),
    "clinic_id",
    "contact_id",
    "patient_id",
    "sender_id",
    "in_reply_to",
    "template",
    "body_sealed",
    "fact",
    "language",
    "via",
    "content_version",
    "segments",
    "encoding",
    "state_at",
    "created_at",
)
_text = message.alias("text")
_EXCHANGES = Prepared(
    sa.select(message.c.created_at, message.c.template, message.c.fact, _text.c.outcome_kind, _text.c.outcome_id)
    .select_from(message)
    .join(_text, message.c.in_reply_to == _text.c.id)
    .where(message.c.contact_id == sa.bindparam("contact"))
    .order_by(message.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_OUTCOME = sa.update(message).where(message.c.id == sa.bindparam("number"))
_reply = message.alias("reply")
_ANSWERS = (
    sa.select(message.c.id.label("text_id"), _reply.c.id, _reply.c.body_sealed)
    .select_from(message)
    .outerjoin(_reply, _reply.c.in_reply_to == message.c.id)
    .where(message.c.provider_id == sa.bindparam("provider_id"))
    .order_by(_reply.c.id)
)
_FIRST_ANSWER = _ANSWERS.limit(1)
_WISHED_LATER = (
    sa.select(message.c.id)
    .where(
        message.c.contact_id == sa.bindparam("contact"),
        message.c.direction == "in",
        message.c.created_at > sa.bindparam("at", type_=message.c.created_at.type),
        sa.or_(
            message.c.outcome_kind.in_(["opt_out", "opt_in"]),
            sa.and_(message.c.outcome_kind == "command", message.c.outcome_id.in_(["pause", "resume"])),
        ),
    )
    .limit(1)
)
_LAST = (
    sa.select(message)
    .where(message.c.contact_id == sa.bindparam("contact"), message.c.kind == "reply", message.c.fact.is_not(None))
    .order_by(message.c.id.desc())
    .limit(1)
)


def record_text(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    contact_id: int,
    provider_id: str,
    sender_id: int | None,
    body: str,
    via: str,
    media: int = 0,
    patient_id: int | None = None,
    language: str | None = None,
    outcome_kind: str | None = None,
    outcome_id: str | None = None,
    matched: str | None = None,
) -> int | None:
    """Stores a text that came in and returns its id; None where this provider's id stands already.

    Of two transactions with one provider's id, the second waits for the first and gets None. What it was understood
    as may be given at once or later (`set_outcome`).
    """
    row = _RECORD.one(
        tx,
        clinic_id=clinic_id,
        contact_id=contact_id,
        patient_id=patient_id,
        sender_id=sender_id,
        body_sealed=tx.sealer.seal(body),
        media=media,
        language=language,
        **_outcome(tx, outcome_kind, outcome_id, matched),
        via=via,
        state_at=now,
        provider_id=provider_id,
        created_at=now,
    )
    return None if row is None else int(row[0])


def set_outcome(tx: Tx, message_id: int, kind: str, outcome_id: str | None, matched: str) -> None:
    """How a text that came in was understood."""
    tx.conn.execute(_OUTCOME, {"number": message_id, **_outcome(tx, kind, outcome_id, matched)})


def record_reply(
    tx: Tx,
    now: datetime,
    *,
    clinic_id: int,
    contact_id: int,
    patient_id: int | None,
    in_reply_to: int,
    body: str,
    template: str | None,
    fact: str | None,
    language: str,
    via: str,
    segments: int,
    encoding: str,
    content_version: str,
    sender_id: int | None,
) -> int:
    """Stores the answer that goes back with the webhook's own response, and returns its id.

    It begins as accepted; a receipt moves it on.
    """
    row = _REPLY.one(
        tx,
        clinic_id=clinic_id,
        contact_id=contact_id,
        patient_id=patient_id,
        sender_id=sender_id,
        in_reply_to=in_reply_to,
        template=template,
        body_sealed=tx.sealer.seal(body),
        fact=fact,
        language=language,
        via=via,
        content_version=content_version,
        segments=segments,
        encoding=encoding,
        state_at=now,
        created_at=now,
    )
    return int(row[0]) if row else 0


def stored_reply(tx: Tx, provider_id: str) -> StoredReply | None:
    """What was answered to the text with this provider's id; None where no such text stands."""
    row = tx.conn.execute(_FIRST_ANSWER, {"provider_id": provider_id}).one_or_none()
    if row is None:
        return None
    return StoredReply(row.id, None if row.body_sealed is None else tx.sealer.open(row.body_sealed))


def answers_to(tx: Tx, provider_id: str) -> tuple[int, list[str]]:
    """The id of the text with this provider's id, and all that was answered to it. Raises LookupError."""
    rows = tx.conn.execute(_ANSWERS, {"provider_id": provider_id}).all()
    if not rows:
        raise LookupError("no text has this provider's id")
    return rows[0].text_id, [tx.sealer.open(row.body_sealed) for row in rows if row.body_sealed is not None]


def last_reply(tx: Tx, contact_id: int) -> Message | None:
    """The newest answer to this contact that carries a fact."""
    row = tx.conn.execute(_LAST, {"contact": contact_id}).one_or_none()
    return None if row is None else as_message(tx, row)


def wished_later(tx: Tx, contact_id: int, at: datetime) -> bool:
    """Whether a text that came after ``at`` says whether this contact wants texts: STOP, START, PAUSE or RESUME."""
    return tx.conn.execute(_WISHED_LATER, {"contact": contact_id, "at": at}).first() is not None


def last_exchanges(tx: Tx, contact_id: int, limit: int) -> list[Exchange]:
    """What this contact was last answered, the newest first. Nothing is opened."""
    return [Exchange(*row) for row in _EXCHANGES.every(tx, contact=contact_id, limit=limit)]


def _outcome(tx: Tx, kind: str | None, outcome_id: str | None, matched: str | None) -> dict[str, Any]:
    return {
        "outcome_kind": kind,
        "outcome_id": outcome_id,
        "matched_sealed": None if matched is None else tx.sealer.seal(matched),
    }
