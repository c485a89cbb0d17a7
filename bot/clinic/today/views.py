"""The first screen of the day: what is open."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import here, now, services
from bot.clinic.live import conditional
from store import follow_ups

routes = Blueprint("today", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/today")


@routes.get("")
def page(clinic_id: int) -> str:
    """The whole screen."""
    return render_template("today/page.html", **_parts(clinic_id))


@routes.get("/live")
def live(clinic_id: int) -> AnyResponse:
    """What changes by itself."""
    return conditional(render_template("today/_open.html", **_parts(clinic_id)))


def _parts(clinic_id: int) -> dict[str, object]:
    with services().database.reading() as tx:
        waiting = follow_ups.open_ones(tx, clinic_id)
    return {"waiting": waiting, "now": now(), "zone": here().clinic.timezone}
