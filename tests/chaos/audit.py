"""The auditor: what Twilio had, what people were answered and what the database says must be one story."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from tests.chaos.evidence import Evidence, Row, Sent
from tests.chaos.line import Taken
from tests.chaos.script import DANGER

IN_FLIGHT = 3.0
"""Seconds that a call may have been under way when a STOP was answered."""
MOST_LINES = 20
"""Lines that an alert keeps (scheduler/alerts.py)."""
_WITH_TWILIO = {"accepted", "sent", "delivered", "undelivered"}
_NEVER_SENT = {"due", "expired", "cancelled"}
_RANKS = {"sent": 1, "delivered": 2}


def audit(evidence: Evidence) -> list[str]:
    """What does not hold, a sentence each."""
    return [
        *_texts_stand_once(evidence),
        *_texts_are_answered(evidence),
        *_alerts_stand(evidence),
        *_sent_once(evidence),
        *_rows_say_what_went(evidence),
        *_nothing_after_stop(evidence),
        *_nothing_owed(evidence),
    ]


def _deliveries(evidence: Evidence) -> dict[str, list[Taken]]:
    by_sid: dict[str, list[Taken]] = defaultdict(list)
    for taken in evidence.taken:
        by_sid[taken.sid].append(taken)
    return by_sid


def _texts_stand_once(evidence: Evidence) -> Iterator[str]:
    standing = Counter(row.provider_id for row in evidence.rows if row.direction == "in")
    for sid in _deliveries(evidence):
        if standing[sid] != 1:
            yield f"text {sid} stands {standing[sid]} times"
    replies: dict[int | None, list[str]] = defaultdict(list)
    for row in evidence.rows:
        if row.kind == "reply":
            replies[row.in_reply_to].append(row.words)
    for number, words in replies.items():
        # One that was stored, and whose answer was lost, may have been answered once more without the database.
        if len(words) > 2 or len(set(words)) < len(words):
            yield f"text {number} has {len(words)} replies"


def _texts_are_answered(evidence: Evidence) -> Iterator[str]:
    texts = {row.id: row.provider_id for row in evidence.rows if row.direction == "in"}
    kept = {(texts.get(row.in_reply_to or 0), row.words) for row in evidence.rows if row.kind == "reply"}
    for sid, deliveries in _deliveries(evidence).items():
        for taken in deliveries:
            if taken.status != 200:
                yield f"text {sid} got {taken.status or 'no answer'} after {taken.tries} tries"
            elif taken.body in DANGER and not taken.words.startswith("This may be an emergency. Call 911 now."):
                yield f"danger text {sid} was answered {taken.words!r}"
        answers = {taken.words for taken in deliveries}
        if "" in answers and len(answers) > 1:
            yield f"text {sid} was once answered and once not"
        for words in sorted(answers - {""}):
            if (sid, words) not in kept:
                yield f"text {sid} was answered {words!r}, which stands nowhere"


def _alerts_stand(evidence: Evidence) -> Iterator[str]:
    dangers = Counter(texts[0].sender for texts in _deliveries(evidence).values() if texts[0].body in DANGER)
    for phone in dangers.keys() | evidence.alerts.keys():
        due, there = min(dangers[phone], MOST_LINES), evidence.alerts.get(phone, 0)
        if due != there:
            yield f"of {dangers[phone]} danger texts of one person, {there} stand in the alert"


def _by_message(evidence: Evidence) -> Mapping[int, list[Sent]]:
    by_message: dict[int, list[Sent]] = defaultdict(list)
    for sent in evidence.ledger:
        by_message[sent.message_id].append(sent)
    return by_message


def _sent_once(evidence: Evidence) -> Iterator[str]:
    rows = {row.id: row for row in evidence.rows}
    for number, times in _by_message(evidence).items():
        row = rows.get(number)
        if row is None:
            yield f"Twilio took message {number}, of which the database knows nothing"
            continue
        if any(sent.to != row.phone for sent in times):
            yield f"message {number} went to somebody else"
        if len(times) > 1 and row.was.count("unknown") < len(times) - 1:
            yield f"message {number} went out {len(times)} times and was unknown {row.was.count('unknown')} times"
        if len({sent.attempt for sent in times}) < len(times):
            yield f"one attempt at message {number} went out more than once"


def _rows_say_what_went(evidence: Evidence) -> Iterator[str]:
    by_message, sids = _by_message(evidence), {sent.sid for sent in evidence.ledger}
    for row in evidence.rows:
        if row.direction == "in" or row.kind == "reply":
            continue
        sent = by_message.get(row.id, [])
        if row.state in {"claimed", "sending"} or (row.state == "due" and row.is_due):
            yield f"message {row.id} is left {row.state}"
        if row.state in _WITH_TWILIO and row.provider_id not in sids:
            yield f"message {row.id} is {row.state}, and Twilio never had it"
        if row.state in _NEVER_SENT and sent and "unknown" not in row.was:
            yield f"message {row.id} is {row.state}, and Twilio had it"
        if row.state in {"expired", "cancelled"} and not row.gate:
            yield f"message {row.id} is {row.state} without a reason"
        yield from _receipts_are_heard(evidence, row, sent)


def _receipts_are_heard(evidence: Evidence, row: Row, sent: list[Sent]) -> Iterator[str]:
    for each in sent:
        told = evidence.told.get(each.sid)
        if told is not None and _RANKS.get(row.state, 0) < _RANKS[told]:
            yield f"message {row.id} is {row.state}, and Twilio had told us that it was {told}"


def _nothing_after_stop(evidence: Evidence) -> Iterator[str]:
    stopped: dict[str, float] = {}
    for taken in evidence.taken:
        if taken.body == "STOP" and taken.status == 200:
            stopped[taken.sender] = min(taken.at, stopped.get(taken.sender, taken.at))
    for _ in stopped.keys() - evidence.opted_out:
        yield "a STOP is not in the database"
    for sent in evidence.ledger:
        if sent.to in stopped and sent.at > stopped[sent.to] + IN_FLIGHT:
            yield f"message {sent.message_id} went out {sent.at - stopped[sent.to]:.1f} s after the STOP was answered"


def _nothing_owed(evidence: Evidence) -> Iterator[str]:
    for cover in evidence.owed - evidence.covered:
        yield f"plan {cover.plan_id} owed a text of {cover.event} by {cover.rule}, and there is none"
