"""What a process is made of, built from its settings: the same for the web process, the scheduler and the commands."""

from dataclasses import dataclass
from functools import cached_property

from bot.clock import Clock, DemoClock, real_now
from bot.conversation.answer import Conversation
from bot.conversation.desk import Desk
from bot.conversation.guard import RobotGuard
from bot.conversation.profiles import Profiles
from bot.conversation.spool import Spool
from bot.conversation.tongue import Tongues
from bot.directory import Directory
from bot.metrics import Metrics
from bot.settings import Settings, SettingsError
from bot.understanding.engine import Engine
from bot.understanding.taught import Engines
from bot.webhooks.hearing import Hearing
from content.library import Library, load
from store.database import Database
from store.sealed import Sealer


@dataclass(frozen=True)
class Services:
    """The parts of one process. What is expensive is made when it is first asked for."""

    settings: Settings
    real_clock: Clock = real_now

    @cached_property
    def library(self) -> Library:
        """The packaged content. Raises ContentError."""
        return load()

    @cached_property
    def engine(self) -> Engine:
        """What understands texts."""
        return Engine(self.library)

    @cached_property
    def engines(self) -> Engines:
        """What understands the texts of each clinic, with the words that it taught."""
        return Engines(self.engine, self.library)

    @cached_property
    def sealer(self) -> Sealer:
        """The keys of the data. Raises SettingsError."""
        missing = self.settings.missing_for_data()
        if missing:
            raise SettingsError(missing)
        return Sealer(self.settings.data_keys, self.settings.index_key)

    @cached_property
    def database(self) -> Database:
        """The database; nothing is connected yet. Raises SettingsError, StoreError."""
        return Database.open(self.settings.database_url, self.sealer)

    @cached_property
    def clock(self) -> Clock:
        """The time that patients live in."""
        return DemoClock(self.database, self.real_clock) if self.settings.demo else self.real_clock

    @cached_property
    def directory(self) -> Directory:
        """The clinics by their numbers, as last known on this host until it is refreshed."""
        directory = Directory(self.settings.var_dir / "clinics.json")
        directory.remember()
        return directory

    @cached_property
    def spool(self) -> Spool:
        """Where texts wait while the database is down."""
        return Spool(self.settings.var_dir / "spool", self.sealer)

    @cached_property
    def metrics(self) -> Metrics:
        """The counters of this process."""
        return Metrics()

    @cached_property
    def hearing(self) -> Hearing:
        """Whether Twilio's calls are heard."""
        return Hearing(self.real_clock)

    @cached_property
    def conversation(self) -> Conversation:
        """What answers a text in a transaction."""
        profiles = Profiles(self.library, self.sealer, self.settings.var_dir / "profiles.sealed")
        profiles.remember()
        return Conversation(
            self.database,
            self.library,
            self.engines,
            self.directory,
            Tongues(self.library),
            RobotGuard(),
            profiles,
        )

    @cached_property
    def desk(self) -> Desk:
        """Where texts are handed in."""
        return Desk(self.conversation, self.spool, self.clock, self.metrics)
