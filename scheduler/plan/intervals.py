"""Whether two doses of an item are too close or too far apart for the regimen.

The least number of days is what the file says (``gap``), else what the regimen itself plans at that place: within a
phase its own shortest gap, at its start its first gap. What the regimen plans is therefore never too close.
"""

from collections.abc import Iterator, Mapping

from content.plain import Plain, days_of
from content.regimen_format.model import StartKind
from scheduler.plan.doses import LONGEST_GAP
from scheduler.plan.runs import Dose


class TooSoon(Plain):
    """A warning that a dose comes before the regimen allows it: what enrolment refuses."""

    __slots__ = ()


def warnings(dose: Dose, previous: Mapping[str, Dose], last: Dose | None) -> Iterator[str]:
    """What staff must know about a dose, as sentences. ``previous``: the last dose of each item; ``last``: of any."""
    explicit = {item: (least, most) for item, least, most in dose.slot.gaps}
    for item in dose.slot.items:
        before = previous.get(item)
        days = LONGEST_GAP if before is None else dose.ordinal - before.ordinal
        if before is None or days >= LONGEST_GAP:
            continue
        least, most = explicit.get(item, (0, None))
        least = least or _least(dose, before, item)
        if days < least:
            yield TooSoon(
                "{item}: {since} after the dose before, and at least {least} are needed",
                item=item,
                since=days_of(days),
                least=least,
            )
        if most is not None and days > most:
            yield Plain(
                "{item}: {since} after the dose before, and the most is {most}",
                item=item,
                since=days_of(days),
                most=days_of(most),
            )
    for item in dose.slot.doubled:
        yield TooSoon("{item}: two doses on one day", item=item)
    wait = dose.run.stage.phase.start.minimum_wait
    if wait and last is not None and last.run.stage is not dose.run.stage and dose.ordinal - last.ordinal < wait:
        yield TooSoon(
            "{phase}: {since} after the last dose, and {wait} must pass",
            phase=dose.run.stage.id,
            since=days_of(dose.ordinal - last.ordinal),
            wait=days_of(wait),
        )


def _least(dose: Dose, before: Dose, item: str) -> int:
    stage, old = dose.run.stage, before.run.stage
    if stage is old:
        return stage.least_gap(item)
    start = stage.phase.start
    if stage.course is not old.course or start.kind is StartKind.DATE:
        return old.least_gap(item)
    if start.kind is StartKind.GAP:
        return start.gap.days or 30 * start.gap.months - 2
    return min(old.least_gap(item), stage.least_gap(item))
