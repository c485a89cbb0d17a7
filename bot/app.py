"""The web process: wiring only.

Two applications share an address. The one of programs (webhooks, health) and of the phone on the screen has no sessions
that cost anything; every other path is the console's (`bot.clinic.console`).
"""

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException, InternalServerError

from bot import health
from bot.clinic.console import create_console
from bot.housekeeping import Housekeeping
from bot.logs import configure_logging, log_fault
from bot.services import Services
from bot.settings import Settings, load_settings
from bot.simulator import views as simulator
from bot.startup import keep_what_is_loaded
from bot.watch import Watch
from bot.webhooks import twilio
from channels.base import Receipt
from scheduler.delivery import receipts
from store.errors import DatabaseBusy, StoreError

LARGEST_BODY = 64 * 1024
"""Bytes of a request that are read. A text of Twilio's has two or three thousand."""

_log = logging.getLogger(__name__)


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """The application, without any thread of its own. Raises SettingsError, ContentError."""
    services = services or Services(settings)
    app = Flask(__name__, static_folder=None)
    app.secret_key = settings.secret_key
    app.session_interface = _SessionsOfPeople()
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.merge_slashes = False  # it would redirect, and a redirected webhook loses its form
    app.register_error_handler(HTTPException, _plain_page)
    app.register_error_handler(Exception, _our_fault)
    app.register_blueprint(
        twilio.blueprint(
            twilio.Twilio(
                settings.public_address, settings.twilio_auth_token, settings.twilio_account_sid, services.directory
            ),
            services.desk,
            lambda receipt: _note(services, receipt),
            services.metrics,
            services.hearing,
        )
    )
    app.register_blueprint(health.blueprint(services))
    if settings.demo:
        app.register_blueprint(simulator.blueprint(services))
    console = create_console(services)
    app.extensions["console"] = console
    app.wsgi_app = _ByPath(app.wsgi_app, console.wsgi_app)  # type: ignore[method-assign]
    return app


def serving_app() -> Flask:
    """What each worker of the server runs: the application of the environment, with its housekeeping."""
    configure_logging()
    services = Services(load_settings())
    app = create_app(services.settings, services)
    try:
        services.directory.refresh(services.database)
    except StoreError as error:
        _log.warning("starting without the database: %s", error)
    keep_what_is_loaded()
    housekeeping = Housekeeping(services)
    housekeeping.start()
    Watch(services, housekeeping.process).start()
    return app


OURS = (twilio.PREFIX, "/healthz", "/readyz", "/metrics", "/simulator")
"""How the paths begin that are not the console's."""


class _ByPath:
    """Hands what is not for programs to the console. A path that nobody has is answered by the console."""

    def __init__(self, programs: WSGIApplication, console: WSGIApplication) -> None:
        self._programs = programs
        self._console = console

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_ours = environ.get("PATH_INFO", "").startswith(OURS)
        return (self._programs if is_ours else self._console)(environ, start_response)


class _SessionsOfPeople(SecureCookieSessionInterface):
    """Sessions as Flask has them, except that programs have none: looking for one takes half of what Flask does."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """None for a webhook."""
        return None if request.path.startswith(twilio.PREFIX) else super().open_session(app, request)


def _note(services: Services, receipt: Receipt) -> None:
    try:
        _apply(services, receipt)
    except DatabaseBusy:
        # Whoever held the same text is done by now; what waits for Twilio to send it again comes late, if at all.
        _apply(services, receipt)
    services.metrics.receipt(receipt.state)


def _apply(services: Services, receipt: Receipt) -> None:
    now = services.clock()
    with services.database.writing() as tx:
        receipts.apply(tx, now, services.library, receipt, real=services.real_clock())


def _plain_page(error: HTTPException) -> Response:
    response = error.get_response()
    response.data = f"{error.code} {error.name}.\n".encode()
    response.content_type = "text/plain; charset=utf-8"
    return Response(response.data, response.status_code, response.headers)


def _our_fault(error: Exception) -> Response:
    log_fault(_log, f"{request.method} {request.url_rule} failed", error)
    return _plain_page(InternalServerError())
