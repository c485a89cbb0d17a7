"""The settings of a clinic: its own, its numbers, its people."""

import secrets
from collections.abc import Mapping
from typing import Any

from argon2 import PasswordHasher
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import here, now, services
from bot.clinic.languages import LANGUAGES
from bot.clinic.sentences import in_words
from bot.clinic.settings.fields import typed
from bot.clinic.settings.forms import ClinicForm, JoinCodeForm, PersonForm, RoleForm, changes, seen_as
from bot.clinic.settings.meanwhile import meanwhile, on_your_page
from bot.clinic_rules import WrongSettings, ask_two_again, checked, people_of
from scheduler.duties.escalation import STEPS
from store import audit, clinics, staff
from store.clinic_entry import Clinic
from store.clinics import JoinCodeTaken
from store.staff import User

routes = Blueprint("settings", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/settings")

Answer = AnyResponse | str | tuple[str, int]

# Short words that are read out without a doubt; six of them have some 40 bits.
_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u")]


@routes.get("")
def page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """The clinic."""
    return _clinic_page(_shown(here().clinic), was=seen_as(here().clinic))


@routes.post("")
def save(clinic_id: int) -> Answer:
    """Changes the clinic's settings. What somebody else saved since the page was opened is shown, not written over."""
    form, was, at = ClinicForm(), request.form.get("was", ""), now()
    form.offer(services().library, here().clinic)
    if not form.validate():
        return _clinic_page(form, was=was), 422
    try:
        with services().database.writing() as tx:
            clinics.lock_clinic(tx, clinic_id)
            there = clinics.find_clinic(tx, clinic_id) or here().clinic
            wanted = changes(there, form.wanted())
            is_older = bool(wanted) and was != seen_as(there)
            fields = {} if is_older else checked(services().library, wanted, there, people=people_of(tx, clinic_id))
            if fields:
                clinics.set_clinic(tx, at, clinic_id, **fields)
                audit.record(tx, at, clinic_id, here().actor, "change", "clinic", clinic_id, sorted(fields))
    except WrongSettings as error:
        for field, sentence in error.faults.items():
            form[field].errors = [in_words(sentence)]
        return _clinic_page(form, was=was), 422
    if is_older:
        return _saved_meanwhile(there, {name: typed(form[name]) for name in wanted}), 409
    if fields:
        flash(_("Saved."))
        if fields.keys() & {"open_weekdays", "closed_on", "snap"}:
            flash(_("Whoever is enrolled already keeps their dates. Use Closures to move those of a day."))
    return redirect(url_for("settings.page"), 303)


@routes.post("/join-code")
def join_code(clinic_id: int) -> Answer:
    """Sets or removes the code that patients text after JOIN."""
    form = JoinCodeForm()
    if not form.validate():
        return _with_code(form), 422
    at, wanted = now(), (form.code.data or "").upper()
    try:
        with services().database.writing() as tx:
            clinics.lock_clinic(tx, clinic_id)
            there = clinics.find_clinic(tx, clinic_id) or here().clinic
            is_older = (there.join_code or "") not in (form.was.data or "", wanted)
            if not is_older and wanted != (there.join_code or ""):
                clinics.set_join_code(tx, at, clinic_id, wanted or None)
                audit.record(tx, at, clinic_id, here().actor, "change", "clinic", clinic_id, ["join_code"])
    except JoinCodeTaken:
        form.code.errors = [_("Another clinic has this join code: choose another.")]
        return _with_code(form), 422
    if is_older:
        form.show(there)
        form.code.errors = [on_your_page(wanted or "-")]
        return _with_code(form, meanwhile=meanwhile({"join_code"}, lambda _field: str(form.code.label.text))), 409
    flash(_("Saved."))
    return redirect(url_for("settings.page"), 303)


@routes.get("/people")
def people(clinic_id: int) -> str:  # noqa: ARG001
    """Who works here."""
    return _people_page(PersonForm())


@routes.post("/people")
def add_person(clinic_id: int) -> Answer:
    """Somebody new; who works for another clinic already keeps their way to sign in."""
    form = PersonForm()
    if not form.validate():
        return _people_page(form), 422
    at, password = now(), None
    with services().database.writing() as tx:
        person = staff.find_user(tx, form.email.data)
        if person is None:
            password = "-".join("".join(secrets.choice(_SYLLABLES) for _ in range(3)) for _ in range(4))
            person = staff.add_user(tx, at, form.email.data, form.name.data.strip(), PasswordHasher().hash(password))
        works_here = any(member.clinic_id == clinic_id for member in staff.memberships(tx, person.id))
        if not works_here:
            staff.add_membership(tx, person.id, clinic_id, form.role.data)
            audit.record(tx, at, clinic_id, here().actor, "add", "user", person.id, ["email", "name", "role"])
        two_again = ask_two_again(tx, at, clinic_id, here().actor)
    if works_here:
        form.email.errors = [_("They work here already.")]
        return _people_page(form), 422
    if two_again:
        _tell_of_two()
    return _people_page(PersonForm(formdata=None), added=person, password=password)


@routes.post("/people/<int:user_id>")
def change_person(clinic_id: int, user_id: int) -> Answer:
    """Another role, or the end of their work here; never the last administrator's."""
    form = RoleForm()
    at = now()
    with services().database.writing() as tx:
        working = {user.id: role for user, role in staff.members(tx, clinic_id)}
        if user_id not in working:
            abort(404)
        if not form.validate():
            abort(422)
        administrators = [number for number, role in working.items() if role == "administrator"]
        stays = form.role.data == "administrator" and not form.leaves.data
        if administrators == [user_id] and not stays:
            flash(_("A clinic needs an administrator: make somebody else one first."), "error")
            return redirect(url_for("settings.people"), 303)
        if form.leaves.data:
            staff.remove_membership(tx, user_id, clinic_id)
        else:
            staff.add_membership(tx, user_id, clinic_id, form.role.data)
        action = "remove" if form.leaves.data else "change"
        audit.record(tx, at, clinic_id, here().actor, action, "user", user_id, ["role"])
        two_again = ask_two_again(tx, at, clinic_id, here().actor)
    flash(_("Saved."))
    if two_again:
        _tell_of_two()
    return redirect(url_for("settings.people"), 303)


@routes.get("/senders")
def senders(clinic_id: int) -> str:  # noqa: ARG001
    """The numbers and services that the clinic texts from."""
    return render_template("settings/senders.html", senders=here().entry.senders)


@routes.post("/senders/<int:sender_id>/resume")
def resume(clinic_id: int, sender_id: int) -> Answer:
    """Lets a sender that was stopped text again."""
    if sender_id not in {sender.id for sender in here().entry.senders}:
        abort(404)
    at = now()
    with services().database.writing() as tx:
        if clinics.resume_sender(tx, at, sender_id):
            audit.record(tx, at, clinic_id, here().actor, "resume", "sender", sender_id)
    flash(_("It texts again. What waited for it goes out by its rate."))
    return redirect(url_for("settings.senders"), 303)


def _tell_of_two() -> None:
    flash(_("From now on it takes two people to change what patients read: one proposes, another one approves."))


def _with_code(code: JoinCodeForm, **more: Any) -> str:
    return _clinic_page(_shown(here().clinic), code, was=seen_as(here().clinic), **more)


def _shown(clinic: Clinic) -> ClinicForm:
    form = ClinicForm(formdata=None)
    form.offer(services().library, clinic)
    form.show(clinic)
    return form


def _saved_meanwhile(there: Clinic, theirs: Mapping[str, str]) -> str:
    """The page as the clinic is now; ``theirs``: what the older page had in the fields that differ, by name."""
    form = _shown(there)
    for name, what in theirs.items():
        form[name].errors = [on_your_page(what)]
    newest = meanwhile(form.fields(), lambda name: str(form[name].label.text))
    return _clinic_page(form, was=seen_as(there), meanwhile=newest)


def _clinic_page(form: ClinicForm, code: JoinCodeForm | None = None, *, was: str, **more: Any) -> str:
    if code is None:
        code = JoinCodeForm(formdata=None)
        code.show(here().clinic)
    return render_template(
        "settings/clinic.html",
        form=form,
        code=code,
        missing=[_(each) for each in here().entry.missing()],
        usual=services().library.thresholds(here().clinic.country),
        steps=STEPS,
        LANGUAGES=LANGUAGES,
        was=was,
        **more,
    )


def _people_page(form: PersonForm, *, added: User | None = None, password: str | None = None) -> str:
    with services().database.reading() as tx:
        working = staff.members(tx, here().clinic.id)
    return render_template("settings/people.html", form=form, working=working, added=added, password=password)
