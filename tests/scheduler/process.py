"""A scheduler as a process of its own: `python -m tests.scheduler.process DATABASE_URL API_BASE OWNER`.

It is in demo mode, so that the test's clock says what is due, and ends by itself when nothing is left to be sent.
"""

import argparse
import asyncio
from collections.abc import Callable

from channels.twilio import TwilioChannel
from content.library import load
from scheduler.duties.duties import Duties
from scheduler.duties.pace import Pace
from scheduler.worker import Worker
from store import messages, outbox
from store.database import Database
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN
from tests.scheduler.world import open_database


def all_settled(database: Database, contact_ids: list[int]) -> bool:
    """Nothing waits and nothing is under way."""
    with database.reading() as tx:
        if outbox.next_due_at(tx) is not None:
            return False
        texts = [text for number in contact_ids for text in messages.conversation(tx, number)]
    return all(text.state != "sending" for text in texts)


async def _work(worker: Worker, is_done: Callable[[], bool]) -> None:
    running = asyncio.create_task(worker.run())
    while not running.done() and not await asyncio.to_thread(is_done):  # noqa: ASYNC110 - the database has no event
        await asyncio.sleep(0.05)
    worker.stop()
    await running


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database_url")
    parser.add_argument("api_base")
    parser.add_argument("owner")
    parser.add_argument("--lease", type=float, default=2.0)
    parser.add_argument("--contacts", type=int, required=True, help="how many there are, numbered from 1")
    options = parser.parse_args()
    database = open_database(options.database_url)
    pace = Pace(calls=8, claim=10, lease=options.lease, look=0.02, settle=0.1)
    duties = Duties(database, load(), options.owner, pace, demo=True)
    worker = Worker(duties, TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, options.api_base))
    asyncio.run(_work(worker, lambda: all_settled(database, list(range(1, options.contacts + 1)))))
    database.close()


if __name__ == "__main__":
    main()
