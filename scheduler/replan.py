"""Planning anew for many at once, since their clinic's rules or the world's clocks changed: a slice at a time.

Texts keep the local time that they are meant for; new zone data move the instant. What is due is planned again for each
patient, and what waits for a later hour is looked at by the gates again, which know by which clock it is too early.
"""

import zoneinfo
from contextlib import suppress
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from scheduler.plan.telling import rules_of
from scheduler.planned import PlanUnreadable, calendar_of, overrides
from store import outbox, plans, replanning
from store.database import Tx
from store.plans import Plan

LONGEST_SHIFT = timedelta(hours=3)
"""New zone data move the clocks of a day by no more."""


def zone_data_version() -> str:
    """Which zone data this process reads: those of the system where it has any, else those that came with it."""
    for folder in zoneinfo.TZPATH:
        for name in ("+VERSION", "tzdata.zi"):
            file = Path(folder) / name
            if file.is_file():
                with file.open(encoding="utf-8", errors="replace") as lines:
                    return lines.readline().removeprefix("# version").strip()
    return metadata.version("tzdata")


def note_zone_data(tx: Tx, now: datetime, version: str) -> bool:
    """Has everybody planned for anew where texts were planned by other zone data; whether that is so."""
    known = replanning.known_zone_data(tx)
    if known == version:
        return False
    replanning.note_zone_data(tx, version)
    if known is not None:
        replanning.begin(tx, now, "zones")
    return known is not None


def work_off(tx: Tx, now: datetime, *, limit: int = 200) -> int:
    """Does one slice of what is to be planned anew; returns for how many patients, 0 when nothing is left."""
    while (of := replanning.next_one(tx)) is not None:
        patient_ids = replanning.slice_of(tx, of, limit)
        replanning.done_up_to(tx, of, patient_ids[-1] if len(patient_ids) == limit else None)
        if not patient_ids:
            continue
        if of.reason == "zones":
            replanning.plan_now(tx, now, patient_ids, LONGEST_SHIFT)
            replanning.look_again(tx, now, patient_ids)
        else:
            cancel_untold(tx, now, patient_ids)
            replanning.plan_now(tx, now, patient_ids)
        return len(patient_ids)
    return 0


def cancel_untold(tx: Tx, now: datetime, patient_ids: list[int]) -> None:
    """Cancels what waits to be sent by rules alone that no longer hold for the plans they tell of."""
    waiting = replanning.waiting(tx, patient_ids)
    if not waiting:
        return
    held = {}
    for of_patient in plans.telling_plans_of(tx, patient_ids).values():
        for plan in of_patient:
            with suppress(PlanUnreadable):  # of such a plan nothing is known: what it told is left to the gates
                held[plan.id] = _rules_of(plan)
    for message_id, told in waiting.items():
        if all(plan_id in held and _id(rule) not in held[plan_id] for plan_id, rule in told):
            outbox.drop(tx, now, message_id, "cancelled", "rule_off")


def _rules_of(plan: Plan) -> frozenset[str]:
    """The ids of the rules that hold for a plan. Raises PlanUnreadable."""
    regimen = calendar_of(plan).regimen
    return frozenset(rules_of(regimen, tuple(overrides(plan.rules, regimen.id).items())).by_id)


def _id(rule: str) -> str:
    return rule.partition("/")[0]
