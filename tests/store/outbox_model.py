"""A model of the world around the outbox: schedulers, a provider and people who take steps in any order.

Schedulers claim, begin, call, stall and die; the provider takes texts or does not, says so or does not, lists what it
took only after a while, and tells of it when it likes; people stop, and plans change. After each step the store is held
against what the model knows: what waits and until when, who holds what, what was called, what the provider told of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from channels.base import Fault, Listed, Receipt, ReceiptState
from content.library import Library
from scheduler.clock import Moment
from scheduler.delivery import receipts, reconcile
from store import messages, outbox, retelling, settling
from store.database import Database
from store.messages import RANKS, Cover, State
from store.outbox import SentRow
from tests.store.outbox_world import (
    ANSWERS,
    COVERS,
    FAILED,
    LASTING,
    OWNERS,
    PASSING,
    STATES,
    TAKEN,
    Answer,
    Call,
    body_of,
    empty,
    look,
    words_of,
)
from tests.store.sample import NOW, VISIT, Sample

LEASE = timedelta(seconds=60)
LISTED_AFTER = timedelta(seconds=100)
"""So long after a call the provider's list may not have its text: less than the time after which it is asked twice."""
_WAITING = {"due", "claimed"}
_MOST_TEXTS = 6


class Outbox(RuleBasedStateMachine):
    """What schedulers, the provider, people and staff do."""

    database: Database
    sample: Sample
    library: Library

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.calls: list[Call] = []
        self.held: dict[int, tuple[str, datetime]] = {}
        self.waits: dict[int, datetime] = {}
        self.told: dict[Cover, int] = {}
        self.lost: set[reconcile.Attempt] = set()
        self.absent: dict[reconcile.Attempt, datetime] = {}
        empty(self.database)
        self.seen = look(self.database, self.sample.contact.id)

    @initialize()
    def something_is_due(self) -> None:
        for days in range(2):
            self.a_text_is_planned([("before", days)], 0)

    @rule(seconds=st.sampled_from([1, 45, 61, 61, 200, 4_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: len(self.seen.texts) < _MOST_TEXTS)
    @rule(told=COVERS, wait=st.sampled_from([0, 0, 100]))
    def a_text_is_planned(self, told: list[tuple[str, int]], wait: int) -> None:
        covers = [Cover(self.sample.plan.id, "maintenance/c1/d1/visit", n, VISIT + timedelta(days=d)) for n, d in told]
        due_at = self.now + timedelta(seconds=wait)
        with self.database.writing() as tx:
            number = outbox.add_text(
                tx,
                self.now,
                clinic_id=self.sample.clinic.id,
                contact_id=self.sample.contact.id,
                patient_id=self.sample.patient.id,
                kind="reminder",
                template="visit_before",
                args={},
                due_at=due_at,
                expires_at=self.now + timedelta(days=9),
                priority=1,
                covers=covers,
            )
        anew = [cover for cover in covers if cover not in self.told]
        assert (number is None) == (bool(covers) and not anew)
        if number is not None:
            self.waits[number] = due_at
            self.told |= dict.fromkeys(anew, number)

    @precondition(lambda self: self.waits)
    @rule(owner=OWNERS, limit=st.integers(1, 3))
    def somebody_claims(self, owner: str, limit: int) -> None:
        free = {
            text.id
            for text in self.seen.texts.values()
            if (text.state == "due" and self.waits[text.id] <= self.now)
            or (text.state == "claimed" and self.held[text.id][1] <= self.now)
        }
        with self.database.writing() as tx:
            claimed = outbox.claim(tx, self.now, self.now + LEASE, owner, limit, self.now)
        assert len(claimed) == min(limit, len(free)), "not as many were claimed as were free"
        assert {*claimed} <= free, "what somebody holds was claimed by another"
        self.held |= dict.fromkeys(claimed, (owner, self.now + LEASE))

    @precondition(lambda self: self.seen.inside("claimed"))
    @rule(owner=OWNERS, answer=ANSWERS, comes_back=st.booleans())
    def somebody_calls_with_what_is_claimed(self, owner: str, answer: Answer, comes_back: bool) -> None:
        """Of all that is claimed it gets what it holds itself."""
        made = []
        with self.database.writing() as tx:
            for text in outbox.to_send(tx, list(self.held), owner):
                assert self.held[text.id][0] == owner, "a text was given to somebody who does not hold it"
                made.append(Call(text.id, text.attempts + 1, owner, self.now, answer))
            words = [words_of(self.sample, call) for call in made]
            outbox.mark_sending(tx, self.now, words, self.now + LEASE)
        for call in made:
            del self.waits[call.number]
            self.calls.append(call)
            if comes_back:
                self._comes_back(call)

    @precondition(lambda self: self._is_due())
    @rule(answer=ANSWERS)
    def somebody_sends_what_is_due(self, answer: Answer) -> None:
        """Everything up to the answer at once."""
        self._comes_back(self._begin("one", answer))

    @precondition(lambda self: self._is_due())
    @rule(times=st.integers(1, 3))
    def nothing_reaches_the_provider(self, times: int) -> None:
        """Nor does it answer, until it is asked."""
        for _ in range(times):
            self.somebody_claims("one", 3)
            self.seen = look(self.database, self.sample.contact.id)
            self.somebody_calls_with_what_is_claimed("one", "no answer, not taken", True)
            self.all_of_this_holds()
            if self.seen.inside("unknown"):
                self.an_hour_of_asking_passes()
                self.all_of_this_holds()

    @precondition(lambda self: self._is_due())
    @rule(answer=TAKEN, state=st.sampled_from([ReceiptState.SENT, ReceiptState.DELIVERED, ReceiptState.FAILED]))
    def a_receipt_overtakes_the_answer(self, answer: Answer, state: ReceiptState) -> None:
        call = self._begin("one", answer)
        self._receipt(call, state, LASTING, named=True)
        self.all_of_this_holds()
        self._comes_back(call)

    @precondition(lambda self: self._is_due())
    @rule(answer=TAKEN, other=ANSWERS, comes_back=st.booleans())
    def a_later_call_overtakes_the_answer(self, answer: Answer, other: Answer, comes_back: bool) -> None:
        """A receipt says that the text did not arrive, and it is called again, before the first call comes back."""
        call = self._begin("one", answer)
        self._receipt(call, ReceiptState.UNDELIVERED, PASSING, named=True)
        self.now += timedelta(seconds=4_000)
        self.all_of_this_holds()
        if call.number in self.waits:
            later = self._begin("two", other)
            if comes_back:
                self._comes_back(later)
        self.all_of_this_holds()
        self._comes_back(call)

    @precondition(lambda self: self._is_due())
    @rule(answer=ANSWERS, is_asked=st.booleans())
    def a_crash_overtakes_the_answer(self, answer: Answer, is_asked: bool) -> None:
        """The lease of a call ends while its process stands still, and the provider may have been asked meanwhile."""
        call = self._begin("one", answer)
        self.all_of_this_holds()
        self.what_went_away_is_noticed(61)
        self.all_of_this_holds()
        if is_asked and self.seen.inside("unknown"):
            self.an_hour_of_asking_passes()
        self._comes_back(call)

    @precondition(lambda self: self.waits)
    @rule(owner=OWNERS, data=st.data(), gate=st.sampled_from(["wait", "wait", "cancelled", "expired", "release"]))
    def a_gate_judges(self, owner: str, data: st.DataObject, gate: str) -> None:
        self.somebody_claims(owner, 2)
        with self.database.writing() as tx:
            texts = outbox.to_send(tx, list(self.held), owner)
            if not texts:
                return
            number = data.draw(st.sampled_from([text.id for text in texts]))
            if gate == "wait":
                self.waits[number] = self.now + 2 * LEASE
                assert outbox.postpone(tx, self.now, number, self.waits[number], "outside_window")
            elif gate == "release":
                outbox.release(tx, [number])
            else:
                del self.waits[number]
                assert outbox.drop(tx, self.now, number, "expired" if gate == "expired" else "cancelled", gate)

    @precondition(lambda self: any(call.is_open for call in self.calls))
    @rule(data=st.data())
    def a_call_comes_back(self, data: st.DataObject) -> None:
        """However late: its lease may be over, and the text sent again since."""
        self._comes_back(data.draw(st.sampled_from([call for call in self.calls if call.is_open])))

    @precondition(lambda self: any(call.is_open for call in self.calls))
    @rule(owner=OWNERS)
    def a_process_dies(self, owner: str) -> None:
        for call in self.calls:
            call.is_open = call.is_open and call.owner != owner

    @precondition(lambda self: self.seen.inside("sending"))
    @rule(after=st.sampled_from([0, 61]))
    def what_went_away_is_noticed(self, after: int) -> None:
        self.now += timedelta(seconds=after)
        sending = (self.seen.texts[number] for number in self.seen.inside("sending"))
        over = {text.id: text.attempts for text in sending if text.lease_until and text.lease_until <= self.now}
        with self.database.writing() as tx:
            assert {*outbox.unknown_after_crash(tx, self.now, self.now, 100)} == over.keys()
        self.lost |= over.items()

    @precondition(lambda self: self.seen.inside("unknown"))
    @rule(after=st.sampled_from([0, 61, 61]), can_be_asked=st.sampled_from([True, True, True, False]))
    def the_provider_is_asked_for_what_is_unknown(self, after: int, can_be_asked: bool) -> None:
        self.now += timedelta(seconds=after)
        moment = Moment(self.now, self.now)
        with self.database.writing() as tx:
            asked = reconcile.to_ask(tx, moment)
            answers = [(each, tuple(self._listed(each.since)) if can_be_asked else None) for each in asked]
            self.absent = reconcile.settle(tx, moment, self.library, answers, self.absent)
            after_it = {each.text.id: messages.get_message(tx, each.text.id) for each in asked}
        for question in asked:
            text, call = after_it[question.text.id], self._call(question.text.id, question.text.attempts)
            assert text is not None
            if text.state == "due":
                assert not call.is_taken, "what the provider has was taken for absent"
                self.waits[text.id] = self.now
            elif can_be_asked and call.is_taken and call.at + LISTED_AFTER <= self.now:
                assert text.provider_id == call.sid, "what the provider lists was not found"

    @precondition(lambda self: self.seen.inside("unknown"))
    @rule()
    def an_hour_of_asking_passes(self) -> None:
        for _ in range(3):
            self.the_provider_is_asked_for_what_is_unknown(61, True)
            self.all_of_this_holds()

    @precondition(lambda self: any(call.is_taken for call in self.calls))
    @rule(data=st.data(), states=STATES, named=st.booleans(), fault=st.sampled_from([PASSING, PASSING, LASTING]))
    def receipts_come(self, data: st.DataObject, states: list[ReceiptState], named: bool, fault: Fault) -> None:
        """Of one call, in any order, as often as it likes, with our attempt or without."""
        call = data.draw(st.sampled_from([call for call in self.calls if call.is_taken]))
        for state in states:
            self._receipt(call, state, fault, named=named)
            self.all_of_this_holds()
        with self.database.writing() as tx:
            other = f"SM{len(self.calls):032d}"
            stranger = settling.apply_receipt(tx, self.now, message_id=None, provider_id=other, state="failed", code=1)
            assert stranger is None, "a receipt of somebody else was taken for ours"

    def _receipt(self, call: Call, state: ReceiptState, fault: Fault, *, named: bool) -> None:
        failed = state in FAILED
        attempt = f"{call.number}.{call.attempt}" if named else None
        receipt = Receipt(call.sid, state, None, attempt, fault if failed else Fault.NONE)
        with self.database.writing() as tx:
            before = messages.get_message(tx, call.number)
            after = receipts.apply(tx, self.now, self.library, receipt)
        assert before is not None
        if not named and call.sid != before.provider_id:
            assert after is None, "a receipt without a name moved a text that does not have its id"
            return
        call.said.append(receipts._STATES[state])
        if after is not None and after.state == "due" != before.state:
            assert failed, "a text is due again by a receipt that says nothing is wrong"
            call.did_not_arrive = True
            assert after.due_at is not None
            assert after.due_at > self.now
            self.waits[call.number] = after.due_at
        elif after is not None and before.state in _WAITING and after.state not in _WAITING:
            raise AssertionError("a receipt took away a text that waits to be sent once more")

    @precondition(lambda self: self.waits)
    @rule()
    def the_person_says_stop(self) -> None:
        with self.database.writing() as tx:
            stopped = outbox.cancel_due(tx, self.now, contact_id=self.sample.contact.id, gate="opted_out")
        assert stopped == len(self.waits), "a STOP left something to be sent"
        self.waits.clear()

    @rule()
    def a_change_of_plan_makes_true_again_what_was_cancelled(self) -> None:
        with self.database.writing() as tx:
            person = self.sample.contact.id, self.sample.patient.id
            found = retelling.waiting_for(tx, self.now, *person, {"opted_out", "cancelled"}, to_write=True)
            retelling.tell_anew(tx, self.now, found, {})
        self.waits |= {text.id: text.due_at for text in found}

    @invariant()
    def all_of_this_holds(self) -> None:
        self.seen = look(self.database, self.sample.contact.id)
        self.what_waits_is_what_should_and_nothing_is_lost()
        self.a_row_is_held_by_the_one_who_claimed_it()
        self.only_what_was_called_is_unknown()
        self.nothing_is_told_by_two_texts()
        self.nothing_goes_twice_but_what_did_not_arrive()
        self.a_row_says_what_became_of_its_last_call()
        self.the_history_agrees_with_the_state_and_only_due_leads_back()

    def what_waits_is_what_should_and_nothing_is_lost(self) -> None:
        waiting = {text.id: text.due_at for text in self.seen.texts.values() if text.state in _WAITING}
        assert waiting == self.waits

    def a_row_is_held_by_the_one_who_claimed_it(self) -> None:
        for text in self.seen.texts.values():
            leased = text.state in {"claimed", "sending"}
            assert leased == (text.lease_owner is not None) == (text.lease_until is not None)
            assert not leased or text.lease_owner == self.held[text.id][0]

    def only_what_was_called_is_unknown(self) -> None:
        for text in self.seen.texts.values():
            assert text.attempts == sum(call.number == text.id for call in self.calls)
            assert text.state != "sending" or text.attempts > 0
            assert text.state != "unknown" or (text.id, text.attempts) in self.lost, "nothing had happened to its call"

    def nothing_is_told_by_two_texts(self) -> None:
        assert dict(self.seen.told) == self.told
        assert len(self.seen.told) == len(self.told)

    def nothing_goes_twice_but_what_did_not_arrive(self) -> None:
        for number in {call.number for call in self.calls}:
            taken = [call for call in self.calls if call.number == number and call.is_taken]
            assert all(call.did_not_arrive for call in taken[:-1])
        for changes in self.seen.history.values():
            once_more = sum(change.detail == reconcile.SENT_ONCE_MORE for change in changes)
            assert once_more <= 1, "what the provider did not have was sent once more twice"

    def a_row_says_what_became_of_its_last_call(self) -> None:
        for text in self.seen.texts.values():
            own = [call for call in self.calls if call.number == text.id]
            if text.state in {"accepted", "sent", "delivered", "undelivered"}:
                assert text.provider_id in {call.sid for call in own if call.is_taken and not call.did_not_arrive}
            elif text.state == "failed":
                assert own[-1].answer == "refused" or "failed" in own[-1].said
            if own and own[-1].said and not own[-1].did_not_arrive and text.state not in {"cancelled", "expired"}:
                assert RANKS[text.state] >= max(RANKS[state] for state in own[-1].said), "a receipt was forgotten"

    def the_history_agrees_with_the_state_and_only_due_leads_back(self) -> None:
        for text in self.seen.texts.values():
            states = [change.state for change in self.seen.history[text.id]]
            stands = "due" if text.state == "claimed" else text.state
            assert stands == (states[-1] if states else "due")
            assert all(after == "due" or RANKS[after] >= RANKS[before] for before, after in pairwise(states))

    def _is_due(self) -> bool:
        """Whether anything is due that nobody holds."""
        return any(self.waits[number] <= self.now for number in self.seen.inside("due"))

    def _begin(self, owner: str, answer: Answer) -> Call:
        """A call that was begun with what is due, and has not come back."""
        self.somebody_claims(owner, 10)
        self.seen = look(self.database, self.sample.contact.id)
        self.somebody_calls_with_what_is_claimed(owner, answer, False)
        return self.calls[-1]

    def _comes_back(self, call: Call) -> None:
        call.is_open = False
        with self.database.writing() as tx:
            before = messages.get_message(tx, call.number)
            assert before is not None
            is_current = before.attempts == call.attempt and before.state in {"sending", "unknown"}
            if call.answer == "not taken":
                outbox.try_again(tx, self.now, call.number, call.attempt, self.now, "throttle")
                if is_current:
                    self.waits[call.number] = self.now
                return
            states: dict[Answer, State] = {"accepted": "accepted", "refused": "failed"}
            state = states.get(call.answer, "unknown")
            sid = call.sid if state == "accepted" else None
            outbox.record_results(tx, self.now, [SentRow(call.number, state, sid, None, "", call.attempt)])
        if state == "unknown" and is_current:
            self.lost.add((call.number, call.attempt))
        if state == "failed" and before.attempts == call.attempt:
            self.waits.pop(call.number, None)  # it need not be tried again to be refused again

    def _listed(self, since: datetime) -> Iterable[Listed]:
        """What the provider lists of this person since a moment, the newest first."""
        for call in reversed(self.calls):
            if call.is_taken and since <= call.at <= self.now - LISTED_AFTER:
                yield Listed(call.sid, body_of(call.number), ReceiptState.SENT, None, Fault.NONE, call.at)

    def _call(self, number: int, attempt: int) -> Call:
        return next(call for call in self.calls if (call.number, call.attempt) == (number, attempt))
