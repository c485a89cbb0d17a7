"""A day of many enrolled patients with the clock run fast: planner, gates, outbox, receipts and forecast on SQLite.

Of the program only the process around the duties is left out: the day's minutes follow each other without a wait, and
the provider takes every text and says a minute later that it arrived. What went is held against the calendars, which
are asked without the planner, and for two simple regimens against arithmetic on their dates alone.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time as clock
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import setting
from bench.population import DAYTIME, Course, mixed, populate, reminders
from bot.services import Services
from bot.startup import keep_what_is_loaded
from channels.base import Fault, Receipt, ReceiptState, SendResult, Verdict
from scheduler.delivery import receipts
from scheduler.delivery.dispatcher import Ready
from scheduler.duties.duties import Duties
from scheduler.duties.foretelling import Foretelling
from store.messages import message, message_event
from store.plans import plan

# A Tuesday, from the hour at which nobody in the United States is texted to the same hour of the next day.
DAY = date(2026, 11, 24)
BEGIN = datetime(2026, 11, 24, 9, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_MINUTE = timedelta(minutes=1)
_RECEIPTS = 100

# Two courses whose dates anybody can count: so many days between visits, and texts so many days before each.
_EVERY = {"pembro_q3w": 21, "nivo_q4w": 28}
_BEFORE = {"visit_before": 3, "visit_tomorrow": 1}

Counts = Counter[tuple[str, str]]
"""By regimen and reminder rule."""


def measure(*, patients: int, folder: Path | None = None) -> Iterator[dict[str, object]]:
    """One line; ``folder`` is where the database is made, and taken away again."""
    with tempfile.TemporaryDirectory(prefix="bench-day-", dir=folder) as name:
        at = setting.place(Path(name), 1)
        services = at.clocked()
        began = clock.perf_counter()
        courses = mixed(services.library.regimens, DAY, patients, ZONES)
        populate(services, BEGIN, courses, DAYTIME)
        built = clock.perf_counter() - began
        size = _megabytes(at.folder)
        services.database.close()
        # In a process of its own, whose memory is that of the day alone.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            played: Played = pool.apply(play, (at,))
        due, by_hand = _due(services, courses), _by_hand(courses)
        covered = _covered(services)
        wrong = differing(covered, due, by_hand)
        yield {
            "bench": "day", "patients": patients, "due": due.total(), "told": covered.total(), "texts": played.texts,
            "sent": played.sent, "sent_twice": played.sent_twice, "not_sent": dict(played.not_sent),
            "by_rule": _by_rule(covered), "by_hand": by_hand.total(),
            "differ": wrong,
            "agree": not wrong and played.adds_up, "seconds": round(played.seconds),
            "seconds_of": {name: round(spent, 1) for name, spent in played.spent.items()},
            "slowest_transaction_ms": round(played.slowest * 1000), "rss_mb_hours": played.hours,
            "rss_mb_most": played.most, "database_mb": _megabytes(at.folder), "database_mb_before": size,
            "built_in_seconds": round(built),
        }  # fmt: skip


def _floats() -> defaultdict[str, float]:
    return defaultdict(float)


@dataclass
class Played:
    """What a day came to. Times in seconds; ``hours``: the memory in MB at every sixth hour."""

    texts: int = 0
    sent: int = 0
    sent_twice: int = 0
    not_sent: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    spent: defaultdict[str, float] = field(default_factory=_floats)
    hours: list[int] = field(default_factory=list)
    most: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether each text went exactly once, or says why it did not."""
        return self.sent_twice == 0 and self.texts == self.sent + self.not_sent.total() and "?" not in self.not_sent


def play(at: setting.Place) -> Played:
    """Plays the day, minute by minute."""
    services = at.clocked()
    keep_what_is_loaded()
    day = _Day(services)
    began = clock.perf_counter()
    minutes = int((END - BEGIN) / _MINUTE)
    for minute in range(1, minutes + 1):
        day.minute(BEGIN + minute * _MINUTE)
        if minute % (6 * 60) == 0:
            day.played.hours.append(_memory())
    day.minute(END)  # the last receipts
    day.played.seconds = clock.perf_counter() - began
    day.played.most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _settle_accounts(services, day)
    return day.played


