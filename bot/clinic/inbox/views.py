"""The list of conversations."""

from flask import render_template, request
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import here, now, services
from bot.clinic.inbox import listing
from bot.clinic.inbox.blueprint import routes
from bot.clinic.live import conditional
from bot.clinic.numbers import row_number

SHOWS = ("open", "mine", "all")


@routes.get("")
def page(clinic_id: int) -> str:
    """What is open on top; `show` has one's own or everybody's instead."""
    return render_template("inbox/page.html", **_listed(clinic_id))


@routes.get("/live")
def live(clinic_id: int) -> AnyResponse:
    """The rows alone, as they are now."""
    return conditional(render_template("inbox/_rows.html", **_listed(clinic_id)))


def _listed(clinic_id: int) -> dict[str, object]:
    at, before = now(), request.args.get("before", None, row_number)
    show = request.args.get("show", SHOWS[0])
    show = show if show in SHOWS else SHOWS[0]
    with services().database.reading() as tx:
        if show == "all":
            found = listing.everybody(tx, at, clinic_id, before)
        elif show == "mine":
            found = listing.of_user(tx, at, clinic_id, here().account.id)
        else:
            found = listing.open_ones(tx, at, clinic_id)
    return {"listing": found, "show": show, "before": before, "zone": here().clinic.timezone}
