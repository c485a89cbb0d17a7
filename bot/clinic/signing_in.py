"""Signing in, where Flask-Security leaves a choice: which passwords are too plain, which addresses there are, how mail
goes, and that each page has a nonce."""

import logging
import re
import secrets
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_security import MailUtil, PasswordUtil, UserMixin, WebauthnUtil
from webauthn.helpers.structs import AuthenticatorSelectionCriteria

from bot.clinic.accounts import Account
from bot.clinic.here import services
from channels.base import Verdict
from channels.mail import Mailer

_log = logging.getLogger(__name__)

_FEWEST_CHARACTERS = 5  # different ones
_SHORTEST_NAME = 4
# What a password must not hold, beside the person's own name and address.
_TOO_PLAIN = ("password", "immunotext", "contraseña", "123456789", "qwertyuiop")


class Passwords(PasswordUtil):
    """Flask-Security's rules (length, normal form), and no password that anybody would try first."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """What is wrong with a new password (None: nothing), and its normal form."""
        faults, normal = super().validate(password, is_register, **kwargs)
        return faults or too_plain(normal, kwargs.get("user")), normal


def too_plain(password: str, account: Account | None) -> list[str] | None:
    """What is wrong with a password that is long enough; None: nothing."""
    plain = password.casefold()
    own = [] if account is None else [*account.name.casefold().split(), account.email.partition("@")[0].casefold()]
    if len(set(plain)) < _FEWEST_CHARACTERS:
        return [_("Use more different characters.")]
    if any(word in plain for word in (*_TOO_PLAIN, *(word for word in own if len(word) >= _SHORTEST_NAME))):
        return [_("Leave out your name, your address and words that everybody tries.")]
    return None


class Passkeys(WebauthnUtil):
    """Flask-Security's rules for a new passkey, but that the phone's or computer's own is as good as a key apart."""

    def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
        """What is asked of the thing that keeps it; ``usage`` is "first", or "secondary" for a second factor alone."""
        asked = super().authenticator_selection(user, usage)
        asked.authenticator_attachment = None
        return asked


def fresh_nonce() -> None:
    """What marks a script inside a page as ours: passkeys need one."""
    g.nonce = secrets.token_urlsafe(16)


class Mail(MailUtil):
    """Addresses as `immunotext user add` takes them, and mail by the server of SMTP_URL."""

    def normalize(self, email: str) -> str:
        """The address as it is stored. Raises ValueError where it is none."""
        plain = email.strip().casefold()
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", plain):
            raise ValueError("this is no mail address")
        return plain

    def validate(self, email: str) -> str:
        """The same: whether it can be reached is seen when something is sent."""
        return self.normalize(email)

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],  # noqa: ARG002 - the signature is theirs
        body: str | None,
        html: str | None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Sends it as plain text. A failure is logged without the address: the page must not tell who exists."""
        settings = services().settings
        address = recipient if isinstance(recipient, str) else recipient[1]
        result = Mailer(settings.smtp_url, settings.mail_from).send(address, subject, body or "")
        if result.verdict is not Verdict.ACCEPTED:
            _log.warning("mail %s was not sent: %s", template, result.detail)
