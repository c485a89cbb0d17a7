"""The console as an application of its own, beside the one that programs call: wiring only.

It is apart so that sessions, forms and translations cost the webhooks nothing. `bot.app` hands it every address that is
none of the programs'.
"""

import logging
from datetime import timedelta

from flask import Flask, Response, g, render_template, request, send_from_directory, session
from flask_babel import Babel
from flask_babel import gettext as _
from flask_security import Security, current_user, password_changed, password_reset, user_authenticated
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound

from bot.clinic import (
    alerts,
    audit,
    closures,
    enrol,
    home,
    inbox,
    library,
    patients,
    plans,
    reports,
    settings,
    today,
    unsent,
    why,
)
from bot.clinic.accounts import Accounts
from bot.clinic.dates import with_one_stop
from bot.clinic.harmless import HarmlessRequest, harmless
from bot.clinic.here import guard
from bot.clinic.languages import LANGUAGES
from bot.clinic.page import furnish
from bot.clinic.signing_in import Mail, Passkeys, Passwords, fresh_nonce
from bot.logs import log_fault
from bot.services import Services
from store.errors import StoreError

LARGEST_FORM = 2 * 1024 * 1024
SHIFT = timedelta(hours=12)
"""How long somebody stays signed in: a shift."""

FRESH = timedelta(minutes=30)
"""How long a sign-in is good for what changes how one signs in."""

_log = logging.getLogger(__name__)

_YEAR = 365 * 24 * 3600  # seconds; a released file of a version never changes


def create_console(services: Services) -> Flask:
    """The console. Raises ContentError, SettingsError."""
    given = services.settings
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.request_class = HarmlessRequest
    app.secret_key = given.secret_key or None
    app.extensions["immunotext"] = services
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        SESSION_COOKIE_NAME="immunotext",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=given.public_address.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=SHIFT,
        SESSION_REFRESH_EACH_REQUEST=False,
        BABEL_TRANSLATION_DIRECTORIES="translations",
        **_security(services),
    )
    Babel(app, locale_selector=_language)
    CSRFProtect(app)
    app.before_request(fresh_nonce)
    accounts = Accounts(services.database, services.real_clock)
    security = Security(app, accounts, password_util_cls=Passwords, mail_util_cls=Mail, webauthn_util_cls=Passkeys)
    security.mail_context_processor(lambda: {"public_address": services.settings.public_address})
    user_authenticated.connect(lambda _app, user, **_: accounts.note_right(user), app, weak=False)
    for chosen in (password_changed, password_reset):
        chosen.connect(lambda _app, user, **_: accounts.note_own_password(user), app, weak=False)
    guard(app)
    furnish(app)
    app.register_blueprint(home.routes)
    app.register_blueprint(today.routes)
    app.register_blueprint(patients.routes)
    app.register_blueprint(enrol.routes)
    app.register_blueprint(settings.routes)
    app.register_blueprint(audit.routes)
    app.register_blueprint(alerts.routes)
    app.register_blueprint(why.routes)
    app.register_blueprint(plans.routes)
    app.register_blueprint(closures.routes)
    app.register_blueprint(inbox.routes)
    app.register_blueprint(library.routes)
    app.register_blueprint(reports.routes)
    app.add_url_rule("/vendor/<path:filename>", "vendor", _vendored)
    app.after_request(harmless)
    app.after_request(with_one_stop)
    app.after_request(_guarded)
    app.after_request(_not_remembered)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(StoreError, _database_away)
    app.register_error_handler(HTTPException, _plainly)
    app.register_error_handler(Exception, _our_fault)
    return app


