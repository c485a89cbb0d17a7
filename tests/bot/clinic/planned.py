"""The patient whose plan is changed in the console, and a change that fits it."""

from datetime import date, time

from bot.services import Services
from store import plans
from store.patients import Patient
from store.plans import Plan

START, VISITS_AT = date(2026, 5, 11), time(9, 30)
DELAY: dict[str, object] = {"kind": "delay", "cycle": "2", "days": "7", "policy": "reanchor", "version": "1"}


def plan_of(services: Services, patient: Patient) -> Plan:
    """Their plan; of several the newest."""
    with services.database.reading() as tx:
        return plans.all_plans_of(tx, patient.id)[-1]
