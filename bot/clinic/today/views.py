"""The first screen of the day: what is on, what is open, and what will be."""

from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.here import here, now, services
from bot.clinic.library.waiting import waiting
from bot.clinic.live import conditional
from bot.clinic.people import with_names
from bot.clinic.today.sheet import read_quiet, read_sheet
from scheduler import tasks
from scheduler.tasks import OWN_DOORS, DoneAlready, NotedMeanwhile
from store import console_today, follow_ups
from store.follow_ups import FollowUp

routes = Blueprint("today", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/today")

LONGEST_NOTE = 2000


@routes.get("")
def page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """The whole screen."""
    with services().database.reading() as tx:
        second = [each for each in waiting(tx) if each.by != here().actor] if here().may(Right.MANAGE) else []
    return render_template("today/page.html", **_parts(), **_quiet(), second=second)


@routes.get("/live")
def live(clinic_id: int) -> AnyResponse:  # noqa: ARG001 - the clinic is `here().clinic`
    """What changes by itself."""
    return conditional(render_template("today/_open.html", **_parts()))


@routes.get("/huddle")
def huddle(clinic_id: int) -> str:  # noqa: ARG001
    """One sheet of paper for the morning huddle."""
    return render_template("today/huddle.html", **_parts(), **_quiet())


@routes.get("/waiting/<int:task_id>")
def task(clinic_id: int, task_id: int) -> AnyResponse | str:
    """One thing that waits, to note something or to say that it is done."""
    found = _task(clinic_id, task_id)
    if found.kind == "danger":
        return redirect(url_for("alerts.one", alert_id=task_id), 303)
    if found.kind == "join" and found.state == "open":
        return redirect(url_for("enrol.page"), 303)
    return _one(found)


@routes.post("/waiting/<int:task_id>")
def settle(clinic_id: int, task_id: int) -> AnyResponse | tuple[str, int]:
    """Notes something, or says that it is done."""
    found = _task(clinic_id, task_id)
    if found.kind in OWN_DOORS:
        abort(404)
    words, is_done = request.form.get("note", "").strip()[:LONGEST_NOTE], "done" in request.form
    was = request.form.get("was", "").strip()
    if not words and not is_done:
        return _one(found, fault=_("Write what there is to say, or mark it as done.")), 422
    at = now()
    try:
        with services().database.writing() as tx:
            if not is_done:
                tasks.note(tx, at, replace(found, note=was), here().actor, words)
            else:
                tasks.close(tx, at, replace(found, note=was), here().actor, "" if words == was else words)
    except (DoneAlready, NotedMeanwhile) as error:
        there = _task(clinic_id, task_id)
        is_mine = there.closed_by == here().actor if is_done else there.state == "open"
        if not is_mine or (words or was) != (there.note or ""):
            return _one(there, words, with_names(error)), 409
        # A button pressed twice: it stands there as they meant.
    flash(_("Done.") if is_done else _("Noted. It stays on the list."))
    return redirect(url_for("today.page"), 303)


def _one(task: FollowUp, words: str = "", fault: str = "") -> str:
    """The page of what waits, with the ``words`` that somebody has written and why they are not kept."""
    with services().database.reading() as tx:
        people = console_today.people(tx, here().clinic.id, [task.patient_id] if task.patient_id else [])
    return render_template("today/task.html", task=task, who=people.get(task.patient_id or 0), words=words, fault=fault)


def _task(clinic_id: int, task_id: int) -> FollowUp:
    with services().database.reading() as tx:
        found = follow_ups.get_follow_up(tx, clinic_id, task_id)
    if found is None:
        abort(404)
    return found


def _parts() -> dict[str, object]:
    at = now()
    with services().database.reading() as tx:
        sheet = read_sheet(tx, at, here().entry)
    return {"sheet": sheet, "now": at, "zone": here().clinic.timezone}


def _quiet() -> dict[str, object]:
    at = now()
    with services().database.reading() as tx:
        return {"quiet": read_quiet(tx, at, here().clinic)}
