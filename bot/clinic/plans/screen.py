"""What the screen of a change is made of: the plan as it stands, the choices, the form, and the before and after."""

from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _

from bot.clinic.dates import written
from bot.clinic.here import here, now, services
from bot.clinic.plans.forms import FORMS, ChangeForm
from bot.clinic.plans.history import Past, history
from bot.clinic.plans.meanwhile import changed
from bot.clinic.plans.offers import Offers
from bot.clinic.plans.shown import Shown
from bot.clinic.plans.words import GATES, KINDS, STATES, UNDO, change_in_words, event_in_words
from scheduler.plan.calendar import Kind
from scheduler.standing import stand
from store import plans
from store.database import Tx
from store.plans import Plan

_COMING = 8
_TOLD = {Kind.TREATMENT, Kind.PAIRED, Kind.PHASE, Kind.WAITING, Kind.FINISHED}


def own_plan(tx: Tx, plan_id: int) -> Plan:
    """The plan of this id, where it is this clinic's; else the page is not found."""
    plan = plans.get_plan(tx, plan_id)
    if plan is None or plan.clinic_id != here().clinic.id:
        abort(404)
    return plan


def offers_of(tx: Tx, plan_id: int) -> Offers:
    """What can be chosen for a plan of this clinic. Raises NotChanged where it can be changed no more."""
    own_plan(tx, plan_id)
    standing = stand(tx, now(), here().entry, plan_id, to_write=False)
    return Offers(standing, services().library, here().entry)


def common(offers: Offers) -> dict[str, Any]:
    """What every page about a plan shows of it."""
    standing = offers.standing
    return {
        "offers": offers,
        "standing": standing,
        "plan": standing.plan,
        "patient": standing.patient,
        "regimen": standing.calendar.regimen,
        "zone": here().clinic.timezone,
        "today": standing.today,
        "states": STATES,
        "written": written,
    }


def page(
    tx: Tx, offers: Offers, form: ChangeForm | None, seen: Shown | None, *, fault: str = "", is_conflict: bool = False
) -> str:
    """The whole screen, with the form of one kind of change or none. ``fault``: why it was not made."""
    shown = {} if form is None else pane(tx, offers, form, seen, fault=fault, is_conflict=is_conflict)
    past = history(tx, offers.standing.plan.id, offers.had)
    return render_template(
        "plans/change.html",
        **(common(offers) | {"form": None} | shown),
        kinds=KINDS,
        undo=UNDO,
        others=[kind for kind in FORMS if kind not in offers.fitting and kind != UNDO],
        coming=_coming(offers),
        history=past,
        last_change=_last_change(offers, past),
    )


def pane(
    tx: Tx, offers: Offers, form: ChangeForm, seen: Shown | None, *, fault: str = "", is_conflict: bool = False
) -> dict[str, Any]:
    """The before and after alone, and what is asked before the change is made."""
    version = offers.standing.plan.version
    is_older = form.is_submitted() and form.expected_version != version
    is_conflict = is_conflict or is_older
    if not request.headers.get("HX-Request"):
        # A whole page shows the plan as it is now; a part of one belongs to the page that it stands on.
        form.version.data = str(version)
        is_older = False
    return {
        "offers": offers,
        "plan": offers.standing.plan,
        "zone": here().clinic.timezone,
        "form": form,
        "seen": seen,
        "called": "" if seen is None else called(form, offers),
        "sentence": "" if seen is None else _sentence(form, offers),
        "fault": fault,
        "meanwhile": changed(tx, offers) if is_conflict else None,
        "is_conflict": is_conflict,
        "is_older": is_older,
        "gates": GATES,
        "written": written,
    }


def called(form: ChangeForm, offers: Offers) -> str:
    """The change as one line, by which it is known again."""
    if form.kind != UNDO:
        return str(form.change())
    return f"{UNDO} {offers.last_change}"


def _sentence(form: ChangeForm, offers: Offers) -> str:
    if form.kind != UNDO:
        return change_in_words(form.change(), offers.had)
    if offers.last_change is None:
        return ""
    return str(_("Taken back: %(change)s", change=change_in_words(offers.last_change, offers.had)))


def _last_change(offers: Offers, past: list[Past]) -> Past | None:
    """The change that an undo takes back, with who made it and when."""
    if offers.last_change is None:
        return None
    said = change_in_words(offers.last_change, offers.had)
    return next((each for each in past if each.said == said), None)


def _coming(offers: Offers) -> list[tuple[Any, str]]:
    told = _TOLD if len(offers.titles) > 1 else _TOLD - {Kind.PHASE}
    found = [event for event in offers.coming if event.kind in told]
    return [(event.date, event_in_words(event, offers.titles)) for event in found[:_COMING]]
