"""Bugs put in on purpose, each a way in which systems of this kind really failed: the tests of the simulation itself.

Each takes the place of a small part of the program while a run is played; the auditor must catch it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from bot.conversation.answer import Answer, Conversation
from bot.conversation.turn import Heard
from channels.base import SendResult, Verdict
from scheduler import consent, settling
from scheduler.delivery import dispatcher, failures, gates
from scheduler.delivery.allowance import Allowance
from scheduler.delivery.dispatcher import Ready
from scheduler.delivery.gates import Blocked, Case, Decision, Wait
from scheduler.duties.recovery import Recovery
from scheduler.planned import UNDO
from scheduler.retelling import Retold, carry_out
from scheduler.send_window import SendWindow
from store import outbox, whatsapp
from store import settling as store_settling
from store.clinics import Sender
from store.database import Tx
from store.messages import RANKS, Cover, Message, message
from store.plans import get_plan
from store.states import REPORTS
from tests.simulation import provider
from tests.simulation.lines import NUMBERS, WITH_WHATSAPP, Line
from tests.simulation.run import Run

Bug = Callable[[Run], AbstractContextManager[object]]


def no_second_look_at_consent(run: Run) -> AbstractContextManager[object]:
    """Whether somebody opted out is not looked at again at the moment of sending (rapidpro#640)."""
    return patch.object(gates, "GATES", tuple(gate for gate in gates.GATES if gate is not gates.opted_out))


def key_with_the_version(run: Run) -> AbstractContextManager[object]:
    """What a text tells is unique for each version of the plan only: any edit tells it again (openemr#11477)."""
    add_text = outbox.add_text

    def add(tx: Tx, now: datetime, *, covers: Sequence[Cover] = (), **more: Any) -> int | None:
        keyed = []
        for cover in covers:
            plan = get_plan(tx, cover.plan_id)
            version = 0 if plan is None else len(plan.changes)
            keyed.append(Cover(cover.plan_id, cover.event, f"{cover.rule}#{version}", cover.event_date))
        return add_text(tx, now, covers=keyed, **more)

    return patch.object(outbox, "add_text", add)


def lease_ignored(run: Run) -> AbstractContextManager[object]:
    """A process takes the calls of another for lost while they are under way (celery#2599)."""
    given_up = outbox.unknown_after_crash

    def give_up(tx: Tx, now: datetime, real_now: datetime, limit: int) -> list[int]:
        return given_up(tx, now, real_now + timedelta(days=1), limit)

    return patch.object(outbox, "unknown_after_crash", give_up)


def sending_is_free_after_a_crash(run: Run) -> AbstractContextManager[object]:
    """What was being sent when its process died is simply sent again (medic/cht-core#10802)."""
    given_up = outbox.unknown_after_crash

    def give_up(tx: Tx, now: datetime, real_now: datetime, limit: int) -> list[int]:
        numbers = given_up(tx, now, real_now, limit)
        tx.conn.execute(sa.update(message).where(message.c.id.in_(numbers)).values(state="due"))
        return numbers

    return patch.object(outbox, "unknown_after_crash", give_up)


def window_in_utc(run: Run) -> AbstractContextManager[object]:
    """The hours for texts are applied in UTC (Spoke#441)."""

    def in_window(case: Case) -> Decision | None:
        window = case.window
        opens = SendWindow("UTC", window.opens, window.closes, "UTC").next_open(case.now)
        return Wait("outside_window", opens) if opens > case.now else None

    return patch.object(gates, "GATES", tuple(in_window if gate is gates.in_window else gate for gate in gates.GATES))


def receipts_move_back(run: Run) -> AbstractContextManager[object]:
    """The receipt that came last is believed, though another said more (simstudioai/sim#5230)."""

    downhill = {state: replace(step, origins=frozenset(RANKS) - {"received"}) for state, step in REPORTS.items()}
    taken = {state: store_settling._taken(step) for state, step in downhill.items()}
    return patch.multiple(store_settling, REPORTS=downhill, _STEPS=taken)


def undo_without_its_texts(run: Run) -> AbstractContextManager[object]:
    """An undo changes the plan, and leaves the texts as the change had made them (calcom/cal.diy#6905)."""
    retold = settling.retold

    def of(tx: Tx, now: datetime, standing: Any, plan: Any, *more: Any, **named: Any) -> Retold:
        is_undo = plan.changes[-1:] == (UNDO,)
        return Retold() if is_undo else retold(tx, now, standing, plan, *more, **named)

    return patch("scheduler.changing.retold", of)


def sent_before_the_commit(run: Run) -> AbstractContextManager[object]:
    """The call is made inside the transaction that says so (SB PR#75)."""
    begin = dispatcher.begin

    def begun(*args: Any, owner: str, **named: Any) -> list[Ready]:
        ready = begin(*args, owner=owner, **named)
        process = next(each for each in run.schedulers if each.owner == owner)
        for text in ready:
            process.call(text)
        return []

    return patch.object(dispatcher, "begin", begun)


@contextmanager
def stop_in_two_transactions(run: Run) -> Iterator[None]:
    """A STOP is noted as heard in one transaction, and honoured in the next (elizaOS#31768)."""
    stop, answer = consent.stop, Conversation.answer
    later: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def put_off(tx: Tx, *args: Any, **named: Any) -> bool:
        if named.get("source") != "text":
            return stop(tx, *args, **named)
        later.append((args, named))
        return True

    def answered(self: Conversation, heard: Heard, now: datetime, **named: Any) -> Answer:
        later.clear()
        found = answer(self, heard, now, **named)
        for args, more in later:
            with self.database.writing() as tx:
                stop(tx, *args, **more)
        return found

    with ExitStack() as stack:
        stack.enter_context(patch.object(consent, "stop", put_off))
        stack.enter_context(patch.object(Conversation, "answer", answered))
        yield


def next_text_not_recomputed(run: Run) -> AbstractContextManager[object]:
    """A change of plan leaves the patient planned for as before (medic/cht-core#10428)."""

    def settled(tx: Tx, now: datetime, standing: Any, plan: Any, waiting: Retold) -> datetime | None:
        carry_out(tx, now, standing.patient, waiting)
        at: datetime | None = standing.patient.next_text_at
        return at

    return patch("scheduler.changing.settle", settled)


def time_out_is_tried_again(run: Run) -> AbstractContextManager[object]:
    """A call without an answer is taken for one that failed (cht-core#10068)."""
    finish = dispatcher.finish

    def finished(tx: Tx, now: datetime, library: Any, results: Any, chance: Any) -> Any:
        seen: list[tuple[Ready, SendResult]] = [
            (ready, replace(result, verdict=Verdict.LATER) if result.verdict is Verdict.UNKNOWN else result)
            for ready, result in results
        ]
        return finish(tx, now, library, seen, chance)

    return patch.object(dispatcher, "finish", finished)


def moved_visits_are_told(run: Run) -> AbstractContextManager[object]:
    """What a text tells is not looked at again, nor taken back when the plan changes (calcom/cal.diy#17785)."""
    stack = ExitStack()
    stack.enter_context(
        patch.object(gates, "GATES", tuple(gate for gate in gates.GATES if gate is not gates.still_true))
    )
    stack.enter_context(patch("scheduler.changing.retold", lambda *_, **__: Retold()))
    return stack


@contextmanager
def pace_ignored_by_one_scheduler(run: Run) -> Iterator[None]:
    """One of several schedulers gives a number whatever waits, and counts nothing of it."""
    begin, take = dispatcher.begin, Allowance.take
    ignores = False

    def begun(*args: Any, owner: str, **named: Any) -> list[Ready]:
        nonlocal ignores
        ignores = owner.startswith("scheduler0.")
        return begin(*args, owner=owner, **named)

    def taken(self: Allowance, sender: Sender, segments: int) -> bool:
        return ignores or take(self, sender, segments)

    with patch.object(dispatcher, "begin", begun), patch.object(Allowance, "take", taken):
        yield


def other_network_twice(run: Run) -> AbstractContextManager[object]:
    """What failed on the other network, too, goes back to the first one."""
    goes = failures._goes_the_other_way

    def go(tx: Tx, now: datetime, text: Message, *more: Any) -> bool:
        return goes(tx, now, replace(text, instead=None), *more)

    return patch.object(failures, "_goes_the_other_way", go)


def free_words_at_any_time(run: Run) -> AbstractContextManager[object]:
    """WhatsApp is given free words, however long ago somebody wrote there."""
    return patch.object(whatsapp, "heard_since", lambda tx, people, since: frozenset(people))


def full_number_drops_its_texts(run: Run) -> AbstractContextManager[object]:
    """What is over the cap of a day is cancelled, though it may go on the next."""
    has_way = gates.has_way

    def dropped(case: Case) -> Decision | None:
        found = has_way(case)
        return Blocked(found.gate, "cancelled") if found is not None and found.gate == "daily_cap" else found

    return patch.object(gates, "GATES", tuple(dropped if gate is has_way else gate for gate in gates.GATES))


def no_wait_after_an_outage(run: Run) -> AbstractContextManager[object]:
    """Reminders go as soon as the database is back, whatever lies in the spools of other hosts."""
    return patch.object(Recovery, "is_over", lambda *_: True)


@dataclass(frozen=True)
class Caught:
    """How a bug shows: the rules of which one must catch it, and what it takes to show within few seeds."""

    rules: frozenset[str]
    first: int = 0
    """The seed to begin with, where those before it are known to take long and to show nothing."""
    troubles: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def by(cls, *rules: str, first: int = 0, **troubles: Any) -> "Caught":
        return cls(frozenset(rules), first, troubles)


_DENSE: Mapping[str, Any] = {
    "patients": 8,
    "schedulers": 1,
    "provider_outages": 6,
    "changes_a_day": 1.0,
    "texts_a_day": 0.0,
    "dead_numbers": 0.0,
}
BUGS: Mapping[Bug, Caught] = {
    no_second_look_at_consent: Caught.by("nothing_after_stop", texts_a_day=4.0, schedulers=1, stalls=0.9, patients=8),
    key_with_the_version: Caught.by("sent_once", changes_a_day=1.5, schedulers=1),
    lease_ignored: Caught.by("unknown_only_in_flight"),
    sending_is_free_after_a_crash: Caught.by("sent_once", kills=0.3, receipts_lost=0.8, patients=8),
    window_in_utc: Caught.by("inside_the_window"),
    receipts_move_back: Caught.by("states_agree"),
    undo_without_its_texts: Caught.by("every_reminder_is_accounted_for", **_DENSE),
    sent_before_the_commit: Caught.by("sent_once", crashes=0.1, receipts_lost=0.8),
    stop_in_two_transactions: Caught.by(
        "stop_is_whole", "nothing_after_stop", lost=0.2, crashes=0.05, texts_a_day=4.0, schedulers=1
    ),
    next_text_not_recomputed: Caught.by(
        "every_reminder_is_accounted_for", "planned_ahead", changes_a_day=1.0, schedulers=1
    ),
    time_out_is_tried_again: Caught.by("sent_once", answers={provider.Answer.TIMED_OUT_AFTER: 0.3}, receipts_lost=0.8),
    moved_visits_are_told: Caught.by("nothing_untrue", first=5, **_DENSE),
    pace_ignored_by_one_scheduler: Caught.by(
        "no_number_is_too_fast", schedulers=2, patients=6, lines=(Line(NUMBERS[0], 0.005, 0),)
    ),
    other_network_twice: Caught.by(
        "the_other_network_once",
        patients=2,  # each of their texts goes to and fro until it is too late
        lines=WITH_WHATSAPP,
        whatsapp=1.0,
        unreached=1.0,
        dead_numbers=1.0,
        templates=1.0,
    ),
    free_words_at_any_time: Caught.by("whatsapp_by_its_rules", lines=WITH_WHATSAPP, whatsapp=1.0, templates=0.3),
    no_wait_after_an_outage: Caught.by(
        "nothing_after_stop",
        first=8,
        own_spools=True,
        webs=2,
        schedulers=3,
        patients=12,
        window=(time(0, 30), time(23, 30)),
        own_windows=0.0,
        per_week=20,
        database_outages=10,
        texts_a_day=16.0,
    ),
    full_number_drops_its_texts: Caught.by(
        "every_reminder_is_accounted_for", patients=6, lines=(Line(NUMBERS[0], 1000.0, 6),)
    ),
}
