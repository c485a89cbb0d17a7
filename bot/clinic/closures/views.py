"""Closed on a day: choose it, see what becomes of each plan, have all visits moved, and look how far that is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.closures.forms import DayForm, OrderForm
from bot.clinic.dates import written
from bot.clinic.here import here, now, services
from bot.clinic.live import conditional
from bot.clinic.numbers import row_number
from scheduler import closing, closure_job
from scheduler.plan.local_time import to_local
from scheduler.previewing import Preview
from store import jobs, patients
from store.database import Tx
from store.jobs import Job
from store.patients import Patient

routes = Blueprint("closures", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/closures")

_UNFIT = 422
_SHOWN = 20
_AT_ONCE = 5
"""So many plans are shown in one part of the page: each takes some 20 ms."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many visits move, move only if somebody answers for it, and cannot move, as far as was looked."""

    move: int = 0
    short: int = 0
    stay: int = 0

    def plus(self, previews: tuple[Preview, ...]) -> "Counts":
        """With some more plans."""
        kinds = [fate(each) for each in previews]
        return Counts(
            self.move + kinds.count("move"), self.short + kinds.count("short"), self.stay + kinds.count("stay")
        )


def fate(preview: Preview) -> str:
    """What becomes of a visit: "move", "short" where somebody must answer for it, "stay"."""
    if not preview.refusals:
        return "move"
    return "short" if all(each.can_be_overridden for each in preview.refusals) else "stay"


@routes.get("")
def page(clinic_id: int) -> str:
    """The closures of before and those under way, and the day for a new one."""
    return _page(clinic_id, DayForm(_today(), formdata=None))


@routes.get("/look")
def look(clinic_id: int) -> str | tuple[str, int]:
    """Who is affected by a closure, a few plans at a time; to htmx the next ones alone."""
    form = DayForm(_today(), formdata=MultiDict(request.args))
    if not form.validate():
        return _page(clinic_id, form), _UNFIT
    parts = _slice(form)
    if request.headers.get("HX-Request"):
        return render_template("closures/_affected.html", **parts)
    ordering = OrderForm(_today(), formdata=None, date=form.date.data, to=form.to.data)
    return render_template("closures/look.html", form=ordering, **parts)


@routes.post("")
def order(clinic_id: int) -> AnyResponse | str | tuple[str, int]:  # noqa: ARG001 - `here` has the clinic
    """Has the scheduler move every visit of the day."""
    form = OrderForm(_today())
    if not form.validate():
        is_day = not (form.date.errors or form.to.errors)
        if not is_day:
            return _page(here().clinic.id, form), _UNFIT
        return render_template("closures/look.html", form=form, **_slice(form)), _UNFIT
    with services().database.writing() as tx:
        job = closure_job.order(
            tx,
            now(),
            here().clinic,
            form.change,
            by=here().actor,
            reason=form.reason.data,
            override=form.override,
            tell=form.tell.data,
        )
    return redirect(url_for("closures.one", job_id=job.id), 303)


@routes.get("/<int:job_id>")
def one(clinic_id: int, job_id: int) -> str:  # noqa: ARG001
    """How far a closure is, and which visits stay."""
    return render_template("closures/one.html", **_one(job_id))


@routes.get("/<int:job_id>/live")
def live(clinic_id: int, job_id: int) -> AnyResponse:  # noqa: ARG001
    """What changes by itself."""
    return conditional(render_template("closures/_progress.html", **_one(job_id)))


def _today() -> date:
    return to_local(now(), here().clinic.timezone).date()


def _page(clinic_id: int, form: DayForm) -> str:
    with services().database.reading() as tx:
        known = [_Closure(job) for job in jobs.jobs_of(tx, clinic_id, closure_job.KIND, _SHOWN)]
    return render_template("closures/page.html", form=form, known=known, may_order=here().may(Right.CARE), **_common())


def _slice(form: DayForm) -> dict[str, Any]:
    """Some of the plans that a closure affects, and where it goes on."""
    after, *before = (request.args.get(name, 0, row_number) for name in ("after", "move", "short", "stay"))
    found = closing.preview_slice(
        services().database, now(), services().library, here().entry, form.change, after, _AT_ONCE
    )
    counts = Counts(*before).plus(found.previews)
    with services().database.reading() as tx:
        named = [(each, fate(each), patients.get_patient(tx, each.patient_id)) for each in found.previews]
    further = None
    if found.after is not None:
        further = url_for(
            "closures.look",
            date=form.change.date.isoformat(),
            to=form.change.to.isoformat(),
            after=found.after,
            move=counts.move,
            short=counts.short,
            stay=counts.stay,
        )
    return {"change": form.change, "affected": named, "counts": counts, "further": further, **_common()}


def _common() -> dict[str, Any]:
    return {"zone": here().clinic.timezone, "written": written}


@dataclass(frozen=True, slots=True)
class _Closure:
    """A job as the pages show it."""

    job: Job

    @property
    def day(self) -> date:
        return date.fromisoformat(self.job.args["date"])

    @property
    def to(self) -> date:
        return date.fromisoformat(self.job.args["to"])

    @property
    def stayed(self) -> int:
        return len(self.job.args["stayed"])

    @property
    def moved(self) -> int:
        return self.job.done - self.stayed

    @property
    def is_over(self) -> bool:
        return self.job.finished_at is not None


def _one(job_id: int) -> dict[str, Any]:
    with services().database.reading() as tx:
        job = jobs.get_job(tx, job_id)
        if job is None or job.clinic_id != here().clinic.id or job.kind != closure_job.KIND:
            abort(404)
        stayed = [(each, _of_clinic(tx, each.patient_id)) for each in closure_job.stayed(job)[:200]]
    return {"closure": _Closure(job), "stayed": stayed, **_common()}


def _of_clinic(tx: Tx, patient_id: int) -> Patient | None:
    found = patients.get_patient(tx, patient_id)
    return found if found is not None and found.clinic_id == here().clinic.id else None
