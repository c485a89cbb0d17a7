"""`python -m bench.scheduling --calls 100`: the scheduler process that is measured, with so many calls at once."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os

from bot.around import open_channel
from bot.services import Services
from bot.settings import load_settings
from bot.startup import keep_what_is_loaded
from bot.webhooks.twilio import STATUS
from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.worker import Worker


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scheduling", description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    settings = load_settings(_env_file=None)
    services = Services(settings)
    duties = Duties(
        database=services.database,
        library=services.library,
        owner=f"bench-{os.getpid()}",
        pace=Pace(calls=options.calls),
        status_callback=settings.public_address + STATUS,
    )
    keep_what_is_loaded()
    asyncio.run(_work(duties, services))


async def _work(duties: Duties, services: Services) -> None:
    await Worker(duties, open_channel(services.settings)).run()


if __name__ == "__main__":
    main()