class _Day:
    """The duties of one scheduler at moments that are set by hand, and a provider that takes all."""

    def __init__(self, services: setting.ClockedServices) -> None:
        self._database, self._library = services.database, services.library
        self._duties = Duties(database=self._database, library=self._library, owner="bench")
        self._foretelling = Foretelling(self._database, self._library, self._database.now, demo=False)
        self._arriving: list[Receipt] = []
        self.taken: Counter[int] = Counter()
        self.played = Played()

    def minute(self, now: datetime) -> None:
        """Everything that is due by now is done."""
        self._database.at = now
        duties = self._duties
        arriving, self._arriving = self._arriving, []
        for first in range(0, len(arriving), _RECEIPTS):
            self._timed("receipts", self._receive, now, arriving[first : first + _RECEIPTS])
        for name, duty in (("plan", duties.plan), ("settle", duties.settle)):
            while self._timed(name, duty):
                pass
        self._dispatch()
        if now.minute % 5 == 0:
            for name, duty in (("top_up", duties.top_up), ("forecast", self._foretelling.step)):
                while self._timed(name, duty):
                    pass

    def _dispatch(self) -> None:
        claimed: list[int] = []
        results: list[tuple[Ready, SendResult]] = []
        while True:
            claimed += self._timed("claim", self._duties.claim)
            ids, claimed = claimed[: self._duties.pace.calls], claimed[self._duties.pace.calls :]
            if not ids and not results:
                return
            ready = self._timed("send", self._duties.turn, results, ids)
            results = [(each, self._take(each)) for each in ready]

    def _take(self, ready: Ready) -> SendResult:
        """The provider's answer; its receipts come later."""
        self.taken[ready.message_id] += 1
        sid = f"SM{len(self.taken):032x}"
        attempt = ready.outgoing.attempt
        self._arriving += [Receipt(sid, state, None, attempt) for state in (ReceiptState.SENT, ReceiptState.DELIVERED)]
        return SendResult(Verdict.ACCEPTED, sid, None, Fault.NONE, "")

    def _receive(self, now: datetime, arriving: Sequence[Receipt]) -> None:
        with self._database.writing() as tx:
            for receipt in arriving:
                receipts.apply(tx, now, self._library, receipt)

    def _timed(self, name: str, duty: Any, *arguments: object) -> Any:
        began = clock.perf_counter()
        done = duty(*arguments)
        took = clock.perf_counter() - began
        self.played.spent[name] += took
        if name != "forecast":  # it reads; nobody waits for it
            self.played.slowest = max(self.played.slowest, took)
        return done


def _settle_accounts(services: Services, day: _Day) -> None:
    """How it stands with every reminder's text at the end of the day; one that waits without a reason is a "?"."""
    played = day.played
    asked = sa.select(message.c.state, message.c.gate, sa.func.count()).where(message.c.kind == "reminder")
    with services.database.reading() as tx:
        for state, gate, count in tx.conn.execute(asked.group_by(message.c.state, message.c.gate)):
            played.texts += count
            if state != "delivered":
                played.not_sent[f"{state} {gate}" if state in ("cancelled", "expired") and gate else "?"] += count
    played.sent = len(day.taken)
    played.sent_twice = sum(count > 1 for count in day.taken.values())


def _covered(services: Services) -> Counts:
    """What the texts of the day tell."""
    asked = (
        sa.select(plan.c.regimen_id, message_event.c.rule, sa.func.count())
        .join_from(message_event, plan, plan.c.id == message_event.c.plan_id)
        .group_by(plan.c.regimen_id, message_event.c.rule)
    )
    with services.database.reading() as tx:
        return Counter({(regimen, rule): count for regimen, rule, count in tx.conn.execute(asked)})


def _due(services: Services, courses: Sequence[Course]) -> Counts:
    """What the calendars have to tell on the day."""
    found: Counts = Counter()
    for course, people in Counter(courses).items():
        regimen = services.library.regimens[course.regimen_id]
        for reminder in reminders(regimen, course, DAYTIME, BEGIN, END):
            found[course.regimen_id, reminder.rule] += people
    return found


def differing(told: Counts, due: Counts, by_hand: Counts) -> dict[str, tuple[int, int]]:
    """What was told, and what should have been, where the two are not the same."""
    wrong = {each: (told[each], due[each]) for each in told | due if told[each] != due[each]}
    wrong |= {each: (told[each], count) for each, count in by_hand.items() if told[each] != count}
    return {" ".join(each): counts for each, counts in wrong.items()}


def _by_hand(courses: Sequence[Course]) -> Counts:
    """What two of the regimens have to tell of visits on the day, by the days since the first one alone."""
    found: Counts = Counter({(regimen, rule): 0 for regimen in _EVERY for rule in _BEFORE})
    for course in courses:
        for rule, before in _BEFORE.items():
            since = (DAY - course.start).days + before
            every = _EVERY.get(course.regimen_id)
            if every is not None and since % every == 0:
                found[course.regimen_id, rule] += 1
    return found


def _by_rule(counts: Counts) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_, rule), count in counts.items():
        found[rule.partition("/")[0]] += count
    return dict(found.most_common())


def _megabytes(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.glob("bench.db*")) // 1_000_000


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1_000_000
