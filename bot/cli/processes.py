"""`migrate`, `serve`, `scheduler`, `demo`: what the Procfile and `make run` call."""

import asyncio
import errno
import logging
import os
import socket
import time
from contextlib import suppress
from secrets import token_hex

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from bot import demo as demo_data
from bot.around import open_channel, surroundings
from bot.cli.data import open_services, plainly, writing
from bot.cli.errors import Misconfigured
from bot.housekeeping import workers_of
from bot.logs import configure_logging
from bot.services import Services
from bot.startup import check_data, check_start, keep_what_is_loaded
from bot.webhooks.twilio import STATUS
from scheduler.duties.duties import Duties
from scheduler.worker import Worker
from store import health
from store.errors import StoreError
from store.migrate import migrate as migrate_database

_log = logging.getLogger(__name__)

BLOCKING_THREADS = 8
"""Texts answered at once. More gain nothing, and one alone would let a slow request keep a danger text waiting."""
_SECONDS_TO_FINISH = 30
_SECONDS_FOR_PORT = 5.0


@click.command()
def migrate() -> None:
    """Bring the database to this release."""
    settings = open_services().settings
    with plainly():
        revision = migrate_database(settings.database_url)
    click.echo(f"The database is at revision {revision}.")


@click.command()
def serve() -> None:
    """Answer texts: the web process."""
    configure_logging()
    services = open_services()
    with plainly():
        check_start(services)
    settings = services.settings
    services.database.close()  # the workers open their own
    _refuse_taken_port(settings.host, settings.port)
    _log.info("answering on http://%s:%d", settings.host, settings.port)
    Server(
        "bot.app:serving_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=_SECONDS_TO_FINISH,
        websockets=False,
        log_level=LogLevels.error,  # it would advise against more threads than cores, which here wait for the disk
    ).serve()
    # The workers cannot say so themselves: they end without another line of Python.
    with suppress(StoreError), services.database.writing() as tx:
        health.end(tx, workers_of(os.getpid()))


@click.command()
def scheduler() -> None:
    """Send reminders when they are due. Any number of these may run at once."""
    configure_logging()
    services = open_services()
    with plainly():
        check_start(services)
    settings = services.settings
    duties = Duties(
        database=services.database,
        library=services.library,
        owner=f"scheduler-{socket.gethostname()}-{os.getpid()}-{token_hex(4)}",
        status_callback=settings.public_address + STATUS,
        demo=settings.demo,
        may_send=lambda: not services.spool.holds_texts() or services.desk.replay(),
        may_call=lambda: not services.spool.holds_texts(),
    )
    keep_what_is_loaded()
    asyncio.run(_work(duties, services))


@click.command()
@click.option("--fast", is_flag=True, help="Let the demo's clock jump from one text that is due to the next.")
def demo(fast: bool) -> None:
    """Fill the database with a demo clinic and its patients. Run again it adds nothing. Needs DEMO=1."""
    services = open_services()
    if not services.settings.demo:
        raise Misconfigured("The demo data need DEMO=1, so that they never mix with a real clinic's.")
    with plainly():
        services.database.check_release()
        check_data(services)
    real = services.real_clock()
    with writing(services) as tx:
        added = demo_data.fill(tx, real, services.library, fast=fast)
    click.echo(f"Added the demo clinic and {added} patients." if added else "The demo is there already.")


async def _work(duties: Duties, services: Services) -> None:
    await Worker(duties, open_channel(services.settings), surroundings(services)).run()


def _refuse_taken_port(host: str, port: int) -> None:
    """The server would end with a traceback. The worker of one that was killed needs a moment to let go of it."""
    last = time.monotonic() + _SECONDS_FOR_PORT
    while (error := _in_the_way(host, port)) is not None:
        if error.errno != errno.EADDRINUSE or time.monotonic() > last:
            raise Misconfigured(
                f"Nothing can listen on {host}, port {port}: {error.strerror}. Set another PORT."
            ) from error
        time.sleep(0.1)


def _in_the_way(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None
