"""The sections of a regimen file, each read from its own TOML table. Mistakes become faults; nothing raises."""

import re
from datetime import date

from content.regimen_format import notation
from content.regimen_format.model import (
    AT_HOME,
    Attached,
    Choice,
    Condition,
    Courses,
    Extra,
    Give,
    Item,
    OffDays,
    Phase,
    Ranges,
    Route,
    Span,
    Start,
    StartKind,
    Stay,
    Stop,
)
from content.toml_file import Table
from content.wording_keys import ITEMS

ALL_CYCLES: Ranges = ((1, None),)
CYCLE_END = "end of cycle"
EACH_CYCLE = "each cycle"
WHOLE = "course"

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ITEM = re.compile(r"[a-z][a-z0-9 -]{0,59}")
_ANCHOR = re.compile(r"(start|end) of ([a-z][a-z0-9_]*)")
_AMOUNT = re.compile(r"\b(\d+ ?)?(mg|mcg|g|kg|ml|iu|units?)\b")


def identifier(table: Table, key: str = "id") -> str:
    """An id: small letters, digits and underscores."""
    value = table.text(key)
    if value and not _ID.fullmatch(value):
        table.fault("id", f"'{key}' must be small letters, digits and underscores, such as \"maintenance\"", key)
    return value


def item(table: Table, name: str) -> Item:
    """[items.NAME]"""
    if not _ITEM.fullmatch(name) or _AMOUNT.search(name):
        table.fault("item", f'write the item "{name}" in small letters, without an amount')
    route = Route(table.choice("route", tuple(Route)))
    off_days = OffDays(table.choice("off_days", tuple(OffDays)))
    called = table.choice("called", ITEMS) if "called" in table else None
    if called is None and (off_days is OffDays.REST or route in AT_HOME):
        table.fault("missing", f"add 'called', the word patients read for it: {', '.join(ITEMS)}")
    table.finish()
    return Item(name, route, off_days, called)


def choice(table: Table) -> Choice:
    """[[choice]]"""
    read = Choice(
        id=identifier(table),
        question=table.text("question"),
        waits=table.choice("undecided", ("no", "waits"), "no") == "waits",
    )
    table.finish()
    return read


def condition(table: Table) -> Condition:
    """The keys ``if`` and ``unless`` of a table."""
    read = Condition(table.optional_text("if"), table.optional_text("unless"))
    if read.only_if is not None and read.only_if == read.unless:
        table.fault("condition", "'if' and 'unless' name the same choice: it would never hold; remove one", "if")
    return read


def phase(table: Table) -> Phase:
    """[[phase]] with its [[phase.give]], [[phase.hospital]] and [phase.courses]"""
    phase_id = identifier(table)
    cycle = notation.noted(table, "cycle", notation.span, Span(days=1))
    if "cycle" not in table:
        table.fault("missing", "add 'cycle', the length of a cycle, such as \"21 days\"")
    if cycle.days > notation.LONGEST_DAYS or cycle.months > 12:
        table.fault("cycle", "a cycle may not be longer than a year", "cycle")
    courses = _courses(table)
    lasts = notation.noted(table, "lasts", notation.span, None) if "lasts" in table else None
    cycles = notation.count(table, "cycles")
    if courses and (cycles is not None or lasts is not None):
        table.fault("courses", "a phase with courses has neither 'cycles' nor 'lasts': its offsets end it")
    read = Phase(
        id=phase_id,
        title=table.text("title", phase_id),
        cycle=cycle,
        start=_start(table, has_courses=courses is not None),
        cycles=cycles,
        lasts=lasts,
        courses=courses,
        gives=tuple(_give(each) for each in table.tables("give", required=True)),
        stays=tuple(_stay(each) for each in table.tables("hospital")),
        condition=condition(table),
    )
    table.finish()
    return read


def extra_dose(table: Table) -> Extra:
    """[[extra]]"""
    read = Extra(table.text("item"), table.integer("week"), table.optional_text("label"))
    if not 0 <= read.week <= 520:
        table.fault("range", "'week' must be from 0 (the first week) to 520", "week")
    table.finish()
    return read


def attached(table: Table, *, is_paired: bool) -> Attached:
    """[[paired]] or [[linked]]"""
    name, of = table.text("name"), table.text("of")
    if name and (not _ITEM.fullmatch(name) or _AMOUNT.search(name)):
        table.fault("item", f'write the name "{name}" in small letters, without an amount', "name")
    edge = _ANCHOR.fullmatch(of)
    offsets = table.integers("days", required=True)
    if "days" in table and not offsets:
        table.fault("empty", "'days' has no day: write the days after it, or before it with a minus", "days")
    if any(not -60 <= day <= 1_000 for day in offsets) or list(offsets) != sorted(set(offsets)):
        table.fault("range", "'days' must ascend, each once, from -60 to 1000", "days")
    if not is_paired and any(day < 0 for day in offsets):
        table.fault("range", "a linked event follows: its 'days' cannot be negative", "days")
    every = notation.count(table, "every")
    read = Attached(
        name=name,
        is_paired=is_paired,
        item=None if edge or of == EACH_CYCLE else of,
        edge=edge[1] if edge else "cycle" if of == EACH_CYCLE else None,
        phase=edge[2] if edge and edge[2] != WHOLE else None,
        offsets=offsets,
        lasts=notation.count(table, "lasts_days"),
        in_cycles=notation.noted(table, "in_cycles", notation.cycles, ALL_CYCLES),
        every=every or 1,
        condition=condition(table),
    )
    if edge and ("every" in table or "in_cycles" in table):
        table.fault("attached", "'every' and 'in_cycles' choose among cycles: remove them, or write another 'of'")
    table.finish()
    return read


