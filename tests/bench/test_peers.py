"""The bench of the peers: what it measures by, with the one peer that this environment has as well."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bench.outbox_load import ledger, loopback_twilio
from bench.peers import __main__ as peers
from bench.processes import free_port
from tests.postgres import Postgres


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[peers.Ground]:
    with loopback_twilio(tmp_path, free_port()) as twilio:
        yield peers.Ground(Path(sys.executable), twilio, Postgres(make_url("postgresql://")), tmp_path, texts=6)


def test_a_peer_sends_each_reminder_once_and_its_line_says_so(ground: peers.Ground) -> None:
    runs = {"APScheduler": lambda number: peers.apscheduler(ground, number)}

    each, of_all = peers.in_turns(ground, runs, rounds=1)

    assert each["agree"] is True
    assert len({message["to"] for message in ledger(ground.twilio)}) == 6
    assert of_all["per_second"] == each["per_second"]


def test_a_peer_that_cannot_be_run_says_what_it_lacks(ground: peers.Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)

    lines = list(peers.in_turns(ground, {"Celery": lambda number: peers.celery(ground, number)}, rounds=1))

    assert lines == [
        {"bench": "peers", "of": "Celery", "not_run": "there is no redis-server here: apt install redis-server"}
    ]
