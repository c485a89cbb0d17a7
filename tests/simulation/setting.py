"""What one simulated run is like: drawn from its seed, so that every run has other troubles, and some have none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.simulation import lines
from tests.simulation.lines import Line
from tests.simulation.provider import Answer

# Zones with the local dates on which their clocks change in 2026: at night, at midnight, by half an hour, never.
CLOCK_CHANGES: Mapping[str, tuple[date, ...]] = {
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/Madrid": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/Santiago": (date(2026, 4, 4), date(2026, 9, 6)),
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 29)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Pacific/Chatham": (date(2026, 4, 5), date(2026, 9, 27)),
    "Asia/Kolkata": (date(2026, 7, 1),),
}
REGIMENS = ("tebe", "len_mm", "nivo_ipi_mel", "blina_mrd", "tvec", "pembro_q3w", "nivo_q4w", "cemi_adj")
_ANSWERS = {
    answer: 0.04 if answer is Answer.SENDER_FAULT else 0.25 for answer in Answer if answer is not Answer.ACCEPTED
}
# The last one has the hour in it that a clock change takes away or gives twice.
_WINDOWS = ((time(9), time(20)), (time(9), time(20)), (time(8, 30), time(17)), (time(0), time(6)))
_SIZES = (
    # how often, days of trouble, patients: most runs are short, since a bug shows in the first days or never
    (80, (2, 4), (2, 4)),
    (17, (5, 8), (3, 6)),
    (3, (20, 31), (3, 5)),
)
CALM_DAYS = 2
"""At the end of each run nothing more is done to it, so that what was put off can settle."""


@dataclass(frozen=True)
class Setting:
    """One run. Its rates are the chances of a commit, a call or a receipt, or a number a day."""

    start: datetime
    days: int
    clinic_zone: str
    patients: int
    schedulers: int
    window: tuple[time, time]
    own_windows: float
    per_day: int
    per_week: int
    crashes: float
    kills: float
    lost: float
    unanswered: float
    stalls: float
    database_outages: int
    provider_outages: int
    scheduler_outages: int
    answers: Mapping[Answer, float]
    unlisted: float
    receipts_lost: float
    receipts_doubled: float
    receipts_late: float
    undelivered: float
    dead_numbers: float
    texts_a_day: float
    changes_a_day: float
    provider_blocks: bool
    lines: tuple[Line, ...]
    webs: int
    whatsapp: float
    unreached: float
    templates: float
    own_spools: bool
    host_clocks: float
    """By how many seconds at most the clock of a host differs from that of the database.

    ``whatsapp``: how many of the patients chose it; ``unreached``: how many of them it does not reach; ``templates``:
    what share of our texts it approved. ``own_spools``: each web process is on a host of its own.
    """

    @property
    def busy_until(self) -> datetime:
        """From then on nothing is done to the run any more."""
        return self.start + timedelta(days=self.days)

    @property
    def end(self) -> datetime:
        """When the run is over."""
        return self.busy_until + timedelta(days=CALM_DAYS)

    @property
    def is_calm(self) -> bool:
        """Whether nothing goes wrong in this run, and no number is slow: then nothing may be late either."""
        are_fast = all(line.rate >= 1 and not line.cap for line in self.lines)
        return (
            are_fast
            and not (
                self.crashes
                or self.kills
                or self.lost
                or self.unanswered
                or self.stalls
                or self.answers
                or self.dead_numbers
            )
            and not (self.database_outages or self.provider_outages or self.scheduler_outages or self.undelivered)
        )

    @classmethod
    def draw(cls, chance: Random, days: int | None = None) -> "Setting":
        """A setting, each of its troubles there or not; ``days`` of trouble are drawn, too, unless they are given."""

        def trouble(most: float, often: float = 0.6) -> float:
            return chance.uniform(0, most) if not calm and chance.random() < often else 0.0

        _, between, people = chance.choices(_SIZES, [often for often, _, _ in _SIZES])[0]
        drawn = chance.randint(*between)
        days = drawn if days is None else days
        calm = chance.random() < 0.08
        zone = chance.choice(list(CLOCK_CHANGES))
        change = chance.choice(CLOCK_CHANGES[zone])
        first = change - timedelta(days=chance.randrange(1, max(days, 2)))
        answers: dict[Answer, float] = {} if calm else {answer: trouble(most, 0.4) for answer, most in _ANSWERS.items()}
        return cls(
            start=datetime.combine(first, time(chance.randrange(24)), UTC),
            days=days,
            clinic_zone=zone,
            patients=chance.randint(*people),
            schedulers=chance.randint(1, 3),
            window=chance.choice(_WINDOWS),
            own_windows=chance.choice([0.0, 0.3]),
            per_day=chance.choice([1, 2, 3, 3]),
            per_week=chance.choice([3, 7, 14, 20]),
            crashes=trouble(0.02),
            kills=trouble(0.15, 0.5),
            lost=trouble(0.04),
            unanswered=trouble(0.03, 0.4),
            stalls=trouble(0.1, 0.4),
            database_outages=int(trouble(3.99, 0.5)),
            provider_outages=int(trouble(4.99, 0.6)),
            scheduler_outages=int(trouble(2.99, 0.4)),
            answers=answers,
            unlisted=trouble(1.0, 0.4),
            receipts_lost=trouble(0.8, 0.4),
            receipts_doubled=trouble(0.3),
            receipts_late=trouble(0.3),
            undelivered=trouble(0.2, 0.5),
            dead_numbers=trouble(0.3, 0.3),
            texts_a_day=chance.choice([0.2, 0.6, 1.0]),
            changes_a_day=chance.choice([0.0, 0.2, 0.5, 1.0]),
            provider_blocks=chance.random() < 0.4,
            host_clocks=trouble(120, 0.3),
            lines=lines.draw(chance),
            webs=chance.choice([1, 2]),
            whatsapp=chance.choice([0.4, 0.8]),
            unreached=trouble(0.4, 0.5),
            templates=chance.choice([0.3, 0.7, 1.0]),
            own_spools=chance.random() < 0.5,
        )
