"""What every page of the console has: its navigation, filters for its words, and addresses that know their clinic."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g
from flask_babel import LazyString, get_locale, lazy_gettext
from flask_security import current_user

from bot import demo
from bot.clinic import dates, names
from bot.clinic.access import ROUTES, Right
from bot.clinic.dangers import worst_and_newest
from bot.clinic.details import detail_in_words
from bot.clinic.harmless import apart
from bot.clinic.here import services
from bot.clinic.live import etag
from bot.clinic.meanings import taken_for
from bot.clinic.numbers import RowNumber
from bot.clinic.people import person_shown
from bot.clinic.regimen_names import items_in_words, regimen_name, words_of_file
from bot.clinic.sentences import in_words
from scheduler.alerts import overdue_at
from scheduler.consent import WHY_OUT


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the navigation: its route, its name, and the key that leads there after `g`."""

    endpoint: str
    name: LazyString
    key: str


PLACES = (
    Place("today.page", lazy_gettext("Today"), "t"),
    Place("alerts.page", lazy_gettext("Alerts"), "a"),
    Place("inbox.page", lazy_gettext("Inbox"), "i"),
    Place("patients.page", lazy_gettext("Patients"), "p"),
    Place("enrol.page", lazy_gettext("Enrol"), "e"),
    Place("closures.page", lazy_gettext("Closures"), "c"),
    Place("library.page", lazy_gettext("Content"), "l"),
    Place("reports.page", lazy_gettext("Reports"), "r"),
    Place("settings.page", lazy_gettext("Settings"), "s"),
    Place("audit.page", lazy_gettext("Audit"), "u"),
)

NAMES = {
    "role_name": names.role_name,
    "kind_name": names.kind_name,
    "text_state_name": names.text_state_name,
    "plan_state_name": names.plan_state_name,
    "event_name": names.event_name,
    "consent_name": names.consent_name,
    "opt_out_name": names.opt_out_name,
    "regimen_name": regimen_name,
    "items_in_words": items_in_words,
    "taken_for": taken_for,
    "MARKS": names.MARKS,
    "ROTA_STEPS": names.ROTA_STEPS,
    "WHY_OUT": WHY_OUT,
    "overdue_at": overdue_at,
}
"""What templates call things by, and when what rings is overdue."""


def furnish(app: Flask) -> None:
    """Gives templates what every page has, and lets addresses name their clinic by themselves.

    Before any route is added: their numbers are read as rows of the database.
    """
    app.url_map.converters["int"] = RowNumber

    @app.url_defaults
    def same_clinic(endpoint: str, values: dict[str, Any]) -> None:
        if "clinic_id" not in values and "here" in g and app.url_map.is_endpoint_expecting(endpoint, "clinic_id"):
            values["clinic_id"] = g.here.clinic.id

    @app.context_processor
    def furniture() -> dict[str, Any]:
        asking = g.get("here")
        return {
            "here": asking,
            "made_at": g.get("now"),
            "places": [] if asking is None else [place for place in PLACES if _leads_there(asking, place)],
            "Right": Right,
            "me": current_user,
            "demo": services().settings.demo,
        }

    app.jinja_env.globals.update(view_functions=app.view_functions, **NAMES, get_locale=get_locale)
    app.jinja_env.globals.update(demo_staff=demo.STAFF, demo_password=demo.PASSWORD)
    app.jinja_env.filters.update(day=dates.day, moment=dates.moment, clock=dates.clock, time=dates.time_of_day)
    app.jinja_env.filters.update(in_words=in_words, detail_in_words=detail_in_words, apart=apart, etag=etag)
    app.jinja_env.filters.update(person=person_shown, worst_and_newest=worst_and_newest, of_file=words_of_file)


def _leads_there(asking: Any, place: Place) -> bool:
    return place.endpoint in current_app.view_functions and asking.may(ROUTES[place.endpoint])
