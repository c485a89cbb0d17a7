"""The way in: to the only clinic at once, else to a choice; and the page about oneself."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import account, known_clinics, services
from bot.clinic.languages import LANGUAGES
from store import audit, staff

routes = Blueprint("home", __name__, template_folder="templates")


@routes.get("/")
def clinics() -> AnyResponse | str:
    """The clinics of who is signed in; where there is one, its first screen."""
    with services().database.reading() as tx:
        known = known_clinics(tx)
        mine = [(known[member.clinic_id].clinic, member.role) for member in staff.memberships(tx, account().id)]
    if len(mine) == 1:
        return redirect(url_for("today.page", clinic_id=mine[0][0].id), 303)
    return render_template("home/clinics.html", mine=mine)


@routes.get("/account/session")
def session() -> dict[str, object]:
    """Who is signed in, and the token of their session: for a page that was made in one before it."""
    return {"person": account().id, "token": generate_csrf()}


@routes.get("/account", endpoint="account")
def page() -> str:
    """One's name, language and ways to sign in."""
    return render_template("home/account.html", languages=LANGUAGES)


@routes.post("/account")
def set_account() -> AnyResponse | tuple[str, int]:
    """One's name and the language of the console."""
    name = " ".join(request.form.get("name", "").split())[:100]
    language = request.form.get("language", "") or None
    if not name or (language is not None and language not in LANGUAGES):
        return render_template("home/account.html", languages=LANGUAGES, fault=_("Write your name.")), 422
    now = services().clock()
    with services().database.writing() as tx:
        staff.set_user(tx, account().id, name=name, language=language)
        audit.record(tx, now, None, account().email, "set", "user", account().id, ["name", "language"])
    flash(_("Saved."))
    return redirect(url_for("home.account"), 303)
