"""What is looked at before a process starts, so that it refuses at once what it could only fail at later."""

import gc
import logging

from bot.services import Services
from bot.settings import SettingsError
from store import clinics
from store.database import DatabaseDown
from store.keys import check_keys

_log = logging.getLogger(__name__)


def check_start(services: Services) -> None:
    """Raises SettingsError, ContentError or StoreError with what to do, unless a process may start.

    A database that cannot be reached is no reason where this host knows its clinics from before: danger texts are
    answered without one, and it will come back.
    """
    missing = services.settings.missing_for_service()
    if missing:
        raise SettingsError(missing)
    try:
        services.database.check_release()
        check_data(services)
    except DatabaseDown as error:
        if not services.directory.entries:
            raise
        _log.warning("starting without the database: %s", error)
    services.spool.sweep()
    services.library  # noqa: B018 - content that cannot be loaded is told now, in this process


def keep_what_is_loaded() -> None:
    """Tells the garbage collector that what stands now, above all the content, stands until the process ends.

    It would look through all of it every few thousand texts, and for that tenth of a second nobody gets an answer.
    """
    gc.collect()
    gc.freeze()


def check_data(services: Services) -> None:
    """Raises WrongKey or SettingsError unless the data belong to these keys and, in the demo, to the demo."""
    with services.database.writing(deadline=10) as tx:
        check_keys(tx)
        entries = clinics.entries(tx)
    if services.settings.demo and any(not entry.clinic.demo for entry in entries):
        sentence = "The database holds a clinic that is not the demo's: give the demo a DATABASE_URL of its own."
        raise SettingsError((sentence,))
