"""The auditor is shown a run in which all is well, and then each thing that may go wrong in it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from store.messages import Cover
from tests.chaos.audit import IN_FLIGHT, audit
from tests.chaos.evidence import Evidence, Row, Sent
from tests.chaos.line import Taken

ANA, BEN = "+12035550100", "+12035550101"
URGENT = "This may be an emergency. Call 911 now. Clinic: 202-555-0199."
COVER = Cover(1, "treatment/c1/d1/visit", "visit_today", date(2026, 5, 4))

DANGER = Taken("SM1", ANA, "I have chest pain", 200, URGENT, 2, 100.0)
STOP = Taken("SM2", BEN, "STOP", 200, "you are opted out", 1, 200.0)


def _row(number: int, phone: str, state: str, **more: object) -> Row:
    row = Row(number, phone, "out", "reminder", state, None, None, None, is_due=False, was=("sending", state))
    return replace(row, **more)  # type: ignore[arg-type]


HEARD = _row(1, ANA, "received", direction="in", kind="text", provider_id="SM1", was=())
REPLY = _row(2, ANA, "accepted", kind="reply", in_reply_to=1, was=(), words=URGENT)
LEFT = _row(3, BEN, "received", direction="in", kind="text", provider_id="SM2", was=())
SENT = _row(4, ANA, "delivered", provider_id="SM4")
BYE = _row(8, BEN, "accepted", kind="reply", in_reply_to=3, was=(), words=STOP.words)
DROPPED = _row(5, BEN, "cancelled", gate="opted_out", was=("cancelled",))
LOST_SIGHT = _row(6, ANA, "unknown")
WAITING = _row(7, ANA, "due", was=())

WELL = Evidence(
    taken=(DANGER, DANGER, STOP),
    ledger=(Sent("SM4", ANA, 4, 1, 150.0), Sent("SM6", ANA, 6, 1, 160.0)),
    told={"SM4": "delivered"},
    rows=(HEARD, REPLY, LEFT, SENT, DROPPED, LOST_SIGHT, WAITING, BYE),
    alerts={ANA: 1},
    opted_out=frozenset({BEN}),
    owed=frozenset({COVER}),
    covered=frozenset({COVER}),
)


def _with(was: Row, **now: object) -> Evidence:
    """The run, with one row another."""
    other = replace(was, **now)  # type: ignore[arg-type]
    return replace(WELL, rows=tuple(other if row is was else row for row in WELL.rows))


def _and_sent(sent: Sent) -> Evidence:
    return replace(WELL, ledger=(*WELL.ledger, sent))


def test_a_run_in_which_all_is_well_has_no_fault() -> None:
    assert audit(WELL) == []


def test_what_was_unknown_may_have_gone_once_more_as_another_attempt() -> None:
    again = Sent("SM7", ANA, 6, 2, 170.0)
    assert audit(_and_sent(again)) == []


def test_what_was_under_way_when_a_stop_was_answered_may_still_arrive() -> None:
    assert audit(replace(_with(DROPPED, state="accepted", provider_id="SM5"), ledger=(*WELL.ledger, _late(1)))) == []


def test_a_text_that_was_stored_may_have_been_answered_once_more_without_the_database() -> None:
    other = replace(BYE, id=9, words="you are opted out for now")
    again = replace(STOP, words=other.words)
    assert audit(replace(WELL, rows=(*WELL.rows, other), taken=(*WELL.taken, again))) == []


def _late(seconds: float) -> Sent:
    return Sent("SM5", BEN, 5, 1, STOP.at + seconds)


FAULTS: dict[str, Callable[[], Evidence]] = {
    "text SM1 stands 0 times": lambda: replace(WELL, rows=WELL.rows[1:]),
    "text SM1 stands 2 times": lambda: replace(WELL, rows=(*WELL.rows, replace(HEARD, id=9))),
    "text 1 has 2 replies": lambda: replace(WELL, rows=(*WELL.rows, replace(REPLY, id=9))),
    "text 1 has 3 replies": lambda: replace(
        WELL, rows=(*WELL.rows, replace(REPLY, id=9, words="2"), replace(REPLY, id=10, words="3"))
    ),
    "text SM1 got no answer after 8 tries": lambda: replace(
        WELL, taken=(replace(DANGER, status=0, words="", tries=8), STOP)
    ),
    "danger text SM1 was answered ''": lambda: replace(WELL, taken=(replace(DANGER, words=""), STOP)),
    "text SM2 was once answered and once not": lambda: replace(WELL, taken=(*WELL.taken, replace(STOP, words=""))),
    "text SM2 was answered 'bye', which stands nowhere": lambda: replace(
        WELL, taken=(*WELL.taken, replace(STOP, words="bye"))
    ),
    "of 1 danger texts of one person, 0 stand in the alert": lambda: replace(WELL, alerts={}),
    "of 1 danger texts of one person, 2 stand in the alert": lambda: replace(WELL, alerts={ANA: 2}),
    "Twilio took message 9, of which the database knows nothing": lambda: _and_sent(Sent("SM9", ANA, 9, 1, 1.0)),
    "message 4 went to somebody else": lambda: _with(SENT, phone=BEN),
    "message 4 went out 2 times and was unknown 0 times": lambda: _and_sent(Sent("SM8", ANA, 4, 2, 1.0)),
    "one attempt at message 6 went out more than once": lambda: _and_sent(Sent("SM8", ANA, 6, 1, 1.0)),
    "message 7 is left due": lambda: _with(WAITING, is_due=True),
    "message 6 is left sending": lambda: _with(LOST_SIGHT, state="sending"),
    "message 4 is delivered, and Twilio never had it": lambda: replace(WELL, ledger=WELL.ledger[1:], told={}),
    "message 7 is due, and Twilio had it": lambda: _and_sent(Sent("SM8", ANA, 7, 1, 1.0)),
    "message 5 is cancelled without a reason": lambda: _with(DROPPED, gate=None),
    "message 6 is unknown, and Twilio had told us that it was sent": lambda: replace(
        WELL, told={**WELL.told, "SM6": "sent"}
    ),
    "message 4 is sent, and Twilio had told us that it was delivered": lambda: _with(SENT, state="sent"),
    "a STOP is not in the database": lambda: replace(WELL, opted_out=frozenset()),
    "message 5 went out 3.5 s after the STOP was answered": lambda: replace(
        _with(DROPPED, state="accepted", provider_id="SM5"), ledger=(*WELL.ledger, _late(IN_FLIGHT + 0.5))
    ),
    "plan 1 owed a text of treatment/c1/d1/visit by visit_today, and there is none": lambda: replace(
        WELL, covered=frozenset()
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_finds(fault: str) -> None:
    assert fault in audit(FAULTS[fault]())


def test_a_message_that_stands_at_another_text_of_its_person_is_no_excuse_for_its_own() -> None:
    holder = _row(9, ANA, "delivered", provider_id="SM6", was=("sending", "unknown", "delivered"))
    run = replace(WELL, rows=(*WELL.rows, holder), told={**WELL.told, "SM6": "delivered"})
    assert "message 6 is unknown, and Twilio had told us that it was delivered" in audit(run)
