"""What a regimen is made of: items, phases, choices, caps, attached events and reminder rules, as frozen values.

Days of a cycle and cycles count from 1. Weekdays count from Monday 0. Spans are in days, or in calendar months.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

Ranges = tuple[tuple[int, int | None], ...]


def includes(ranges: Ranges, cycle: int) -> bool:
    """Whether a cycle of a phase, from 1, is among these."""
    return any(first <= cycle and (last is None or cycle <= last) for first, last in ranges)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: ``days`` or calendar ``months``, never both."""

    days: int = 0
    months: int = 0


class Route(StrEnum):
    """How an item is given."""

    IV = "iv"
    PUMP = "pump"
    CAPSULE = "capsule"
    PILL = "pill"
    CREAM = "cream"
    BLADDER = "bladder"
    UNDER_SKIN = "under the skin"
    LESION = "into the lesion"


AT_HOME = frozenset({Route.CAPSULE, Route.PILL, Route.CREAM})


class OffDays(StrEnum):
    """What the days without an item are to the patient."""

    REST = "rest"  # a true off period: nothing acts, or the item is left out on purpose
    BETWEEN = "between"  # days between visits; the drug stays active, so they are never called rest
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Item:
    """A drug or article. ``called`` is the discreet word patients read for it (a wording key ``item.<called>``)."""

    name: str
    route: Route
    off_days: OffDays
    called: str | None

    @property
    def at_home(self) -> bool:
        """The patient takes it without a visit."""
        return self.route in AT_HOME


@dataclass(frozen=True, slots=True)
class Choice:
    """A yes or no that staff decide. ``waits``: the plan shows a waiting date until it is answered."""

    id: str
    question: str
    waits: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when choice ``only_if`` was taken and choice ``unless`` was not."""

    only_if: str | None = None
    unless: str | None = None

    def holds(self, taken: frozenset[str]) -> bool:
        """Whether it holds with these choices taken."""
        return (self.only_if is None or self.only_if in taken) and (self.unless is None or self.unless not in taken)


ALWAYS = Condition()


@dataclass(frozen=True, slots=True)
class Give:
    """An item on some days of a phase's cycles: ``days`` of the cycle or ``weekdays``, in the cycles ``in_cycles``.

    ``every``: the item's own clock in days, from its first day of the phase on. ``gap``: least and most days since the
    item's last dose; without it the regimen's own shortest gap is the least. ``watch_hours``: how long the patient is
    watched afterwards. ``route``: another than the item's.
    """

    item: str
    route: Route | None = None
    days: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    in_cycles: Ranges = ((1, None),)
    every: int | None = None
    gap: tuple[int, int | None] | None = None
    watch_hours: float | None = None
    premedication: bool = False
    label: str | None = None
    condition: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class Stay:
    """Days of a cycle spent in hospital."""

    days: tuple[int, ...]
    in_cycles: Ranges = ((1, None),)
    condition: Condition = ALWAYS


class StartKind(StrEnum):
    """What a phase waits for before it starts."""

    PLAN = "plan"  # the first phase
    GAP = "gap"  # a gap of its own after the last dose before it
    CYCLE_END = "cycle end"  # when the last cycle before it is over
    DATE = "date"  # a date that the clinic enters
    COURSES = "courses"  # offsets from an anchor


@dataclass(frozen=True, slots=True)
class Start:
    """How a phase starts. ``gap``: after the last dose; ``waits_for`` and ``minimum_wait`` (days): an entered date."""

    kind: StartKind
    gap: Span = Span()
    waits_for: str = ""
    minimum_wait: int = 0


@dataclass(frozen=True, slots=True)
class Courses:
    """Groups of ``cycles`` cycles, one at each offset from the start or the last dose of the phase ``anchor``."""

    offsets: tuple[Span, ...]
    anchor: str
    from_end: bool
    cycles: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch with one cycle rule. ``cycles`` and ``lasts`` cap it, whichever comes first; neither: open end."""

    id: str
    title: str
    cycle: Span
    start: Start
    cycles: int | None
    lasts: Span | None
    courses: Courses | None
    gives: tuple[Give, ...]
    stays: tuple[Stay, ...]
    condition: Condition

    @property
    def is_open(self) -> bool:
        """It goes on until something else ends it."""
        return self.cycles is None and self.lasts is None and self.courses is None


@dataclass(frozen=True, slots=True)
class Extra:
    """One dose of an item in an absolute week of the course; week 0 is the first."""

    item: str
    week: int
    label: str | None


@dataclass(frozen=True, slots=True)
class Attached:
    """An event that follows or precedes others at fixed offsets in days: paired (a visit of its own) or linked.

    It belongs to the doses of ``item``; without an item to the first day of each cycle (``edge`` "cycle"), or to the
    ``edge`` ("start", "end") of the phase ``phase``, of the whole course without a phase. ``every``: in each so
    many-th of the cycles ``in_cycles``. ``lasts``: days, for a period.
    """

    name: str
    is_paired: bool
    item: str | None
    edge: str | None
    phase: str | None
    offsets: tuple[int, ...]
    lasts: int | None
    in_cycles: Ranges
    every: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Stop:
    """When the whole course ends, whichever comes first: cycles, a span from its start, a date."""

    cycles: int | None
    lasts: Span | None
    before: date | None
    condition: Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """A reminder rule; ``id`` is a key of ``rules.RULES``.

    ``days``: before the event, or for ``between`` the day of the gap. ``at``: local times, None for the moment the
    send window opens. ``useful_for``: shelf life from that moment, beside the rule's own last moment. ``shortest``:
    only for gaps of at least so many days. ``days_after``: for ``late_effects`` the days after the last date.
    """

    id: str
    days: int
    at: tuple[time | None, ...]
    useful_for: timedelta | None
    shortest: int
    days_after: tuple[int, ...] = ()
