"""The event loop beside a transaction: it stands still for one, and goes on while that waits for the disk."""

import asyncio
import threading

import pytest

from scheduler.aside import Aside
from store.database import Database

LONG = 60.0


def test_the_loop_goes_on_as_soon_as_a_transaction_waits_for_the_disk_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside, went_on = Aside(LONG), threading.Event()

    def committing() -> None:
        aside.go_on()
        assert went_on.wait(LONG)

    def duty() -> str:
        with database.writing():
            pass
        return "done"

    async def work() -> str:
        asyncio.get_running_loop().call_soon(went_on.set)
        return await aside.do(duty)

    monkeypatch.setattr(database, "about_to_commit", committing)
    assert asyncio.run(work()) == "done"
    aside.close()


def test_what_is_done_in_no_duty_keeps_no_loop_waiting() -> None:
    aside = Aside(LONG)
    aside.go_on()
    aside.close()
