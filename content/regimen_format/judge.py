"""What no single line of a regimen file can show: names that nothing answers to, phases never reached, doses twice.

Runs on a regimen whose every line was read without a fault; what it finds becomes faults of the same file.
"""

from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING

from content.regimen_format.model import (
    AT_HOME,
    Attached,
    Condition,
    Courses,
    Give,
    Phase,
    Ranges,
    Span,
    StartKind,
    includes,
)
from content.regimen_format.rules import why_never
from content.regimen_format.sections import WHOLE
from content.regimen_format.weeks import place_of_week
from content.toml_file import Table

if TYPE_CHECKING:
    from content.regimen_format.regimen import Regimen

MOST_CHOICES = 6


def judge(regimen: "Regimen", table: Table) -> None:
    """Notes every fault between the parts of a regimen."""
    _ids(regimen, table)
    _conditions(regimen, table)
    _items(regimen, table)
    for number, phase in enumerate(regimen.phases):
        _phase(regimen, table, number, phase)
    _attached(regimen, table)
    _reminders(regimen, table)
    if not table.file.faults:
        _ways_through(regimen, table)


def _ids(regimen: "Regimen", table: Table) -> None:
    for what, ids in (("phase", [p.id for p in regimen.phases]), ("choice", [c.id for c in regimen.choices])):
        for number, name in enumerate(ids):
            if name in ids[:number]:
                table.fault("twice", f'there are two called "{name}": give each its own id', what, number, "id")
    for number, phase in enumerate(regimen.phases):
        if phase.id == WHOLE:
            table.fault("id", f'"{WHOLE}" means the whole course: call this phase otherwise', "phase", number, "id")
    if len(regimen.choices) > MOST_CHOICES:
        table.fault("range", f"at most {MOST_CHOICES} choices: make a second regimen of the others", "choice")


def _conditions(regimen: "Regimen", table: Table) -> None:
    known = {choice.id for choice in regimen.choices}
    used: set[str] = set()

    def look(condition: Condition, *path: str | int) -> None:
        for key, name in (("if", condition.only_if), ("unless", condition.unless)):
            if name is not None:
                used.add(name)
                if name not in known:
                    table.fault("reference", f'no [[choice]] is called "{name}"', *path, key)

    for number, phase in enumerate(regimen.phases):
        look(phase.condition, "phase", number)
        for at, give in enumerate(phase.gives):
            look(give.condition, "phase", number, "give", at)
        for at, stay in enumerate(phase.stays):
            look(stay.condition, "phase", number, "hospital", at)
    for number, stop in enumerate(regimen.stops):
        look(stop.condition, "stop", number)
    paired = sum(attached.is_paired for attached in regimen.attached)
    for number, attached in enumerate(regimen.attached):
        place = ("paired", number) if attached.is_paired else ("linked", number - paired)
        look(attached.condition, *place)
    for number, choice in enumerate(regimen.choices):
        if choice.id not in used:
            table.fault("unused", f'nothing depends on the choice "{choice.id}": use or remove it', "choice", number)


def _items(regimen: "Regimen", table: Table) -> None:
    if not regimen.items:
        table.fault("empty", "write at least one item: [items.NAME]", "items")
    given = {give.item for phase in regimen.phases for give in phase.gives} | {extra.item for extra in regimen.extras}
    for name in regimen.items:
        if name not in given:
            table.fault("unused", f'no phase gives the item "{name}": give or remove it', "items", name)
    for number, extra in enumerate(regimen.extras):
        if extra.item not in regimen.items:
            table.fault("reference", f'no item is called "{extra.item}"', "extra", number, "item")


