"""What Prometheus may know: counts and times of this process, never a word or a number of anybody."""

from collections import Counter as Tally

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from scheduler.duties.watchdog import RULES, Limits, refused_run, skew_of
from scheduler.duties.watching import Sight

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0)


class _Children(dict[str, Counter]):
    """The children of a counter by their label; looking one up in the counter itself takes a lock."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self._counter = counter

    def __missing__(self, label: str) -> Counter:
        child = self[label] = self._counter.labels(label)
        return child


class Metrics:
    """The counters of one process, in a registry of their own, so that two applications never mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._texts = Counter(
            "immunotext_texts", "Texts taken, by what they were understood as", ["kind"], registry=self._registry
        )
        self._seconds = Histogram(
            "immunotext_answer_seconds", "From a verified text to its answer", buckets=_SECONDS, registry=self._registry
        )
        self._spooled = Counter(
            "immunotext_spooled", "Texts put away while the database was down", registry=self._registry
        )
        self._refused = Counter(
            "immunotext_refused", "Calls of a webhook that were turned away", ["route"], registry=self._registry
        )
        self._receipts = Counter("immunotext_receipts", "Receipts noted, by state", ["state"], registry=self._registry)
        self._kinds = _Children(self._texts)
        self._waiting = Gauge("immunotext_spool_texts", "Texts that wait in the spool now", registry=self._registry)

        def gauge(name: str, what: str, *labels: str) -> Gauge:
            return Gauge(f"immunotext_{name}", what, labels, registry=self._registry)

        self._overdue = gauge("overdue_texts", "Texts that wait longer than any should, counted up to a limit")
        self._ages = gauge("heartbeat_age_seconds", "Since the latest sign of life of any process", "kind")
        self._skews = gauge("clock_skew_seconds", "How far a process's clock is ahead of the database's", "process")
        self._alarms = gauge("alarms_open", "Alarms that are open, of the installation and of clinics", "kind")
        self._run = gauge("refused_run", "Signed calls of webhooks turned away since one was accepted")

    def watched(self, sight: Sight, limits: Limits) -> None:
        """What the watch of this process saw last."""
        facts = sight.facts
        self._overdue.set(sum(each.count for each in facts.overdue))
        self._ages.clear()
        for beat in reversed(facts.beats):  # the latest of each kind stays
            self._ages.labels(beat.kind).set((facts.real - beat.at).total_seconds())
        self._skews.clear()
        for beat in facts.beats:
            if facts.real - beat.at < limits.silent and not beat.ended:
                self._skews.labels(beat.process).set(skew_of(beat).total_seconds())
        tally = Tally(alarm.kind for alarm in sight.open)
        for kind in RULES:
            self._alarms.labels(kind).set(tally[kind])
        self._run.set(refused_run(facts, limits))

    def taken(self, kind: str, seconds: float, *, spooled: bool) -> None:
        """A text was taken and answered, perhaps with silence."""
        self._kinds[kind].inc()
        self._seconds.observe(seconds)
        if spooled:
            self._spooled.inc()

    def refused(self, route: str) -> None:
        """A call of a webhook was turned away: not signed, or not the form it should be."""
        self._refused.labels(route).inc()

    def receipt(self, state: str) -> None:
        """A receipt was noted."""
        self._receipts.labels(state).inc()

    def page(self, waiting: int) -> bytes:
        """The metrics in Prometheus's text format; ``waiting`` is the number of texts in the spool now."""
        self._waiting.set(waiting)
        return generate_latest(self._registry)
