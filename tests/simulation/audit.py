"""Every rule that a run is held against."""

from collections.abc import Iterator

from tests.simulation import accounting, auditor, ways
from tests.simulation.auditor import Books, Finding, Rule

RULES: tuple[Rule, ...] = (
    auditor.sent_once,
    auditor.nothing_after_stop,
    auditor.inside_the_window,
    auditor.nothing_untrue,
    auditor.in_its_time,
    auditor.limits_hold,
    auditor.unknown_only_in_flight,
    auditor.states_agree,
    auditor.stop_is_whole,
    auditor.danger_is_answered,
    auditor.planned_ahead,
    auditor.shadow_is_the_calendar,
    *ways.RULES,
    *accounting.RULES,
)


def audited(books: Books) -> Iterator[Finding]:
    """All that is wrong with a run."""
    for rule in RULES:
        for sentence in rule(books):
            yield Finding(rule.__name__, sentence)