def _phase(regimen: "Regimen", table: Table, number: int, phase: Phase) -> None:
    place = ("phase", number)
    if not phase.gives:
        table.fault("empty", "this phase gives nothing: add [[phase.give]]", *place)
    longest = phase.cycle.days or 28 * phase.cycle.months
    for at, give in enumerate(phase.gives):
        here = (*place, "give", at)
        item = regimen.items.get(give.item)
        if item is None:
            table.fault("reference", f'no item is called "{give.item}"', *here, "item")
        elif give.route is not None and (give.route in AT_HOME) != item.at_home:
            table.fault("give", "another route may not turn a visit into treatment at home, or back", *here, "route")
        if give.days and give.days[-1] > longest:
            table.fault("cycle", f"day {give.days[-1]} is not in a cycle of {longest} days", *here, "days")
        if give.weekdays and (phase.cycle.months or phase.cycle.days % 7):
            table.fault("cycle", "weekdays need a cycle of whole weeks", *here, "weekdays")
        if give.every is not None and (len(give.days) != 1 or phase.cycle.months):
            table.fault("give", "'every' needs a cycle in days and one first day in 'days'", *here, "every")
        elif give.every is not None and give.every < phase.cycle.days:
            table.fault("give", "'every' must be longer than the cycle: write the days of the cycle", *here, "every")
        _cycles_exist(table, phase, give.in_cycles, *here)
    for at, stay in enumerate(phase.stays):
        if stay.days and stay.days[-1] > longest:
            table.fault("cycle", f"day {stay.days[-1]} is not in a cycle of {longest} days", *place, "hospital", at)
        _cycles_exist(table, phase, stay.in_cycles, *place, "hospital", at)
    for (_, one), (at, other) in combinations(enumerate(phase.gives), 2):
        if _clash(one, other):
            here = (*place, "give", at)
            table.fault("twice", f'"{other.item}" is given twice on a day: correct the days or cycles', *here)
    if phase.courses:
        earlier = [each.id for each in regimen.phases[:number]]
        if phase.courses.anchor not in earlier:
            table.fault("reference", f'no phase before this one is called "{phase.courses.anchor}"', *place, "courses")
        if not _courses_fit(phase.courses, phase.cycle):
            table.fault("courses", "a course is not over when the next one starts: fewer cycles, or later", *place)


def _courses_fit(courses: Courses, cycle: Span) -> bool:
    needed = courses.cycles * (cycle.days or 31 * cycle.months)
    starts = [offset.days or 28 * offset.months for offset in courses.offsets]
    return all(after - start >= needed for start, after in pairwise(starts))


def _cycles_exist(table: Table, phase: Phase, ranges: Ranges, *here: str | int) -> None:
    last = phase.cycles
    if phase.courses:
        last = phase.courses.cycles * len(phase.courses.offsets)
    named = [edge for pair in ranges for edge in pair if edge is not None]
    if last is not None and max(named) > last and ranges != ((1, None),):
        table.fault("cycle", f"the phase has {last} cycles, and cycle {max(named)} is named", *here, "in_cycles")


def _clash(one: Give, other: Give) -> bool:
    if one.item != other.item or one.every or other.every or not _together(one.condition, other.condition):
        return False
    if not (set(one.days) & set(other.days) or set(one.weekdays) & set(other.weekdays)):
        # Days of the cycle beside weekdays meet sooner or later.
        return bool(one.days) != bool(other.days) and _share(one.in_cycles, other.in_cycles)
    return _share(one.in_cycles, other.in_cycles)


def _share(one: Ranges, other: Ranges) -> bool:
    return any(
        (last is None or start <= last) and (end is None or first <= end)
        for (first, last), (start, end) in product(one, other)
    )


def _together(one: Condition, other: Condition) -> bool:
    def excludes(a: Condition, b: Condition) -> bool:
        return a.only_if is not None and a.only_if == b.unless

    return not excludes(one, other) and not excludes(other, one)