def stop(table: Table) -> Stop:
    """[[stop]]"""
    before = notation.noted(table, "before", _date, None) if "before" in table else None
    read = Stop(
        cycles=notation.count(table, "cycles"),
        lasts=notation.noted(table, "lasts", notation.span, None) if "lasts" in table else None,
        before=before,
        condition=condition(table),
    )
    if not any(key in table for key in ("cycles", "lasts", "before")):
        table.fault("stop", "say when the course ends: 'cycles', 'lasts' (such as \"24 months\") or 'before' (a date)")
    table.finish()
    return read


def _start(table: Table, *, has_courses: bool) -> Start:
    ways = [key for key in ("first_gap", "waits_for", "courses") if key in table]
    waits_for = table.optional_text("waits_for") or ""
    minimum_wait = notation.noted(table, "minimum_wait", notation.span, Span()).days
    gap_text = table.optional_text("first_gap")
    if len(ways) > 1:
        table.fault("start", f"a phase starts in one way: keep one of {', '.join(ways)}", ways[1])
    if "minimum_wait" in table and not minimum_wait:
        table.fault("start", "'minimum_wait' must be in days or weeks", "minimum_wait")
    if minimum_wait and "waits_for" not in ways:
        table.fault("start", "'minimum_wait' belongs to a phase that waits for a date: add 'waits_for'", "minimum_wait")
    if waits_for:
        return Start(StartKind.DATE, waits_for=waits_for, minimum_wait=minimum_wait)
    if has_courses:
        return Start(StartKind.COURSES)
    if gap_text is None:
        return Start(StartKind.PLAN)
    if gap_text == CYCLE_END:
        return Start(StartKind.CYCLE_END)
    return Start(StartKind.GAP, gap=notation.noted(table, "first_gap", notation.span, Span(days=1)))


def _courses(table: Table) -> Courses | None:
    if "courses" not in table:
        return None
    below = table.child("courses")
    months, weeks = below.integers("months"), below.integers("weeks")
    if bool(months) == bool(weeks):
        below.fault("courses", "write the offsets of the courses as 'months' or as 'weeks', one of the two")
    offsets = months or weeks
    if list(offsets) != sorted(set(offsets)) or any(not 1 <= offset <= 520 for offset in offsets):
        below.fault("courses", "offsets must ascend, each once, from 1", "months" if months else "weeks")
    anchor = _ANCHOR.fullmatch(below.text("from"))
    if not anchor and "from" in below:
        below.fault("courses", '\'from\' must be such as "start of induction" or "end of induction"', "from")
    cycles = notation.count(below, "cycles") or 1
    if "cycles" not in below:
        below.fault("missing", "add 'cycles', the number of cycles in each course")
    below.finish()
    return Courses(
        offsets=tuple(Span(months=offset) if months else Span(days=7 * offset) for offset in offsets),
        anchor=anchor[2] if anchor else "",
        from_end=anchor is not None and anchor[1] == "end",
        cycles=cycles,
    )


def _give(table: Table) -> Give:
    if ("days" in table) == ("weekdays" in table):
        table.fault("give", "write 'days' (of the cycle) or 'weekdays', one of the two")
    no_days: tuple[int, ...] = ()
    weekdays = notation.noted(table, "weekdays", notation.weekdays, no_days)
    apart = notation.count(table, "apart")
    if apart is not None and (closest := _closest(weekdays)) < apart:
        table.fault("apart", f"these weekdays are only {closest} days apart, and 'apart' asks for {apart}", "weekdays")
    watch = table.number("watch_hours", 0.0)
    if "watch_hours" in table and not 0 < watch <= 24 * 14:
        table.fault("range", "'watch_hours' must be over 0 and at most 336 (two weeks)", "watch_hours")
    read = Give(
        item=table.text("item"),
        route=Route(table.choice("route", tuple(Route))) if "route" in table else None,
        days=notation.noted(table, "days", notation.days, no_days),
        weekdays=weekdays,
        in_cycles=notation.noted(table, "in_cycles", notation.cycles, ALL_CYCLES),
        every=notation.noted(table, "every", notation.span, Span()).days or None,
        gap=notation.noted(table, "gap", notation.gap, None) if "gap" in table else None,
        watch_hours=watch or None,
        premedication=table.flag("premedication", False),
        label=table.optional_text("label"),
        condition=condition(table),
    )
    if "every" in table and read.every is None:
        table.fault("give", "'every' must be in days or weeks", "every")
    table.finish()
    return read


def _stay(table: Table) -> Stay:
    no_days: tuple[int, ...] = ()
    read = Stay(
        days=notation.noted(table, "days", notation.days, no_days),
        in_cycles=notation.noted(table, "in_cycles", notation.cycles, ALL_CYCLES),
        condition=condition(table),
    )
    if "days" not in table:
        table.fault("missing", "add 'days', the days of the cycle in hospital")
    table.finish()
    return read


def _closest(weekdays: tuple[int, ...]) -> int:
    """The fewest days from one of these weekdays to the next, over the end of the week too."""
    after = [*weekdays[1:], weekdays[0] + 7] if weekdays else []
    return min((later - day for day, later in zip(weekdays, after, strict=True)), default=7)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'write a date such as "2027-01-31", not "{text}"') from error
