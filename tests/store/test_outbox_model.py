"""The outbox against a model of the world around it: hypothesis takes steps in any order, and shortens what fails.

Schedulers claim, begin, call, stall and die; the provider takes texts or does not, and tells of it when it likes;
people stop, and plans change. `HYPOTHESIS_PROFILE=explore` looks at twenty times as many runs.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import hypothesis
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from store import messages, outbox, retelling, settling, unsettled
from store.database import Database, Tx
from store.messages import RANKS, Cover, Message, State, message, message_event, message_state
from store.outbox import SentRow
from tests.store.sample import NOW, VISIT, Sample, add_sample, composed
from tests.store.steps import guard_steps

LEASE = timedelta(seconds=60)
OWNERS = st.sampled_from(["one", "two", "three"])
COVERS = st.lists(st.tuples(st.sampled_from(["before", "today"]), st.integers(0, 2)), max_size=2, unique=True)
WAITING = {"due", "claimed"}


@dataclass
class Call:
    """A call that was begun: by whom, whether the provider has the text, and whether it told that it did not arrive."""

    number: int
    attempt: int
    owner: str
    taken: bool
    result_is_due: bool = True
    did_not_arrive: bool = False
    failed: bool = False

    @property
    def sid(self) -> str:
        return f"SM{self.number:016x}{self.attempt:016x}"


class Outbox(RuleBasedStateMachine):
    """What schedulers, the provider, people and staff do."""

    database: Database
    sample: Sample

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.calls: list[Call] = []
        self.held: dict[int, tuple[str, object]] = {}
        self.told: dict[Cover, int] = {}
        with self.database.writing() as tx:
            for table in (message_event, message_state, message):
                tx.conn.execute(sa.delete(table))

    @rule(seconds=st.sampled_from([1, 61, 61, 200]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(told=COVERS, wait=st.sampled_from([0, 0, 0, 100]))
    def a_text_is_planned(self, told: list[tuple[str, int]], wait: int) -> None:
        covers = [self._cover(name, days) for name, days in told]
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
                due_at=self.now + timedelta(seconds=wait),
                expires_at=self.now + timedelta(days=9),
                priority=1,
                covers=covers,
            )
        anew = [cover for cover in covers if cover not in self.told]
        assert (number is None) == (bool(covers) and not anew)
        self.told |= {cover: number for cover in anew if number is not None}

    @rule(owner=OWNERS, limit=st.integers(1, 3))
    def somebody_claims(self, owner: str, limit: int) -> None:
        free = {
            text.id
            for text in self._texts()
            if (text.state == "due" and (text.due_at or self.now) <= self.now)
            or (text.state == "claimed" and (text.lease_until or self.now) <= self.now)
        }
        with self.database.writing() as tx:
            claimed = outbox.claim(tx, self.now, self.now + LEASE, owner, limit, self.now)
        assert len(claimed) == min(limit, len(free))
        assert {*claimed} <= free
        for number in claimed:
            self.held[number] = (owner, self.now + LEASE)

    @rule(owner=OWNERS, taken=st.booleans())
    def somebody_calls_with_what_it_claimed(self, owner: str, taken: bool) -> None:
        ids = [number for number, (holder, _) in self.held.items() if holder == owner]
        with self.database.writing() as tx:
            texts = outbox.to_send(tx, ids, owner)
            words = [composed(text.id, attempts=text.attempts + 1) for text in texts]
            outbox.mark_sending(tx, self.now, words, self.now + LEASE)
        for text in texts:
            assert self.held[text.id][0] == owner
            self.calls.append(Call(text.id, text.attempts + 1, owner, taken))

    @rule(owner=OWNERS, data=st.data(), gate=st.sampled_from(["wait", "cancelled", "expired", "release"]))
    def a_gate_judges(self, owner: str, data: st.DataObject, gate: str) -> None:
        with self.database.writing() as tx:
            texts = outbox.to_send(tx, list(self.held), owner)
            if not texts:
                return
            number = data.draw(st.sampled_from([text.id for text in texts]))
            if gate == "wait":
                assert outbox.postpone(tx, self.now, number, self.now + LEASE, "outside_window")
            elif gate == "release":
                outbox.release(tx, [number])
            else:
                assert outbox.drop(tx, self.now, number, "expired" if gate == "expired" else "cancelled", gate)

    @precondition(lambda self: any(call.result_is_due for call in self.calls))
    @rule(data=st.data(), failure=st.sampled_from(["unknown", "later", "refused"]))
    def a_call_comes_back(self, data: st.DataObject, failure: str) -> None:
        """However late: its lease may be over, and the text sent again since."""
        call = data.draw(st.sampled_from([call for call in self.calls if call.result_is_due]))
        call.result_is_due = False
        with self.database.writing() as tx:
            if not call.taken and failure == "later":
                outbox.try_again(tx, self.now, call.number, call.attempt, self.now, "throttle")
                return
            state: State = "accepted" if call.taken else "failed"
            if failure == "unknown":
                state = "unknown"
            call.failed = state == "failed"
            sid = call.sid if state == "accepted" else None
            outbox.record_results(tx, self.now, [SentRow(call.number, state, sid, None, "", call.attempt)])

    @rule(owner=OWNERS)
    def a_process_dies(self, owner: str) -> None:
        for call in self.calls:
            call.result_is_due = call.result_is_due and call.owner != owner

    @rule()
    def what_went_away_is_noticed(self) -> None:
        sending = {
            text.id for text in self._texts() if text.state == "sending" and (text.lease_until or NOW) <= self.now
        }
        with self.database.writing() as tx:
            assert {*outbox.unknown_after_crash(tx, self.now, self.now, 100)} == sending

    @rule(once_more=st.booleans())
    def the_provider_is_asked_for_what_is_unknown(self, once_more: bool) -> None:
        with self.database.reading() as tx:
            texts = unsettled.unsettled(tx, self.now - LEASE, 100)
        for text in texts:
            call = self._call(text.id, text.attempts)
            with self.database.writing() as tx:
                if call.taken:
                    settling.apply_receipt(
                        tx, self.now, message_id=text.id, provider_id=call.sid, state="accepted", code=None
                    )
                elif once_more:
                    assert unsettled.send_again(tx, self.now, text, "absent")
                else:
                    assert unsettled.leave_unknown(tx, self.now, text, "not_settled", "absent")

    @precondition(lambda self: any(call.taken for call in self.calls))
    @rule(
        data=st.data(),
        state=st.sampled_from(["accepted", "sent", "delivered", "undelivered", "failed"]),
        named=st.booleans(),
        passing=st.booleans(),
    )
    def a_receipt_comes(self, data: st.DataObject, state: State, named: bool, passing: bool) -> None:
        """In any order, as often as it likes, with our attempt or without."""
        call = data.draw(st.sampled_from([call for call in self.calls if call.taken]))
        failed = state in {"undelivered", "failed"}
        with self.database.writing() as tx:
            before = messages.get_message(tx, call.number)
            assert before is not None
            if failed and call.attempt < before.attempts:
                return  # as `scheduler.delivery.receipts` does
            number = call.number if named else None
            after = settling.apply_receipt(
                tx, self.now, message_id=number, provider_id=call.sid, state=state, code=None
            )
            call.failed = call.failed or failed
            if after is None or after.state == before.state or after.state != state:
                return
            if failed and passing and settling.send_anew(tx, self.now, after, self.now, "once more"):
                call.did_not_arrive = True

    @rule(number=st.integers(1, 5))
    def a_receipt_of_somebody_else_comes(self, number: int) -> None:
        before = self._texts()
        with self.database.writing() as tx:
            sid = f"SM{number:032d}"
            assert (
                settling.apply_receipt(tx, self.now, message_id=None, provider_id=sid, state="failed", code=1) is None
            )
        assert self._texts() == before

    @rule()
    def the_person_says_stop(self) -> None:
        waiting = sum(text.state in WAITING for text in self._texts())
        with self.database.writing() as tx:
            gate = "opted_out"
            assert outbox.cancel_due(tx, self.now, contact_id=self.sample.contact.id, gate=gate) == waiting

    @rule()
    def a_change_of_plan_makes_true_again_what_was_cancelled(self) -> None:
        with self.database.writing() as tx:
            person = self.sample.contact.id, self.sample.patient.id
            found = retelling.waiting_for(tx, self.now, *person, {"opted_out", "cancelled"}, to_write=True)
            retelling.tell_anew(tx, self.now, found, {})

    @invariant()
    def a_row_is_held_by_the_one_who_claimed_it(self) -> None:
        for text in self._texts():
            leased = text.state in {"claimed", "sending"}
            assert leased == (text.lease_owner is not None) == (text.lease_until is not None)
            assert not leased or text.lease_owner == self.held[text.id][0]

    @invariant()
    def only_what_was_called_is_unknown(self) -> None:
        begun = Counter(call.number for call in self.calls)
        for text in self._texts():
            assert text.attempts == begun[text.id]
            assert text.state not in {"sending", "unknown"} or begun[text.id] > 0

    @invariant()
    def nothing_is_told_by_two_texts(self) -> None:
        with self.database.reading() as tx:
            rows = [(cover, text.id) for text in self._texts_in(tx) for cover in messages.covers(tx, text.id)]
        assert dict(rows) == self.told
        assert len(rows) == len(self.told)

    @invariant()
    def nothing_goes_twice_but_what_did_not_arrive(self) -> None:
        for number in {call.number for call in self.calls}:
            taken = [call for call in self.calls if call.number == number and call.taken]
            assert all(call.did_not_arrive for call in taken[:-1])

    @invariant()
    def a_row_says_what_became_of_its_last_call(self) -> None:
        for text in self._texts():
            if text.state in {"accepted", "sent", "delivered", "undelivered"}:
                ids = {
                    call.sid for call in self.calls if call.number == text.id and call.taken and not call.did_not_arrive
                }
                assert text.provider_id in ids
            elif text.state == "failed":
                assert self._call(text.id, text.attempts).failed

    @invariant()
    def the_history_agrees_with_the_state_and_only_due_leads_back(self) -> None:
        with self.database.reading() as tx:
            told = {text.id: [change.state for change in messages.history(tx, text.id)] for text in self._texts_in(tx)}
        for text in self._texts():
            states = told[text.id]
            stands = "due" if text.state == "claimed" else text.state
            assert stands == (states[-1] if states else "due")
            assert all(after == "due" or RANKS[after] >= RANKS[before] for before, after in pairwise(states))

    def _texts(self) -> list[Message]:
        with self.database.reading() as tx:
            return self._texts_in(tx)

    def _texts_in(self, tx: Tx) -> list[Message]:
        return messages.conversation(tx, self.sample.contact.id, limit=1_000)

    def _call(self, number: int, attempt: int) -> Call:
        return next(call for call in self.calls if (call.number, call.attempt) == (number, attempt))

    def _cover(self, name: str, days: int) -> Cover:
        return Cover(self.sample.plan.id, "maintenance/c1/d1/visit", name, VISIT + timedelta(days=days))


def test_the_outbox_holds_in_whatever_order_things_happen(database: Database) -> None:
    guard_steps(database)
    with database.writing() as tx:
        sample = add_sample(tx)
    machine = type("OutboxHere", (Outbox,), {"database": database, "sample": sample})
    default = hypothesis.settings.default
    assert default is not None
    few = hypothesis.settings(max_examples=default.max_examples // 3, stateful_step_count=40)
    run_state_machine_as_test(machine, settings=few)
