"""Patients who answer, leave, come back and are in danger; staff who enrol, delay, hold, undo and close alerts."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from channels.base import Incoming, Via
from scheduler.changing import NotChanged, Override, change_plan, undo_change
from scheduler.enrolment import NewPatient, NewPlan, NotEnrolled, add_plan, enrol
from scheduler.plan.calendar import Kind
from scheduler.plan.changes import Change, Delay, Hold, Move, Resume, Skip, Stop
from scheduler.plan.local_time import to_local
from scheduler.planned import calendar_of, changes_of
from store import clinics, contacts, follow_ups
from store.clinics import ClinicEntry
from store.contacts import Fallback
from store.database import Tx
from store.errors import StoreError
from store.plans import Plan, get_plan
from tests.simulation import record
from tests.simulation.lines import Line
from tests.simulation.processes import Process
from tests.simulation.record import Heard, Person
from tests.simulation.setting import CLOCK_CHANGES, REGIMENS

if TYPE_CHECKING:
    from tests.simulation.run import Run

_TRIES = 3
_FALLBACKS: tuple[Fallback | None, ...] = (None, "yes", "no")

# What patients write, how often, and what it asks for.
_WORDS: tuple[tuple[str, int, tuple[record.Kind, ...]], ...] = (
    ("STOP", 4, ("stop",)),
    ("Stop. Thank you", 2, ("stop",)),
    ("ALTO", 1, ("stop",)),
    ("CANCEL", 1, ("stop",)),
    ("PAUSE", 2, ("stop",)),
    ("START", 4, ("start",)),
    ("RESUME", 2, ("start",)),
    ("I can't breathe", 3, ("danger",)),
    ("fever of 103.5", 2, ("danger",)),
    ("No puedo respirar", 1, ("danger",)),
    ("STOP I can't breathe", 1, ("danger", "stop")),
    ("my husband passed away, please stop these texts", 1, ("loss", "stop")),
    ("C", 3, ("other",)),
    ("R", 2, ("other",)),
    ("DONE", 3, ("other",)),
    ("NEXT", 3, ("other",)),
    ("DAY", 2, ("other",)),
    ("HELP", 2, ("other",)),
    ("rash", 3, ("other",)),
    ("MORE", 2, ("other",)),
)
_STARTS = {"START", "RESUME"}
_BLOCKED_BY = {"STOP", "CANCEL"}
"""The words to which a provider that answers STOP itself reacts: they stand alone (twilio.md section 6)."""


class Patients:
    """Everybody with a phone."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._sids = 0
        self._waiting: set[str] = set()

    def begin(self, phone: str, since: datetime) -> None:
        """Draws what somebody will write from a moment on, and when."""
        chance, setting = self._run.chance, self._run.setting
        days = (setting.busy_until - since) / timedelta(days=1)
        for _ in range(int(days * setting.texts_a_day * chance.uniform(0.5, 1.5))):
            words, _, kinds = chance.choices(_WORDS, [often for _, often, _ in _WORDS])[0]
            moment = since + timedelta(days=chance.uniform(0, days))
            self._write_at(moment, phone, words, kinds)
            if "stop" in kinds and chance.random() < 0.8:
                back = moment + timedelta(hours=chance.expovariate(1 / 8))
                if back < setting.busy_until:
                    self._write_at(back, phone, chance.choice(["START", "START", "RESUME"]), ("start",))

    def _write_at(self, moment: datetime, phone: str, words: str, kinds: tuple[record.Kind, ...]) -> None:
        self._run.loop.at(moment, lambda: self._write(phone, words, kinds))

    def _write(self, phone: str, words: str, kinds: tuple[record.Kind, ...]) -> None:
        run = self._run
        if phone in self._waiting:
            # The one before is under way still: nobody types faster than the provider tries again.
            run.loop.after(60, lambda: self._write(phone, words, kinds))
            return
        self._sids += 1
        line = self._texted(phone)
        incoming = Incoming(f"SMf{self._sids:031x}", phone, line.number, None, line.via, words, 0, None)
        if line.via is Via.WHATSAPP:
            run.provider.wrote_by_whatsapp[phone] = run.loop.now
        elif run.setting.provider_blocks:
            if words in _BLOCKED_BY:
                run.provider.blocked.add((phone, line.address))
            elif words == "START":
                run.provider.blocked.discard((phone, line.address))
            if words == "STOP" and run.chance.random() < 0.15:
                run.note(f"{phone} STOP, which we never hear of")
                return
        heard = Heard(phone, words, frozenset(kinds), (run.record.step(), run.loop.now), via=line.via)
        run.record.heard.append(heard)
        self._waiting.add(phone)
        self._deliver(heard, incoming, _TRIES)
        if run.chance.random() < 0.15:
            run.loop.after(run.chance.uniform(1, 300), lambda: self._deliver(heard, incoming, 0))

    def _texted(self, phone: str) -> Line:
        """Which number of ours somebody texts: mostly one of the network on which they get our texts."""
        chance, lines = self._run.chance, self._run.setting.lines
        chosen = next((person.via for person in self._run.record.people if person.phone == phone), Via.SMS)
        own = [line for line in lines if line.via is chosen]
        return chance.choice(own if own and chance.random() < 0.9 else lines)

    def _deliver(self, heard: Heard, incoming: Incoming, tries: int) -> None:
        run = self._run
        is_first = heard.answered is None
        taken, body = run.a_web().take(incoming)
        run.note(f"{heard.phone} {incoming.body!r} taken={taken} {body is not None}")
        if taken and is_first:
            heard.answered, heard.body = (run.record.step(), run.loop.now), body
        if taken or (not tries and is_first):
            self._waiting.discard(heard.phone)
        elif tries:
            run.loop.after(run.chance.uniform(5, 15), lambda: self._deliver(heard, incoming, tries - 1))


