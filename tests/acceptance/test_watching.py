"""Nobody is watched only by himself: real processes, a real mail server and a Twilio, and people who are told."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import alarms, clinics, health, on_call, outages
from store.database import Database
from store.on_call import Recipient
from store.sealed import Sealer
from tests.acceptance.serving import PATIENCE, environment_on, running, scheduling, set_up, until
from tests.fakes.smtp import FakeSmtp
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import NUMBER

OPERATOR_PHONE = "+15005550110"
OPERATOR_EMAIL = "operator@example.org"
NURSES = "nurses@example.org"


@pytest.fixture
def installation(migrated_sqlite_url: str, tmp_path: Path) -> Iterator["Installation"]:
    """On SQLite alone: what the watch reads and writes is tested on both kinds in tests/scheduler/duties."""
    with FakeTwilio() as twilio, FakeSmtp() as post:
        made = Installation(migrated_sqlite_url, tmp_path, twilio, post)
        yield made
        made.database.close()


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

    def show_scheduler(self) -> None:
        """A sign of life of a scheduler."""
        now = self.database.now()
        with self.database.writing() as tx:
            health.beat(tx, now, "scheduler-0", "one", "scheduler")

    def shown(self) -> set[str]:
        """The kinds of the processes that showed themselves."""
        with self.database.reading() as tx:
            return {beat.kind for beat in health.heartbeats(tx)}

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

    def told(self, words: str) -> set[str]:
        """Whom these words have reached, by text or by mail."""
        texted = {text.to for text in self.twilio.ledger if words in text.body}
        return texted | {letter.to for letter in tuple(self.post.letters) if words in letter.body}


def test_each_tells_of_the_other_that_is_gone_and_that_it_is_back(installation: Installation) -> None:
    twilio, post = installation.twilio, installation.post
    with ExitStack() as later:
        with running(installation.environment, installation.folder):
            # What a scheduler leaves behind that was killed.
            installation.show_scheduler()
            assert until(lambda: installation.shown() == {"scheduler", "web"})
            installation.age()
            (text,) = twilio.wait_for(1, PATIENCE)
            letters = post.wait_for(2, PATIENCE)
            assert (text.to, text.sender, text.body.split(":")[0]) == (OPERATOR_PHONE, NUMBER, "Immunotext")
            assert "No scheduler has shown itself since" in text.body
            assert sorted(letter.to for letter in letters) == [NURSES, OPERATOR_EMAIL]
            assert all("no reminder goes out" in letter.body for letter in letters)
            assert installation.alarms() == {"scheduler_silent": 1}

            later.enter_context(scheduling(installation.environment, installation.folder))
            over = "Over: No scheduler has shown itself"
            assert until(lambda: installation.told(over) == {OPERATOR_PHONE, OPERATOR_EMAIL, NURSES})
            assert installation.alarms() == {}
            with installation.database.reading() as tx:
                assert len(outages.outages_since(tx, None)) == 1

        installation.age()
        silent = "No web process has shown itself since"
        assert until(lambda: installation.told(silent) == {OPERATOR_PHONE, OPERATOR_EMAIL, NURSES})
        assert installation.alarms() == {"web_silent": 1}
