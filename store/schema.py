"""All tables of this release: importing the modules that define them puts them into the metadata."""

from store import (  # noqa: F401
    alarms,
    audit,
    clinics,
    confirmations,
    consents,
    contacts,
    follow_ups,
    forecasts,
    health,
    jobs,
    keys,
    messages,
    notices,
    on_call,
    outages,
    overrides,
    passkeys,
    patients,
    plan_changes,
    plan_events,
    plan_holds,
    plans,
    reminder_rules,
    replanning,
    reporting,
    retention,
    rota,
    senders,
    sign_offs,
    staff,
    threads,
    whatsapp,
)
from store.columns import metadata

__all__ = ["metadata"]