class Staff(Process):
    """The people of the clinic at their console."""

    restarts_within = 60.0
    has_spool = False

    def begin(self) -> None:
        """Nothing is kept in memory."""

    def enrol_at(self, moment: datetime, phone: str) -> None:
        """Enrols somebody, and tries again until it is done."""
        chance, run = self.chance, self.run
        zone = run.setting.clinic_zone if chance.random() < 0.6 else chance.choice(list(CLOCK_CHANGES))
        window = (time(1, 15), time(4, 45)) if chance.random() < run.setting.own_windows else None
        visit_time = chance.choice([None, time(10, 30), time(2, 30), time(16)])
        start = to_local(moment, zone).date() + timedelta(days=chance.randint(-8, 5))
        new = NewPatient(
            phone=phone,
            name="Ana Diaz",
            language=chance.choice(["en", "es"]),
            timezone=zone,
            regimen_id=chance.choice(REGIMENS),
            start=start,
            visit_time=visit_time,
            window_from=window[0] if window else None,
            window_until=window[1] if window else None,
            consent_how="signed form",
            by="nurse",
            via=Via.WHATSAPP if chance.random() < run.setting.whatsapp and run.has_whatsapp else Via.SMS,
        )
        fallback = chance.choice(_FALLBACKS) if run.has_whatsapp else None
        run.loop.at(moment, lambda: self._enrol(new, fallback, 5))

    def _enrol(self, new: NewPatient, fallback: Fallback | None, tries: int) -> None:
        run = self.run

        def make(tx: Tx, entry: ClinicEntry) -> None:
            made = enrol(tx, run.loop.now, run.library, entry, new)
            contacts.set_fallback(tx, made.patient.contact_id, fallback)

        self._write(make)
        person = run.person(new)
        if person is not None:
            run.note(f"enrolled {person.patient_id} on {new.regimen_id} from {new.start} {new.timezone}")
            self._has_come(person)
        elif tries:
            run.loop.after(600, lambda: self._enrol(new, fallback, tries - 1))

    def _has_come(self, person: Person) -> None:
        run, chance = self.run, self.chance
        run.patients.begin(person.phone, run.loop.now)
        days = (run.setting.busy_until - run.loop.now) / timedelta(days=1)
        if chance.random() < 0.3:
            run.loop.after(chance.uniform(0, days / 2) * 86_400, lambda: self._add_plan(person))
        for _ in range(int(days * run.setting.changes_a_day * chance.uniform(0.3, 1.2))):
            run.loop.after(chance.uniform(0, days) * 86_400, lambda: self.change_something(person))

    def _add_plan(self, person: Person) -> None:
        run = self.run
        start = to_local(run.loop.now, person.zone).date() + timedelta(days=self.chance.randint(0, 6))
        new = NewPlan(
            patient_id=person.patient_id,
            regimen_id=self.chance.choice(REGIMENS),
            start=start,
            visit_time=self.chance.choice([None, time(9, 45)]),
            by="nurse",
        )
        self._write(lambda tx, entry: add_plan(tx, run.loop.now, run.library, entry, new))
        run.note_plans(person)

    def change_something(self, person: Person) -> None:
        """Changes one of a patient's plans, and often takes that back a while later."""
        plan_id = self.chance.choice(person.plans)
        if self.chance.random() < 0.2:
            self._undo(person, plan_id)
            return
        self._change(person, plan_id)
        if self.chance.random() < 0.5:
            self.run.loop.after(self.chance.expovariate(1 / 7_200), lambda: self._undo(person, plan_id))

    def change_at_once(self, person: Person, plan_id: int) -> None:
        """Changes a plan now, and often takes that back before long."""
        self._change(person, plan_id)
        if self.chance.random() < 0.4:
            self.run.loop.after(self.chance.uniform(30, 1_800), lambda: self._undo(person, plan_id))

    def close_alerts(self) -> None:
        """Looks at what is open; most of it is done then. A sender that was stopped is mended and resumed."""
        run = self.run
        run.loop.after(self.chance.uniform(1_800, 20_000), self.close_alerts)
        if not self._has_work():
            return

        def close(tx: Tx, entry: ClinicEntry) -> None:
            for task in follow_ups.open_ones(tx, entry.clinic.id):
                if task.kind == "sender" or self.chance.random() < 0.6:
                    follow_ups.close_follow_up(tx, run.loop.now, task.id, "nurse")
                    if task.contact_id is not None and task.kind == "danger":
                        run.record.closed_alerts.setdefault(task.contact_id, []).append(run.loop.now)
            for sender in entry.senders:
                clinics.resume_sender(tx, run.loop.now, sender.id)

        if self._write(close) == "done":
            run.sender_resumed()

    def _has_work(self) -> bool:
        try:
            with self.services.database.reading() as tx:
                return self.run.is_sender_stopped() or bool(follow_ups.open_ones(tx, 1))
        except StoreError:
            return False

    def _change(self, person: Person, plan_id: int) -> None:
        plan = self._plan(plan_id)
        change = None if plan is None else self._some_change(person, plan)
        if plan is None or change is None:
            return
        run, tell, version = self.run, self.chance.random() < 0.4, plan.version

        def make(tx: Tx, entry: ClinicEntry) -> object:
            return change_plan(
                tx,
                run.loop.now,
                run.library,
                entry,
                plan_id,
                change,
                by="nurse",
                reason=None,
                expected_version=version,
                override=Override("Dr. Quinn", "decided on the ward"),
                tell=tell,
            )

        done = self._write(make)
        run.note(f"plan {plan_id} {change} {done}")
        run.note_plans(person)

    def _undo(self, person: Person, plan_id: int) -> None:
        plan = self._plan(plan_id)
        if plan is None:
            return
        run, tell, version = self.run, self.chance.random() < 0.4, plan.version

        def make(tx: Tx, entry: ClinicEntry) -> object:
            return undo_change(
                tx,
                run.loop.now,
                run.library,
                entry,
                plan_id,
                by="nurse",
                reason=None,
                expected_version=version,
                override=Override("Dr. Quinn", "decided on the ward"),
                tell=tell,
            )

        done = self._write(make)
        run.note(f"plan {plan_id} undo {done}")
        run.note_plans(person)

    def _some_change(self, person: Person, plan: Plan) -> Change | None:
        chance = self.chance
        today = to_local(self.run.loop.now, person.zone).date()
        calendar = calendar_of(plan)
        state = calendar.timeline.state
        if state.stopped_on is not None:
            return None
        if state.held_from is not None:
            return Resume(today + timedelta(days=chance.randint(0, 3)), chance.choice(["new", "same"]))
        coming = [event for event in calendar.events(today, today + timedelta(days=30)) if event.kind is Kind.TREATMENT]
        if not coming:
            return None
        event = coming[0] if chance.random() < 0.7 else chance.choice(coming)

        def some_day(least: int, most: int) -> date:
            return event.date + timedelta(days=chance.randint(least, most))

        made: list[Callable[[], Change]] = [
            lambda: Delay(event.cycle, chance.randint(1, 5), chance.choice(["reanchor", "keepgrid"])),
            lambda: Move(event.date, some_day(-1, 3)),
            lambda: Hold(max(today, some_day(-1, 1))),
            lambda: Skip(event.date, chance.random() < 0.5),
        ]
        if len(changes_of(plan)) > 3:
            made.append(lambda: Stop(today + timedelta(days=1)))
        return chance.choice(made)()

    def _plan(self, plan_id: int) -> Plan | None:
        try:
            with self.services.database.reading() as tx:
                return get_plan(tx, plan_id)
        except StoreError:
            return None

    def _write(self, do: Callable[[Tx, ClinicEntry], object]) -> str:
        """One transaction of the console; what became of it."""
        found = "dead"

        def attempt() -> None:
            nonlocal found
            try:
                with self.services.database.writing() as tx:
                    do(tx, clinics.entries(tx)[0])
                found = "done"
            except (NotChanged, NotEnrolled) as error:
                found = str(error)
            except StoreError as error:
                found = f"failed: {error}"

        if self.is_up:
            self.attempt(attempt)
        self.run.poke()
        return found
