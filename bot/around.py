"""What a process has around it for the watch: whom to tell, the ways out, and what it can say of its host."""

import shutil
from collections.abc import Callable

from bot.clinic.notice_words import in_language
from bot.services import Services
from bot.settings import Settings
from channels.base import Channel
from channels.mail import Mailer
from channels.simulator import SimulatedChannel
from channels.twilio import TwilioChannel
from scheduler.duties.living import Surroundings
from store.health import Vitals
from store.on_call import Recipient

_MB = 1024 * 1024


def open_channel(settings: Settings) -> Channel:
    """The way out for texts. It is used in one event loop, and closed there."""
    if settings.simulated:
        return SimulatedChannel()
    return TwilioChannel(settings.twilio_account_sid, settings.twilio_auth_token[0], settings.twilio_api_base)


def operator_of(settings: Settings) -> tuple[Recipient, ...]:
    """The operator's addresses."""
    found = []
    if settings.operator_phone:
        found.append(Recipient("text", settings.operator_phone))
    if settings.operator_email:
        found.append(Recipient("mail", settings.operator_email))
    return tuple(found)


def mailer_of(settings: Settings) -> Mailer | None:
    """The way out for mail; None where the settings name none."""
    return Mailer(settings.smtp_url, settings.mail_from) if settings.smtp_url and settings.mail_from else None


def vitals_of(services: Services) -> Callable[[], Vitals]:
    """What the process says of itself and its host with each sign of life, looked at when it is asked."""

    def look() -> Vitals:
        spool = services.spool
        refused, refused_at, accepted_at = services.hearing.so_far()
        return Vitals(
            spooled=spool.count(),
            spool_writable=spool.writable(),
            disk_free_mb=_free_mb(services.settings),
            refused=refused,
            refused_at=refused_at,
            accepted_at=accepted_at,
        )

    return look


def surroundings(services: Services) -> Surroundings:
    """All of it."""
    settings = services.settings
    address = settings.public_address
    return Surroundings(operator_of(settings), mailer_of(settings), vitals_of(services), address, in_language)


def _free_mb(settings: Settings) -> int | None:
    try:
        return shutil.disk_usage(settings.var_dir).free // _MB
    except OSError:  # no such folder yet: the spool says what is wrong with it
        return None
