"""The reports of a clinic: one page of tables with charts, each of them as a file, and what a segment costs."""

from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.access import Right
from bot.clinic.exports import csv_file
from bot.clinic.here import here, now, services
from bot.clinic.reports.forms import PriceForm, written
from bot.clinic.reports.period import Period
from bot.clinic.reports.sections import CHANGE_ASKED, CONFIRMED, Figures, all_sections, section
from bot.clinic.settings.fields import typed
from bot.clinic.settings.meanwhile import Meanwhile, meanwhile, on_your_page
from scheduler.plan.local_time import to_local, to_utc
from store import audit, clinics, reporting

routes = Blueprint("reports", __name__, template_folder="templates", url_prefix="/c/<int:clinic_id>/reports")

Answer = AnyResponse | str | tuple[str, int]

_USUAL = (7, 30, 90, 365)
"""Periods that are a click away, in days."""


@routes.get("")
def page(clinic_id: int) -> str:  # noqa: ARG001 - the clinic is `here().clinic`
    """Every report of the period that is asked for."""
    form = PriceForm(formdata=None)
    form.show(here().clinic)
    return _page(form)


@routes.get("/export")
def export(clinic_id: int) -> Response:  # noqa: ARG001
    """One of them as CSV."""
    period = _period()
    found = section(_figures(period)[0], request.args.get("report", ""))
    if found is None:
        abort(404)
    rows = [*found.rows, *([] if found.total is None else [found.total])]
    return csv_file(f"{found.id}-{period.first}-{period.last}", [column.name for column in found.head], rows)


@routes.post("/price")
def set_price(clinic_id: int) -> Answer:
    """What a segment costs, for the report on cost. What somebody else saved since is shown, not written over."""
    form = PriceForm()
    if not form.validate():
        return _page(form), 422
    micros, at = form.micros(), now()
    with services().database.writing() as tx:
        clinics.lock_clinic(tx, clinic_id)
        there = clinics.find_clinic(tx, clinic_id) or here().clinic
        is_news = micros != there.segment_micros
        is_older = is_news and (form.was.data or "") != written(there.segment_micros)
        if is_news and not is_older:
            clinics.set_clinic(tx, at, clinic_id, segment_micros=micros)
            audit.record(tx, at, clinic_id, here().actor, "change", "clinic", clinic_id, ["segment_micros"])
    if is_older:
        on_theirs = on_your_page(typed(form.price))
        form.show(there)
        form.price.errors = [on_theirs]
        return _page(form, meanwhile({"segment_micros"}, lambda _field: str(form.price.label.text))), 409
    if is_news:
        flash(_("Saved."))
    period = _period()
    return redirect(url_for("reports.page", since=period.first.isoformat(), until=period.last.isoformat()), 303)


def _page(form: PriceForm, newest: Meanwhile | None = None) -> str:
    period = _period()
    figures, counted_at = _figures(period)
    today = _today()
    return render_template(
        "reports/page.html",
        sections=all_sections(figures),
        period=period,
        usual=[(days, today - timedelta(days=days - 1)) for days in _USUAL],
        today=today,
        counted_at=counted_at,
        form=form,
        meanwhile=newest,
        may_manage=here().may(Right.MANAGE),
    )


def _figures(period: Period) -> tuple[Figures, datetime | None]:
    """What the reports are made from, and when the latest day of it was counted."""
    clinic = here().clinic
    begin, end = (to_utc(day, time(), clinic.timezone) for day in (period.first, period.last + timedelta(days=1)))
    with services().database.reading() as tx:
        counted_at = reporting.counted_last(tx, clinic.id)
        figures = Figures(
            period,
            reporting.sums(tx, clinic.id, period.first, period.last),
            reporting.by_day(tx, clinic.id, period.first, period.last, CONFIRMED | CHANGE_ASKED),
            reporting.acknowledged(tx, clinic.id, begin, end),
            services().library,
            str(get_locale()),
            clinic.segment_micros,
        )
    return figures, counted_at


def _period() -> Period:
    return Period.asked(request.args, _today())


def _today() -> date:
    return to_local(now(), here().clinic.timezone).date()
