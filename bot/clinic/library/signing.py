"""Signing off the content and regimens, by two people where the clinic wants two, and what changed since."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, now, services
from bot.clinic.library.blueprint import routes
from bot.clinic.library.waiting import waiting
from bot.clinic.sentences import in_words
from content import comparing
from content.check import reviews_needed
from scheduler import sign_offs as door
from scheduler.plan.local_time import to_local
from scheduler.sign_offs import NotSigned
from store import sign_offs
from store.sign_offs import Proposal


def state() -> dict[str, Any]:
    """Where the clinic stands with the content: what it signed, what waits for a second person, who did so before."""
    with services().database.reading() as tx:
        history = sign_offs.content_history(tx, here().clinic.id)
        proposals = door.waiting(tx, services().library, here().clinic.id)
        everything = waiting(tx)
    version = services().library.version
    return {
        "version": version,
        "history": history,
        "is_current": bool(history) and history[0].version == version,
        "proposal": next((each for each in proposals if each.regimen_id is None), None),
        "others_waiting": [each for each in everything if each.address != url_for("library.page")],
        "may_sign": here().may(Right.MANAGE),
        "may_propose": here().may(Right.CARE),
    }


@routes.get("/changes")
def changes(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """What differs from the version that the clinic signed, and what still waits for a person's eye."""
    library, stands = services().library, state()
    signed = stands["history"][0] if stands["history"] else None
    kept = None
    if signed is not None and not stands["is_current"]:
        with services().database.reading() as tx:
            kept = sign_offs.kept_text(tx, signed.version)
    found = [] if kept is None else comparing.differences(kept, comparing.written_out(library))
    today = to_local(now(), here().clinic.timezone).date()
    return render_template(
        "library/changes.html",
        signed=signed,
        is_kept=kept is not None,
        differences=found,
        reviews=reviews_needed(library, today),
        **stands,
    )


@routes.post("/sign")
def propose(clinic_id: int) -> AnyResponse:  # noqa: ARG001 - the clinic is `here().clinic`
    """Proposes the sign-off of the content, or gives it where the clinic needs one person."""
    return propose_of(None)


@routes.post("/sign/<int:proposal_id>")
def approve(clinic_id: int, proposal_id: int) -> AnyResponse:  # noqa: ARG001
    """The second person's sign-off."""
    proposal = None
    try:
        with services().database.writing() as tx:
            proposal = door.approve(tx, now(), services().library, here().clinic, proposal_id, here().actor)
    except LookupError:
        abort(404)
    except NotSigned as error:
        flash(in_words(error), "error")
    else:
        flash(_("Signed off."))
    return _back(proposal or _proposal(proposal_id))


@routes.post("/sign/<int:proposal_id>/take-back")
def take_back(clinic_id: int, proposal_id: int) -> AnyResponse:  # noqa: ARG001
    """Takes a proposal off the table."""
    proposal = None
    try:
        with services().database.writing() as tx:
            proposal = door.take_back(tx, now(), here().clinic, proposal_id, here().actor)
    except LookupError:
        abort(404)
    except NotSigned as error:
        flash(in_words(error), "error")
    else:
        flash(_("Taken back. Nothing is signed off by it."))
    return _back(proposal or _proposal(proposal_id))


def propose_of(regimen_id: str | None) -> AnyResponse:
    """Proposes a sign-off, and goes back to what it is of."""
    try:
        with services().database.writing() as tx:
            signed = door.propose(
                tx,
                now(),
                services().library,
                here().clinic,
                regimen_id,
                here().actor,
                may_sign=here().may(Right.MANAGE),
            )
    except NotSigned as error:
        flash(in_words(error), "error")
    else:
        flash(_("Signed off.") if signed else _("Proposed. It counts when a second person has read it and approved."))
    return _to(regimen_id)


def _proposal(proposal_id: int) -> Proposal | None:
    with services().database.reading() as tx:
        return sign_offs.get_proposal(tx, here().clinic.id, proposal_id)


def _back(proposal: Proposal | None) -> AnyResponse:
    return _to(None if proposal is None else proposal.regimen_id)


def _to(regimen_id: str | None) -> AnyResponse:
    if regimen_id is None:
        return redirect(url_for("library.page"), 303)
    return redirect(url_for("library.regimen", regimen_id=regimen_id), 303)
