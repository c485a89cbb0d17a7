"""Who is asking, and for which clinic: found once for a request, before its view runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic import unsent
from bot.clinic.access import ANYBODY, RIGHTS, ROUTES, SIGNED_IN, WITH_ANY_PASSWORD, Right
from bot.clinic.accounts import Account
from bot.services import Services
from scheduler.directory import Directory
from store import console_today, staff
from store.clinic_entry import Clinic, ClinicEntry
from store.console_today import OpenAlerts
from store.database import Tx
from store.staff import Role


@dataclass(frozen=True, slots=True)
class Here:
    """The person, their role in the clinic of the address, that clinic, and its alerts, which every page tells of.

    ``people``: name and role of whoever works there, by their address.
    """

    account: Account
    role: Role
    entry: ClinicEntry
    alerts: OpenAlerts
    people: Mapping[str, tuple[str, Role]]

    @property
    def clinic(self) -> Clinic:
        """The clinic of the address."""
        return self.entry.clinic

    @property
    def actor(self) -> str:
        """As whom the audit names them."""
        return self.account.email

    def may(self, right: Right | str) -> bool:
        """Whether their role may do this here."""
        return right in RIGHTS[self.role]


def services() -> Services:
    """What this process is made of."""
    return cast(Services, current_app.extensions["immunotext"])


def here() -> Here:
    """Who is asking, in a route of a clinic."""
    return cast(Here, g.here)


def account() -> Account:
    """Who is asking, in a route about themselves."""
    return cast(Account, current_user)


def now() -> datetime:
    """The time that patients live in: one moment for the whole of a request."""
    if "now" not in g:
        g.now = services().clock()
    return cast(datetime, g.now)


def known_clinics(tx: Tx) -> Mapping[int, ClinicEntry]:
    """Every clinic by its id, as this transaction sees them."""
    lock, directory = cast(tuple[Lock, Directory], current_app.extensions["clinics"])
    with lock:
        return directory.fresh(tx)


def guard(app: Flask) -> None:
    """Lets nobody reach a view but who may."""
    app.extensions["clinics"] = (Lock(), Directory())

    @app.before_request
    def admit() -> AnyResponse | None:
        if request.endpoint is None:
            return None  # no such page: 404 for everybody alike
        needed = ROUTES.get(request.endpoint)
        if needed is None:
            abort(404)
        if request.endpoint not in WITH_ANY_PASSWORD and current_user.is_authenticated and account().password_given:
            return _elsewhere(url_for("security.change_password"))
        if needed == ANYBODY:
            return None
        if not current_user.is_authenticated:
            return _sign_in()
        if needed == SIGNED_IN:
            return None
        now()  # before the view begins a transaction: the demo's clock is read in one of its own
        g.here = _find(account(), int((request.view_args or {})["clinic_id"]))
        if not here().may(needed):
            abort(403)
        return None


def _find(asking: Account, clinic_id: int) -> Here:
    with services().database.reading() as tx:
        roles = {member.clinic_id: member.role for member in staff.memberships(tx, asking.id)}
        if clinic_id not in roles:
            abort(404)
        entry = known_clinics(tx)[clinic_id]
        alerts = console_today.open_alerts(tx, clinic_id)
        people = staff.names(tx, clinic_id)
    return Here(asking, roles[clinic_id], entry, alerts, people)


def _sign_in() -> AnyResponse:
    if request.headers.get("HX-Request"):
        return _elsewhere(url_for("security.login"))
    if page := unsent.kept():
        return Response(page, 401)
    goal = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return _elsewhere(url_for("security.login", next=goal))


def _elsewhere(address: str) -> AnyResponse:
    if request.headers.get("HX-Request"):
        # What htmx fetched by itself would put the other page into the middle of this one.
        return Response("", 401, {"HX-Redirect": address})
    return redirect(address, 303)
