"""Mail to staff, over the standard library's SMTP client: one message to one address at a time."""

import smtplib
import ssl
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import make_msgid
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from channels.base import Fault, SendResult, Verdict
from channels.twilio_errors import verdict_of

_SUBMISSION, _SUBMISSION_OVER_TLS = 587, 465  # RFC 8314


class Mailer:
    """A mail server, and the address we write from.

    ``url`` is smtp://USER:PASSWORD@HOST:PORT (with STARTTLS where the server has it) or smtps://. ``timeout`` is in
    seconds for each step of the exchange. ``tls`` says whom to trust; None: whom the system trusts.
    """

    def __init__(self, url: str, sender: str, timeout: float = 10.0, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._over_tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (_SUBMISSION_OVER_TLS if self._over_tls else _SUBMISSION)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender
        self._timeout = timeout
        self._tls = tls

    def send(self, to: str, subject: str, body: str) -> SendResult:
        """Hand one message to the server; every failure is a result. ``detail`` names no address."""
        try:
            message = _message(self._sender, to, subject, body)
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _),) = error.recipients.values()
            return _failure(_of(code, Fault.RECIPIENT_PERMANENT), "the mail server refuses the address", code)
        except smtplib.SMTPAuthenticationError as error:
            return _failure(Fault.ACCOUNT, "the mail server refuses the user or password of SMTP_URL", error.smtp_code)
        except smtplib.SMTPResponseException as error:
            return _failure(_of(error.smtp_code, Fault.SENDER), "the mail server refuses the message", error.smtp_code)
        except _NotInTheClear:
            return _failure(Fault.ACCOUNT, "the mail server has no TLS: the password would go in the clear")
        except (OSError, smtplib.SMTPException) as error:
            return _failure(Fault.NOT_SENT, f"the mail server does not answer ({type(error).__name__})")
        except (MessageError, ValueError):
            return _failure(Fault.CONTENT, "the message holds what no mail may hold")
        return SendResult(Verdict.ACCEPTED, message["Message-ID"], None, Fault.NONE, "")

    def look(self) -> str | None:
        """Sign in at the server and go; what keeps mail from being sent, None where nothing does. Never raises."""
        try:
            with self._connected() as server:
                server.noop()
        except smtplib.SMTPAuthenticationError:
            return "The mail server refuses the user or password of SMTP_URL."
        except _NotInTheClear:
            return "The mail server has no TLS, and the password would go in the clear: write smtps:// into SMTP_URL."
        except (OSError, smtplib.SMTPException) as error:
            return f"The mail server of SMTP_URL does not answer ({type(error).__name__})."
        return None

    def _connected(self) -> smtplib.SMTP:
        """A connection that has signed in, over TLS unless the server is on this machine or has none."""
        tls = self._tls or ssl.create_default_context()
        server: smtplib.SMTP
        if self._over_tls:
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=tls)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            server.ehlo()
            if not self._over_tls and server.has_extn("starttls"):
                server.starttls(context=tls)
                server.ehlo()
            elif not self._over_tls and self._user and not _is_this_machine(self._host):
                raise _NotInTheClear
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


class _NotInTheClear(Exception):
    """A password would have to be sent without encryption."""


def _message(sender: str, to: str, subject: str, body: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note comes back
    message.set_content(body)
    return message


def _of(code: int, permanent: Fault) -> Fault:
    """A 4xx of SMTP may go well later (RFC 5321, 4.2.1)."""
    return permanent if code >= 500 else Fault.RECIPIENT_TEMPORARY


def _failure(fault: Fault, detail: str, code: int | None = None) -> SendResult:
    return SendResult(verdict_of(fault), None, code, fault, detail)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