def _attached(regimen: "Regimen", table: Table) -> None:
    phases = {phase.id for phase in regimen.phases}
    paired = sum(attached.is_paired for attached in regimen.attached)
    for number, attached in enumerate(regimen.attached):
        place = ("paired", number) if attached.is_paired else ("linked", number - paired)
        if attached.item is not None and attached.item not in regimen.items:
            mend = f'"{attached.item}" is no item, and no edge such as "end of induction" or "end of course"'
            table.fault("reference", mend, *place, "of")
        if attached.phase is not None and attached.phase not in phases:
            table.fault("reference", f'no phase is called "{attached.phase}"', *place, "of")
        same = [each for each in regimen.attached[:number] if _named_alike(each, attached)]
        if attached.name in regimen.items or any(_together(each.condition, attached.condition) for each in same):
            table.fault("twice", f'another item or event is called "{attached.name}"', *place, "name")


def _named_alike(one: Attached, other: Attached) -> bool:
    return (one.name, one.item, one.edge, one.phase) == (other.name, other.item, other.edge, other.phase)


def _reminders(regimen: "Regimen", table: Table) -> None:
    for rule in regimen.reminders:
        if (why := why_never(regimen, rule.id)) is not None:
            table.fault("reminder", f"'{rule.id}' never applies, because {why}: remove it", "reminders", rule.id)


def _ways_through(regimen: "Regimen", table: Table) -> None:
    """For every set of choices: a start, no phase behind an open end, no open phase that stops giving."""
    ids = [choice.id for choice in regimen.choices]
    seen: set[tuple[str, int]] = set()

    def fault(number: int, rule: str, mend: str) -> None:
        if (rule, number) not in seen:
            seen.add((rule, number))
            table.fault(rule, mend, "phase", number)

    for answers in product((False, True), repeat=len(ids)):
        taken = frozenset(name for name, yes in zip(ids, answers, strict=True) if yes)
        path = [(number, phase) for number, phase in enumerate(regimen.phases) if phase.condition.holds(taken)]
        if not path:
            fault(0, "reach", "with some choices there is no phase at all: correct 'if' and 'unless'")
        for number, extra in enumerate(regimen.extras):
            if place_of_week(regimen.phases, taken, extra.week) is None and ("extra", number) not in seen:
                seen.add(("extra", number))
                mend = "with some choices this week has no place: it comes after months, courses or an entered date"
                table.fault("extra", mend, "extra", number, "week")
        for at, (number, phase) in enumerate(path):
            before = path[at - 1][1] if at else None
            if before is None and phase.start.kind is not StartKind.PLAN:
                fault(number, "start", "the first phase starts with the plan: remove what says how it starts")
            if before is not None and phase.start.kind is StartKind.PLAN:
                fault(
                    number,
                    "start",
                    'say how this phase starts: \'first_gap\' ("21 days" after the last dose, or "end of cycle"), '
                    "'waits_for' (a date that the clinic enters) or [phase.courses]",
                )
            if before is not None and before.is_open and phase.start.kind is not StartKind.DATE:
                fault(
                    number,
                    "reach",
                    f"never reached: \"{before.id}\" has an open end; give that one 'cycles' or 'lasts'",
                )
            if phase.courses and phase.courses.anchor not in [each.id for _, each in path[:at]]:
                fault(number, "courses", f'with some choices there is no phase "{phase.courses.anchor}" to count from')
            if (empty := _empty_cycle(phase, taken)) is not None:
                mend = f"cycle {empty} gives nothing, at least with some choices: every cycle must give something"
                fault(number, "give", mend)


def _empty_cycle(phase: Phase, taken: frozenset[str]) -> int | None:
    """The first cycle of a phase that surely gives nothing; an item on its own clock fills no cycle."""
    ranges = [give.in_cycles for give in phase.gives if give.condition.holds(taken) and give.every is None]
    settled = max((edge for pairs in ranges for pair in pairs for edge in pair if edge is not None), default=0) + 1
    cycles = phase.courses.cycles * len(phase.courses.offsets) if phase.courses else phase.cycles
    last = settled if cycles is None else min(settled, cycles)
    return next((at for at in range(1, last + 1) if not any(includes(pairs, at) for pairs in ranges)), None)
