"""The alerts of a clinic: seeing, taking and closing them."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.alerts import cards
from bot.clinic.alerts.cards import MOST_CLOSED, Card
from bot.clinic.here import here, now, services
from bot.clinic.live import conditional
from bot.clinic.numbers import row_number
from bot.clinic.people import with_names
from scheduler import alerts
from scheduler.alerts import SeenAlready

routes = Blueprint("alerts", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/alerts")

LONGEST_NOTE = 2000


@routes.get("")
def page(clinic_id: int) -> str:
    """Every open alert as a card, and those that were closed last."""
    before = request.args.get("before", None, row_number)
    with services().database.reading() as tx:
        waiting = cards.open_cards(tx, clinic_id)
        closed = cards.closed_cards(tx, clinic_id, before)
    return render_template(
        "alerts/page.html", waiting=waiting, closed=closed, more=len(closed) == MOST_CLOSED, now=now()
    )


@routes.get("/live")
def live(clinic_id: int) -> AnyResponse:
    """The open ones alone, as they are now."""
    with services().database.reading() as tx:
        waiting = cards.open_cards(tx, clinic_id)
    body = render_template("alerts/_open.html", waiting=waiting, now=now())
    return conditional(body, body.replace(generate_csrf(), ""))


@routes.get("/badge")
def badge(clinic_id: int) -> AnyResponse:  # noqa: ARG001 - `here` has the clinic
    """How many nobody has seen, for the head of every page."""
    return conditional(render_template("alerts/_badge.html"))


@routes.get("/<int:alert_id>")
def one(clinic_id: int, alert_id: int) -> str:
    """One alert."""
    return _one(clinic_id, alert_id)


@routes.post("/<int:alert_id>/seen")
def seen(clinic_id: int, alert_id: int) -> AnyResponse:
    """Somebody takes it. The page says since when it rang: a text that came later has to be read first."""
    card = _card(clinic_id, alert_id)
    at = now()
    try:
        with services().database.writing() as tx:
            taken = alerts.see(tx, at, card.alert, _rung_at(), here().actor)
            alerts.tell_seen(tx, at, here().clinic, taken, here().account.name, here().actor)
    except SeenAlready as error:
        there = _card(clinic_id, alert_id).alert
        if (there.state, there.seen_by) != ("open", here().actor):
            flash(with_names(error), "error")
            return redirect(url_for("alerts.page"), 303)
        # A button pressed twice: it is theirs, as they meant.
    flash(_("You have this alert. Its clock stops climbing; close it when it is done."))
    return redirect(url_for("alerts.page"), 303)


@routes.post("/<int:alert_id>/close")
def close(clinic_id: int, alert_id: int) -> AnyResponse | tuple[str, int]:
    """It is done; the note says what came of it."""
    card = _card(clinic_id, alert_id)
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    if not note:
        fault = _("Write in a few words what came of it: whoever reads it later was not there.")
        return _one(clinic_id, alert_id, fault=fault), 422
    if card.alert.state == "open" and card.alert.rung_at != _rung_at():
        return _one(clinic_id, alert_id, note, _("Another text came from this number: read it first.")), 409
    at = now()
    try:
        with services().database.writing() as tx:
            alerts.close(tx, at, card.alert, here().actor, note)
    except SeenAlready as error:
        there = _card(clinic_id, alert_id).alert
        if (there.closed_by, there.note) != (here().actor, note):
            return _one(clinic_id, alert_id, note, with_names(error)), 409
        # A button pressed twice: it is closed, as they meant.
    flash(_("Closed."))
    return redirect(url_for("alerts.page"), 303)


def _one(clinic_id: int, alert_id: int, note: str = "", fault: str = "") -> str:
    """The page of an alert as it is now, with the ``note`` that somebody has written and why it is not kept."""
    return render_template("alerts/one.html", card=_card(clinic_id, alert_id), now=now(), note=note, fault=fault)


def _card(clinic_id: int, alert_id: int) -> Card:
    with services().database.reading() as tx:
        found = cards.one_card(tx, clinic_id, alert_id)
    if found is None:
        abort(404)
    return found


def _rung_at() -> datetime:
    try:
        return datetime.fromisoformat(request.form.get("rung_at", "")).astimezone(UTC)
    except ValueError:
        abort(400)