def _security(services: Services) -> dict[str, object]:
    """Flask-Security's settings. In the demo a second factor is offered, elsewhere asked for."""
    given = services.settings
    return {
        "SECURITY_PASSWORD_SALT": given.secret_key or "-",  # unused: argon2 salts each password by itself
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        "SECURITY_CHANGE_URL": "/account/password",
        "SECURITY_RESET_URL": "/forgot",
        "SECURITY_VERIFY_URL": "/verify",
        "SECURITY_TWO_FACTOR_SETUP_URL": "/account/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-factor",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/recovery-code",
        "SECURITY_WAN_REGISTER_URL": "/account/passkeys",
        "SECURITY_WAN_SIGNIN_URL": "/sign-in/passkey",
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": not given.demo,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
        "SECURITY_DATETIME_FACTORY": services.real_clock,
        "SECURITY_TOTP_ISSUER": "Immunotext",
        "SECURITY_TOTP_SECRETS": {"1": given.secret_key or "-"},
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": True,
        "SECURITY_WAN_RP_NAME": "Immunotext",
        "SECURITY_WAN_POST_REGISTER_VIEW": "/account",
        "SECURITY_SCRIPT_NONCE_KEY": "nonce",
        "SECURITY_FRESHNESS": FRESH,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_RECOVERABLE": bool(given.smtp_url),
        "SECURITY_EMAIL_SENDER": given.mail_from or "-",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": "Immunotext",
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
        "SECURITY_ANONYMOUS_USER_DISABLED": False,
        "SECURITY_FLASH_MESSAGES": True,
        "WTF_CSRF_TIME_LIMIT": int(SHIFT.total_seconds()),
        "WTF_CSRF_SSL_STRICT": False,  # behind a proxy the Referer is the proxy's; SameSite and the token stand
    }


def _language() -> str | None:
    """The one they chose, else what their browser asks for."""
    chosen = getattr(current_user, "language", None) if current_user else None
    return chosen or request.accept_languages.best_match([*LANGUAGES], "en")


def _vendored(filename: str) -> Response:
    return send_from_directory("../static/vendor", filename, max_age=_YEAR)


def _not_remembered(response: Response) -> Response:
    """Whoever asks to be remembered, as Flask-Login would for a year, is signed in for a shift like everybody."""
    if session.get("_remember") == "set":
        session.pop("_remember")
    return response


def _guarded(response: Response) -> Response:
    script = f"'self' 'nonce-{g.nonce}'" if "nonce" in g else "'self'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {script}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint not in {"static", "vendor"}:
        response.headers["Cache-Control"] = "no-store"
    return response


def _say(code: int, title: str, sentence: str) -> tuple[str, int]:
    return render_template("error.html", title=title, sentence=sentence), code


def _stale_form(_error: CSRFError) -> Response | tuple[str, int]:
    if "HX-Request" in request.headers:
        return Response("", 401)  # console.js asks for the token of the session that there is now
    if page := unsent.kept():
        return page, 400
    return _say(
        400,
        _("This page was open too long"),
        _("Nothing was changed. Go back, reload the page and try again."),
    )


def _database_away(error: StoreError) -> tuple[str, int]:
    log_fault(_log, f"{request.method} {request.url_rule} failed", error)
    return _say(
        503,
        _("The database is away"),
        _("Nothing was changed. Danger texts are still answered. Try again in a minute."),
    )


def _plainly(error: HTTPException) -> tuple[str, int] | HTTPException:
    if isinstance(error, NotFound):
        return _say(404, _("Not found"), _("There is no such page, or it belongs to another clinic."))
    if isinstance(error, Forbidden):
        return _say(403, _("Not allowed"), _("Your role in this clinic does not include this. Ask an administrator."))
    if error.code is None or error.code < 400:  # redirects are exceptions too
        return error
    return _say(
        error.code,
        _("This cannot be done like this"),
        _("Nothing was changed. Go back, reload the page and try again."),
    )


def _our_fault(error: Exception) -> tuple[str, int]:
    log_fault(_log, f"{request.method} {request.url_rule} failed", error)
    return _say(
        InternalServerError.code,
        _("Something went wrong here"),
        _("It was our fault, and it was noted. Nothing was half done: a change is made whole or not at all."),
    )
