"""The routes of the phone on the screen. They exist in the demo alone, and listen to this machine alone.

The page asks again every second with the ETag of what it has. A text goes the same way as one from Twilio: into the
desk. Every form works without a script as well: it comes back as the whole page.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.clock import real_now
from bot.conversation.desk import NotTaken
from bot.services import Services
from bot.simulator import enrol, phones
from bot.simulator.screen import ClockFace
from channels.base import Incoming, Receipt, ReceiptState, Via
from scheduler import clock, enrolment
from scheduler.delivery import receipts
from store import health
from store.clinics import ClinicEntry
from store.health import DemoClock

LONGEST_TEXT = 1600
SUGGESTIONS = ("SIDE EFFECTS", "MENU", "When is my next visit?", "MORE", "SOURCE", "ESPAÑOL", "STOP", "START")

_OUR_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


def blueprint(services: Services) -> Blueprint:
    """The page and what it asks for."""
    routes = Blueprint(
        "simulator", __name__, url_prefix="/simulator", template_folder="templates", static_folder="static"
    )

    @routes.before_request
    def only_from_this_page() -> None:
        """Another site that is open in the same browser must not text or enrol anybody here."""
        if request.host.rsplit(":", 1)[0] not in _OUR_HOSTS:
            abort(403, "This page answers at 127.0.0.1 only.")
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            abort(403, "This came from another page.")

    @routes.after_request
    def guarded(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @routes.get("")
    def page() -> Response:
        return make_response(_page(services, {}))

    @routes.get("/live")
    def live() -> AnyResponse:
        parts = _parts(services, _shown())
        body = json.dumps({part: render_template(f"simulator/_{part}.html", **parts) for part in _PARTS}).encode()
        response = Response(body, content_type="application/json")
        response.set_etag(hashlib.blake2b(body, digest_size=16).hexdigest())
        response.headers["Cache-Control"] = "no-store"
        return response.make_conditional(request)

    @routes.post("/text")
    def text() -> AnyResponse:
        body = request.form.get("body", "")[:LONGEST_TEXT]
        if not body.strip():
            return _back("Write something first.", 400)
        try:
            _text_in(services, _entry(services), _shown(), body)
        except NotTaken:
            return _back("The text could not be taken just now. Send it again.", 503)
        return _back()

    @routes.post("/clock")
    def change_clock() -> AnyResponse:
        _change_clock(services, request.form.get("do", ""))
        return _back()

    @routes.post("/enrol")
    def enrol_one() -> AnyResponse:
        entry = _entry(services)
        try:
            new = enrol.read(request.form)
            now = services.clock()
            with services.database.writing() as tx:
                enrolment.enrol(tx, now, services.library, entry, new)
        except (enrol.Mistyped, enrolment.NotEnrolled) as error:
            return make_response(_page(services, request.form, str(error)), 422)
        return redirect(url_for("simulator.page", phone=new.phone), 303)

    return routes


_PARTS = ("texts", "people", "clock")


def _shown() -> str:
    number = request.values.get("phone", phones.VISITOR)
    return number if phones.is_fiction(number) else phones.VISITOR


def _entry(services: Services) -> ClinicEntry:
    """The demo's clinic."""
    entry = next((entry for entry in services.directory.entries if entry.clinic.demo), None)
    if entry is None:
        abort(503, "There is no demo clinic yet: run `immunotext demo` first.")
    return entry


def _parts(services: Services, number: str) -> dict[str, object]:
    entry = _entry(services)
    now = services.clock()
    with services.database.reading() as tx:
        seen = phones.look(tx, now, services.library, entry, number)
        ticking = health.get_demo_clock(tx)
    return {
        "clinic": entry.clinic,
        "phone": seen.phone,
        "phones": seen.phones,
        "texts": seen.texts,
        "upcoming": seen.upcoming,
        "nothing_next": seen.nothing_next,
        "clock": ClockFace(now, ticking is not None and ticking.running, entry.clinic.timezone),
    }


def _page(services: Services, typed: Mapping[str, str], wrong: str | None = None) -> str:
    entry = _entry(services)
    return render_template(
        "simulator/page.html",
        **_parts(services, _shown()),
        wrong=wrong,
        suggestions=SUGGESTIONS,
        regimens=enrol.choices(services.library, entry),
        draft=enrol.draft(services.clock(), entry, typed),
    )


def _back(wrong: str | None = None, status: int = 200) -> AnyResponse:
    """To the script its status and a sentence; to a browser without one, the page again."""
    if request.accept_mimetypes.best == "application/json":
        return Response(wrong or "", status, content_type="text/plain; charset=utf-8")
    return redirect(url_for("simulator.page", phone=_shown()), 303)


def _text_in(services: Services, entry: ClinicEntry, number: str, body: str) -> None:
    answer = services.desk.take(
        Incoming(
            provider_id=f"SIM{secrets.token_hex(16)}",
            sender=number,
            recipient=entry.senders[0].address,
            service=None,
            via=Via.SMS,
            body=body,
            media=0,
            opt_out_type=None,
        )
    )
    if answer.message_id is not None:
        # The phone is on the same screen: what was answered has arrived.
        arrived = Receipt(f"SIM{secrets.token_hex(16)}", ReceiptState.DELIVERED, None, f"{answer.message_id}.1")
        now = services.clock()
        with services.database.writing() as tx:
            receipts.apply(tx, now, services.library, arrived)


def _change_clock(services: Services, wish: str) -> None:
    """Run and stop; or put the clock forward to the next text, or a day, but never past a text that is due."""
    real = real_now()
    with services.database.writing() as tx:
        ticking = health.get_demo_clock(tx) or DemoClock(timedelta(), running=False)
        if wish in {"run", "stop"}:
            health.set_demo_clock(tx, DemoClock(ticking.offset, running=wish == "run"))
            return
        now, due = real + ticking.offset, clock.next_due(tx)
        goal = now + timedelta(days=1) if wish == "next-day" else due
        if goal is None or (due is not None and due <= now):
            return
        health.set_demo_clock(tx, DemoClock((goal if due is None else min(goal, due)) - real, running=False))
