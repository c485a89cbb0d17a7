"""Nobody is watched only by himself: real processes, a real mail server and a Twilio, and people who are told."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import alarms, clinics, health, on_call, outages
from store.database import Database
from store.on_call import Recipient
from store.sealed import Sealer
from tests.acceptance.serving import COMMAND, PATIENCE, environment_on, running, scheduling, set_up, until
from tests.fakes.smtp import FakeSmtp
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import NUMBER

OPERATOR_PHONE = "+15005550110"
OPERATOR_EMAIL = "operator@example.org"
NURSES = "nurses@example.org"
LONG = 3 * PATIENCE
"""A notice takes a sign of life, a look and a call of processes that share the machine with other tests."""


@contextmanager
def installed(url: str, folder: Path) -> Iterator["Installation"]:
    with FakeTwilio() as twilio, FakeSmtp() as post:
        made = Installation(url, folder, twilio, post)
        yield made
        made.database.close()


@pytest.fixture
def installation(migrated_url: str, tmp_path: Path) -> Iterator["Installation"]:
    """Once on each kind of database."""
    with installed(migrated_url, tmp_path) as made:
        yield made


class Installation:
    """One clinic, with people on call for it and for the whole."""

    def __init__(self, url: str, folder: Path, twilio: FakeTwilio, post: FakeSmtp) -> None:
        self.folder, self.twilio, self.post = folder, twilio, post
        self.environment = environment_on(url, folder) | {
            "TWILIO_API_BASE": twilio.url,
            "SMTP_URL": post.url,
            "MAIL_FROM": "texts@example.org",
            "OPERATOR_PHONE": OPERATOR_PHONE,
            "OPERATOR_EMAIL": OPERATOR_EMAIL,
        }
        set_up(url, self.environment["DATA_KEYS"], self.environment["INDEX_KEY"])
        self.database = Database.open(url, Sealer([self.environment["DATA_KEYS"]], self.environment["INDEX_KEY"]))
        now = self.database.now()
        with self.database.writing() as tx:
            (entry,) = clinics.entries(tx)
            on_call.add(tx, now, entry.clinic.id, Recipient("mail", NURSES))

    def beats(self) -> list[health.Heartbeat]:
        with self.database.reading() as tx:
            return health.heartbeats(tx)

    def age(self) -> None:
        """All that showed itself did so two minutes earlier: as if a test could wait that long."""
        with self.database.writing() as tx:
            for beat in health.heartbeats(tx):
                earlier = {"at": beat.at - timedelta(minutes=2), "since": beat.since - timedelta(minutes=2)}
                this_one = health.heartbeat.c.process == beat.process
                tx.conn.execute(sa.update(health.heartbeat).where(this_one).values(**earlier))

    def alarms(self) -> dict[str, int]:
        """The kinds of the alarms that are open, with how often each was told."""
        with self.database.reading() as tx:
            return {alarm.kind: alarm.told for alarm in alarms.open_alarms(tx)}


@contextmanager
def killed_at_the_end(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler that shows itself, and that nobody tells to end."""
    environment = {**os.environ, **installation.environment}
    log = (installation.folder / "killed.log").open("wb")
    with log, subprocess.Popen([COMMAND, "scheduler"], env=environment, cwd=installation.folder, stderr=log) as process:
        try:
            assert until(lambda: any(beat.kind == "scheduler" for beat in installation.beats()))
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def test_each_tells_of_the_other_that_is_gone_and_that_it_is_back(installation: Installation) -> None:
    twilio, post = installation.twilio, installation.post
    with running(installation.environment, installation.folder):
        with killed_at_the_end(installation):
            pass
        installation.age()
        (text,) = twilio.wait_for(1, LONG)
        letters = post.wait_for(2, LONG)
        assert (text.to, text.sender, text.body.split(":")[0]) == (OPERATOR_PHONE, NUMBER, "Immunotext")
        assert "No scheduler has shown itself since" in text.body
        assert sorted(letter.to for letter in letters) == [NURSES, OPERATOR_EMAIL]
        assert all("no reminder goes out" in letter.body for letter in letters)
        assert installation.alarms() == {"scheduler_silent": 1}

        with scheduling(installation.environment, installation.folder):
            letters = post.wait_for(4, LONG)
            assert sorted(letter.to for letter in letters[2:]) == [NURSES, OPERATOR_EMAIL]
            assert letters[3].body.startswith("Over: No scheduler has shown itself")
            twilio.wait_for(2, LONG)
            assert installation.alarms() == {}
            with installation.database.reading() as tx:
                assert len(outages.outages_since(tx, None)) == 1

    before = {beat.process for beat in installation.beats()}
    with scheduling(installation.environment, installation.folder):
        assert until(lambda: {beat.process for beat in installation.beats()} > before)
        installation.age()
        *_, text = twilio.wait_for(3, LONG)
        assert "No web process has shown itself since" in text.body
        post.wait_for(6, LONG)
        assert installation.alarms() == {"web_silent": 1}
