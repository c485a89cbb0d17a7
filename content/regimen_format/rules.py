"""Reminder rules: from the [reminders] of a regimen file, or from the same words written for a clinic or a patient.

A clinic or a patient may have rules of their own in place of a regimen's: `merged` says which of them holds. The
definition that a plan carries is never touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import TYPE_CHECKING

from content.faults import ContentError
from content.plain import Plain
from content.regimen_format import notation
from content.regimen_format.model import AT_HOME, OffDays, Route, Rule
from content.toml_file import Table, parse_toml

if TYPE_CHECKING:
    from content.regimen_format.regimen import Regimen

OFF = "off"
"""What is written in place of a rule that is not to be told."""

Overrides = Mapping[str, Rule | None]
"""Rules by their ids that hold in place of others; None: it is not told."""


@dataclass(frozen=True, slots=True)
class RuleKind:
    """What may be set for a reminder rule: a lead in days, the day of a gap, the shortest gap, days after the end."""

    days: str | None = None
    default_days: int = 0
    has_shortest: bool = False
    has_days_after: bool = False


RULES = {
    "visit_before": RuleKind(days="days_before", default_days=3),
    "visit_tomorrow": RuleKind(default_days=1),
    "visit_today": RuleKind(),
    "hospital_before": RuleKind(days="days_before", default_days=2),
    "pill_today": RuleKind(),
    "cream_today": RuleKind(),
    "cream_washoff": RuleKind(),
    "off_first": RuleKind(has_shortest=True),
    "off_last": RuleKind(has_shortest=True),
    "between": RuleKind(days="day", default_days=1, has_shortest=True),
    "phase_before": RuleKind(days="days_before", default_days=3),
    "finished": RuleKind(),
    "late_effects": RuleKind(has_days_after=True),
}


def rule(table: Table, rule_id: str) -> Rule:
    """One line of [reminders]; mistakes become faults."""
    kind = RULES[rule_id]
    days = table.integer(kind.days, kind.default_days) if kind.days else kind.default_days
    if kind.days and not 1 <= days <= 30:
        table.fault("range", f"'{kind.days}' must be from 1 to 30", kind.days)
    window_opens: tuple[time | None, ...] = (None,)
    times = notation.noted(table, "at", notation.times, window_opens)
    if "at" not in table:
        table.fault("missing", f'add \'at\', a time such as "10:00", or "{notation.WINDOW_OPENS}"')
    shortest = (notation.count(table, "shortest") or 1) if kind.has_shortest else 1
    useful_for = notation.noted(table, "useful_for", notation.shelf_life, None) if "useful_for" in table else None
    days_after: tuple[int, ...] = ()
    if kind.has_days_after:
        days_after = notation.noted(table, "days_after", notation.days_after, ())
        if "days_after" not in table:
            table.fault("missing", "add 'days_after', the days after the last date, such as \"28, 91, 182, 365\"")
    table.finish()
    return Rule(rule_id, days, times, useful_for, shortest, days_after)


def rules(table: Table) -> tuple[Rule, ...]:
    """The [reminders] of a file, in the order of RULES."""
    for key in table:
        if key not in RULES:
            table.fault("unknown", f"'{key}' is no reminder rule; the rules are {', '.join(RULES)}", key)
    return tuple(rule(table.child(key), key) for key in RULES if key in table)


@lru_cache(maxsize=4_096)
def override(rule_id: str, spec: str) -> Rule | None:
    """A rule as it stands behind its name in a regimen file, with or without the braces; None for "off".

    Raises ContentError with what is wrong.
    """
    text = spec.strip()
    if text != OFF and not text.startswith("{"):
        text = f"{{ {text} }}"
    file = parse_toml(f"{rule_id} = {text}" if text != OFF else f"{rule_id} = {{}}", "reminder rule")
    read = None
    if rule_id not in RULES or list(file.data) != [rule_id]:
        file.fault("unknown", f"'{rule_id}' is no reminder rule; the rules are {', '.join(RULES)}")
    elif text != OFF:
        read = rule(file.table.child(rule_id), rule_id)
    file.raise_faults()
    return read


def written(rule: Rule) -> str:
    """A rule as `override` reads it."""
    kind = RULES[rule.id]
    at = ", ".join(notation.WINDOW_OPENS if each is None else each.isoformat("minutes") for each in rule.at)
    parts = [f'at = "{at}"']
    if kind.days:
        parts.insert(0, f"{kind.days} = {rule.days}")
    if kind.has_shortest and rule.shortest > 1:
        parts.append(f"shortest = {rule.shortest}")
    if rule.useful_for is not None:
        parts.append(f'useful_for = "{notation.as_shelf_life(rule.useful_for)}"')
    if rule.days_after:
        parts.append(f'days_after = "{", ".join(map(str, rule.days_after))}"')
    return ", ".join(parts)


def merged(own: tuple[Rule, ...], *overrides: Overrides) -> tuple[Rule, ...]:
    """A regimen's own rules, with the overrides laid over them one after another: the last one that names a rule holds.

    In the order of RULES; ``own`` itself where nothing is overridden.
    """
    if not any(overrides):
        return own
    found: dict[str, Rule | None] = {each.id: each for each in own}
    for each in overrides:
        found |= each
    return tuple(there for rule_id in RULES if (there := found.get(rule_id)) is not None)


def why_never(regimen: "Regimen", rule_id: str) -> str | None:
    """Why a rule never applies to a regimen; None where it may."""
    items = regimen.items.values()
    visits = any(item.route not in AT_HOME for item in items) or any(each.is_paired for each in regimen.attached)
    pills = any(item.route in (Route.CAPSULE, Route.PILL) for item in items)
    creams = {name for name, item in regimen.items.items() if item.route is Route.CREAM}
    rests = any(item.off_days is OffDays.REST for item in items)
    answered = {
        "visit_before": (visits, Plain("there is no visit")),
        "visit_tomorrow": (visits, Plain("there is no visit")),
        "visit_today": (visits, Plain("there is no visit")),
        "hospital_before": (any(phase.stays for phase in regimen.phases), Plain("no phase has [[phase.hospital]]")),
        "pill_today": (pills, Plain("no item is a pill or capsule")),
        "cream_today": (bool(creams), Plain("no item is a cream")),
        "cream_washoff": (
            any(not each.is_paired and each.item in creams for each in regimen.attached),
            Plain("no [[linked]] event follows a cream"),
        ),
        "off_first": (rests, Plain('no item has off_days = "rest"')),
        "off_last": (rests, Plain('no item has off_days = "rest"')),
        "between": (
            any(item.off_days is OffDays.BETWEEN for item in items),
            Plain('no item has off_days = "between"'),
        ),
        "phase_before": (len(regimen.phases) > 1, Plain("there is one phase alone")),
    }
    applies, why = answered.get(rule_id, (True, ""))
    return None if applies else why


def sentence(error: ContentError) -> str:
    """The faults of a rule as one plain sentence, without the file and line of what was written in one line."""
    return "; ".join(fault.mend for fault in error.faults)
