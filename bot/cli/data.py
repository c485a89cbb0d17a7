"""Commands that touch data: the services of the settings, transactions, and the store's errors told plainly."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from bot.cli.errors import Misconfigured, Refused
from bot.services import Services
from bot.settings import SettingsError, load_settings
from store.clinics import ClinicEntry, entries
from store.database import DatabaseDown, DatabaseTooNew, DatabaseTooOld, NotADatabase, StoreError, Tx, WrongKey
from store.keys import check_keys

ACTOR = "command line"
"""Who acts, for the audit: whoever may run commands on this machine."""

clinic_option = click.option("--clinic", "clinic_name", metavar="NAME", help="The clinic, where there are several.")


@contextmanager
def plainly() -> Iterator[None]:
    """Errors as sentences with their exit status: 2 for settings and the database itself, 1 for what it refuses."""
    try:
        yield
    except SettingsError as error:
        raise Misconfigured(str(error)) from error
    except (DatabaseDown, DatabaseTooNew, DatabaseTooOld, NotADatabase, WrongKey) as error:
        raise Misconfigured(str(error)) from error
    except StoreError as error:
        raise Refused(str(error)) from error


def open_services() -> Services:
    """The services of the environment."""
    with plainly():
        return Services(load_settings())


@contextmanager
def reading(services: Services) -> Iterator[Tx]:
    """A look into the database, if it is at this release."""
    with plainly():
        services.database.check_release()
        with services.database.reading() as tx:
            yield tx


@contextmanager
def writing(services: Services) -> Iterator[Tx]:
    """A change of the database, whole or not at all, if it is at this release.

    A command waits longer for others than a text may.
    """
    with plainly():
        services.database.check_release()
        with services.database.writing(deadline=30) as tx:
            check_keys(tx)
            yield tx


def pick_entry(tx: Tx, name: str | None) -> ClinicEntry:
    """The clinic of this name or number; without one, the only clinic there is. Raises Refused."""
    found = entries(tx)
    if name is None:
        if len(found) == 1:
            return found[0]
        raise Refused(
            "There is no clinic yet: add one with `immunotext clinic add`."
            if not found
            else "There are several clinics: name one with --clinic."
        )
    for entry in found:
        if name in {entry.clinic.name, str(entry.clinic.id)}:
            return entry
    raise Refused(f"There is no clinic called {name}: `immunotext clinic list` names them.")
