"""One simulated run: the world of one seed, from an empty clinic to the auditor's findings."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from bot.conversation.tongue import Tongues
from bot.services import Services
from bot.settings import Settings, load_settings
from bot.understanding.engine import Engine
from channels.base import Via
from content.library import Library, load
from scheduler.delivery.dispatcher import Ready
from scheduler.enrolment import NewPatient
from store import clinics, contacts, messages, patients, plans
from store.backends import backend_for
from store.database import Database
from store.messages import message
from store.migrate import migrate
from tests.postgres import Postgres
from tests.simulation import lines
from tests.simulation.database import Fate, FaultyDatabase
from tests.simulation.loop import Loop
from tests.simulation.people import Patients, Staff
from tests.simulation.processes import Process, Scheduler, Web
from tests.simulation.provider import Provider
from tests.simulation.record import Begun, Person, Record, Version
from tests.simulation.setting import REGIMENS, Setting

_DATA_KEY = "dGVzdHMtb25seS1kYXRhLWtleS1uby1zZWNyZXQtISE="


@dataclass(frozen=True)
class Stage:
    """What all runs of a process share: the content, what understands texts, and an empty database to copy."""

    folder: Path
    library: Library
    engine: Engine
    empty: str
    postgres: Postgres | None

    @classmethod
    @contextmanager
    def built(cls, postgres: Postgres | None = None) -> Iterator["Stage"]:
        """The stage in a folder of its own; in memory where the machine has such a file system.

        The database is a SQLite file in it, unless a server is given.
        """
        memory = Path("/dev/shm")
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            library = load()
            empty = f"sqlite:///{Path(folder) / 'empty.sqlite3'}" if postgres is None else postgres.create()
            migrate(empty)
            yield cls(Path(folder), library, Engine(library), empty, postgres)
            if postgres is not None:
                postgres.drop(empty)

    @contextmanager
    def database(self, folder: Path) -> Iterator[str]:
        """A copy of the empty database for one run; its address."""
        name = str(sa.make_url(self.empty).database)
        if self.postgres is None:
            yield f"sqlite:///{shutil.copy(name, folder / 'run.sqlite3')}"
            return
        url = self.postgres.create(name)
        try:
            yield url
        finally:
            self.postgres.drop(url)

    @cached_property
    def tongues(self) -> Tongues:
        """Knows languages; as much the same for all processes as the library is."""
        return Tongues(self.library)


class Run:
    """Everything of one seed."""

    def __init__(self, stage: Stage, seed: int, days: int | None, troubles: Mapping[str, Any] | None = None) -> None:
        """``days`` of trouble, as many as the seed has unless given.

        ``troubles``: what is to be otherwise in this run's setting than the seed has it.
        """
        self.chance = Random(seed)
        self.setting = replace(Setting.draw(self.chance, days), **(troubles or {}))
        self.library = stage.library
        self.record = Record(seed)
        self.loop = Loop(self.setting.start)
        self.provider = Provider(self.loop, self.chance, self.setting, self.record)
        self._stage = stage
        self._kept = ExitStack()
        self._folder = Path(self._kept.enter_context(tempfile.TemporaryDirectory(dir=stage.folder)))
        self._url = self._kept.enter_context(stage.database(self._folder))
        self._settings = self._load_settings()
        self._backend = backend_for(self._url)
        self._kept.callback(self._backend.close)
        self.truth = Database(self._backend, self.services(lambda _: Fate.DONE, lambda: self.loop.now).sealer)
        self._database_away_until = self.loop.now
        self._is_healed = False
        self._stopped_since: dict[str, datetime] = {}
        self.schedulers: list[Scheduler] = []

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def play(self) -> Record:
        """The whole of it, up to the end."""
        with (
            patch("scheduler.delivery.planner.monotonic", self._budget),
            patch("bot.services.Tongues", lambda _: self._stage.tongues),
        ):
            self._open_clinic()
            self.webs = [Web(self, f"web{number}") for number in range(self.setting.webs)]
            self.staff = Staff(self, "staff")
            self.provider.note_receipt = lambda receipt: self.a_web().note_receipt(receipt)
            self.patients = Patients(self)
            self.schedulers += [Scheduler(self, f"scheduler{number}") for number in range(self.setting.schedulers)]
            self._draw_troubles()
            for number in range(self.setting.patients):
                phone = f"+12025550{101 + number}"
                if self.chance.random() < self.setting.dead_numbers:
                    self.provider.dead.add((phone, Via.SMS))
                if self.chance.random() < self.setting.unreached:
                    self.provider.dead.add((phone, Via.WHATSAPP))
                hours = self.chance.uniform(0, 24 * min(3, self.setting.days / 2))
                self.staff.enrol_at(self.loop.now + timedelta(hours=hours), phone)
            self.loop.after(self.chance.uniform(1_800, 20_000), self.staff.close_alerts)
            self.loop.at(self.setting.busy_until, self._heal)
            self.loop.run(self.setting.end)
            self.sender_resumed()
        return self.record

    def services(self, fate: Callable[[bool], Fate], clock: Callable[[], datetime], host: str = "one") -> Services:
        """The parts of one process, on a database whose faults are ``fate``'s, on a host with a clock of its own."""
        settings = self._settings.model_copy(update={"var_dir": self._settings.var_dir / host})
        services = Services(settings, clock)
        services.__dict__.update(library=self.library, engine=self._stage.engine)
        database = FaultyDatabase(self._backend, services.sealer, lambda: self.loop.now, fate)
        services.__dict__.update(database=database)
        return services

    def fate(self, writes: bool) -> Fate:
        """What becomes of a transaction now."""
        if self.loop.now < self._database_away_until:
            return Fate.AWAY
        if self._is_healed or not writes:
            return Fate.DONE
        setting = self.setting
        drawn = self.chance.random()
        for fate, often in (
            (Fate.DIES_BEFORE, setting.crashes / 2),
            (Fate.DIES_AFTER, setting.crashes / 2),
            (Fate.LOST, setting.lost),
            (Fate.UNANSWERED, setting.unanswered),
        ):
            if drawn < often:
                self.record.tally(f"database: {fate}")
                return fate
            drawn -= often
        return Fate.DONE

    def is_handed_in_at(self) -> datetime:
        """When a web process plays what lies in the spool of its host, once a second in the program."""
        if self.setting.own_spools:
            return max(self._database_away_until, self.loop.now) + timedelta(seconds=self.chance.uniform(0.2, 3))
        return self.loop.now + timedelta(seconds=self.chance.uniform(5, 200))

    def poke(self) -> None:
        """Something was written: every scheduler notices within its next look."""
        for scheduler in self.schedulers:
            scheduler.poke()

    def note(self, what: str) -> None:
        """Writes a line of the trace."""
        self.record.note(self.loop.now, what)

    @property
    def has_whatsapp(self) -> bool:
        """Whether the clinic has a number for it."""
        return any(line.via is Via.WHATSAPP for line in self.setting.lines)

    def a_web(self) -> Web:
        """The web process that the next call comes to: any of those that are there."""
        return self.chance.choice([web for web in self.webs if web.is_up] or self.webs)

    def sender_stopped(self, address: str) -> None:
        """The provider says that a number of ours is at fault: until staff have mended it, nothing goes from there."""
        self._stopped_since.setdefault(address, self.loop.now)

    def is_sender_stopped(self) -> bool:
        """Whether a number of ours is at fault and nobody has mended it."""
        return bool(self._stopped_since)

    def sender_resumed(self) -> None:
        """Staff mended what was at fault."""
        for address, since in self._stopped_since.items():
            self.record.trouble("sender stopped", since, self.loop.now, address)
        self._stopped_since.clear()

    def begin(self, ready: Ready) -> Begun:
        """That a call is made."""
        begun = Begun(self.record.step(), self.loop.now, ready.message_id, ready.outgoing)
        self.record.begun.setdefault(ready.outgoing.attempt, []).append(begun)
        self.note(f"call {ready.outgoing.attempt} {ready.outgoing.to}")
        return begun

    def sent_by(self, owner: str) -> frozenset[int]:
        """The texts whose rows say that a process is sending them."""
        with self.truth.reading() as tx:
            own = sa.select(message.c.id).where(message.c.lease_owner == owner, message.c.state == "sending")
            return frozenset(tx.conn.execute(own).scalars())

    def person(self, new: NewPatient) -> Person | None:
        """Who was enrolled under a number, if that is committed."""
        with self.truth.reading() as tx:
            contact = contacts.find_contact(tx, 1, new.phone)
            patient = None if contact is None else patients.active_patient(tx, contact.id)
        if contact is None or patient is None:
            return None
        window = self.setting.window
        if new.window_from is not None and new.window_until is not None:
            window = (new.window_from, new.window_until)
        via, fallback = Via(contact.via), contact.fallback
        person = Person(new.phone, new.timezone, window, contact.id, patient.id, self.loop.now, [], via, fallback)
        self.record.people.append(person)
        self.note_plans(person)
        return person

    def note_plans(self, person: Person) -> None:
        """Notes the plans of somebody as they stand, where one changed."""
        with self.truth.reading() as tx:
            standing = plans.all_plans_of(tx, person.patient_id)
        for plan in standing:
            if plan.id not in person.plans:
                person.plans.append(plan.id)
            versions = self.record.versions.setdefault(plan.id, [])
            if not versions or versions[-1].plan.changes != plan.changes:
                versions.append(Version(self.record.step(), self.loop.now, plan))

    def _open_clinic(self) -> None:
        setting, now = self.setting, self.loop.now
        with self.truth.writing() as tx:
            made = clinics.add_clinic(
                tx,
                now,
                name="Riverside",
                program="Riverside Care",
                timezone=setting.clinic_zone,
                country="us",
                languages=("en", "es"),
                default_language="en",
                phone_line="202-555-0199",
                consent_texts={"en": "We may text you about your treatment."},
                window_from=setting.window[0],
                window_until=setting.window[1],
                max_texts_per_week=setting.per_week,
                max_texts_per_day=setting.per_day,
            )
            approved, blocks = setting.templates, setting.provider_blocks
            lines.set_up(tx, now, made.id, setting.lines, self.library, approved, provider_blocks=blocks)
            clinics.sign_content(tx, now, made.id, self.library.version, "Dr. Quinn")
            for regimen in (self.library.regimens[name] for name in REGIMENS):
                clinics.sign_regimen(tx, now, made.id, regimen.id, regimen.version, regimen.digest(), "Dr. Quinn")

    def _draw_troubles(self) -> None:
        chance, setting = self.chance, self.setting
        spans: tuple[tuple[int, float, Callable[[float], None]], ...] = (
            (setting.database_outages, 8, self._database_goes),
            (setting.provider_outages, 16, self._provider_goes),
            (setting.scheduler_outages, 40, self._schedulers_go),
        )
        for number, longest, goes in spans:
            for _ in range(number):
                seconds = chance.uniform(0.1, longest) * 3_600
                begins = self.loop.now + timedelta(days=chance.uniform(0.2, setting.days))
                self.loop.at(begins, partial(goes, seconds))

    def _database_goes(self, seconds: float) -> None:
        until = min(self.loop.now + timedelta(seconds=seconds), self.setting.busy_until)
        self._database_away_until = max(self._database_away_until, until)
        self.record.trouble("database away", self.loop.now, until)
        self.note(f"the database goes until {until:%m-%d %H:%M}")
        # In the program they look once a second, and see it go and come.
        self.loop.after(self.chance.uniform(0, 2), self.poke)
        self.loop.at(until, self.poke)

    def _provider_goes(self, seconds: float) -> None:
        until = min(self.loop.now + timedelta(seconds=seconds), self.setting.busy_until)
        self.record.trouble("provider away", self.loop.now, until)
        self.note(f"the provider goes until {until:%m-%d %H:%M}")
        self.provider.is_away = True
        self.loop.at(until, self._provider_comes)
        for share in (0.2, 0.4, 0.6, 0.9):
            self.loop.after(share * seconds, self._change_what_waits)

    def _change_what_waits(self) -> None:
        """Staff change plans of which a text waits just now: the change, and its undoing, must reach the text."""
        if self._is_healed:
            return
        with self.truth.reading() as tx:
            waiting = [
                (person, messages.covers(tx, text.id)[:1])
                for person in self.record.people
                for text in messages.conversation(tx, person.contact_id, limit=20)
                if text.state == "due"
            ]
        for person, told in waiting:
            if told and self.chance.random() < 0.7:
                self.staff.change_at_once(person, told[0].plan_id)

    def _provider_comes(self) -> None:
        self.provider.is_away = False

    def _schedulers_go(self, seconds: float) -> None:
        until = min(self.loop.now + timedelta(seconds=seconds), self.setting.busy_until)
        self.record.trouble("schedulers down", self.loop.now, until)
        self.note(f"the schedulers go until {until:%m-%d %H:%M}")
        for scheduler in self.schedulers:
            scheduler.halt(until)

    def _heal(self) -> None:
        self.note("all is well from here on")
        self._is_healed = self.provider.is_healed = True
        processes: list[Process] = [*self.webs, self.staff, *self.schedulers]
        for process in processes:
            process.unsafe = False
        self.poke()

    def _budget(self) -> float:
        """The clock of the planner's budget: now and then it is used up at once."""
        return 1_000.0 if self.chance.random() < 0.05 and not self._is_healed else 0.0

    def _load_settings(self) -> Settings:
        return load_settings(
            database_url=self._url,
            var_dir=self._folder / "var",
            secret_key="s" * 32,
            data_keys=_DATA_KEY,
            index_key="tests-only-index-key-that-protects-nothing",
            public_url="https://texts.example.org",
            twilio_account_sid="AC" + "1" * 32,
            twilio_auth_token="token-of-the-tests",
        )
