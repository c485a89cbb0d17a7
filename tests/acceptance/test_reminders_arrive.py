"""A patient on a 21-day cycle in New York gets every text through Twilio at the right local time, all year round.

The real channel talks over HTTP to a fake that is as strict as Twilio. Time is what the test says it is.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from channels.base import Receipt
from channels.twilio import TwilioChannel, parse_receipt, signature_ok
from content.library import Library, load
from scheduler import clock
from scheduler.clock import Moment
from scheduler.delivery import dispatcher
from scheduler.delivery.dispatcher import Ready
from scheduler.enrolment import Enrolled
from store import consents, outbox
from store.database import Database
from tests.fakes.twilio.account import Message
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, SignedForm
from tests.scheduler.world import LEASE, PHONE, World, at, open_database

STATUS = "https://texts.example.org/webhooks/twilio/status"
FIRST_VISIT = date(2026, 2, 16)
VISIT_TIME = time(14, 30)
ENROLLED = at(2026, 2, 10, 11)
END = at(2026, 12, 1)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    opened = open_database(migrated_url)
    yield opened
    opened.close()


class Steps:
    """A scheduler driven by hand: every step at the moment the test is at, every call a real one."""

    def __init__(self, world: World, fake: FakeTwilio, runner: asyncio.Runner, owners: tuple[str, ...]) -> None:
        self.world = world
        self.runner = runner
        self.channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url)
        self.owners = owners
        self.turn = 0

    def send(self, now: datetime) -> None:
        """Plans and sends all that is due, the schedulers in turns, each with one text at a time."""
        self.world.plan(now)
        idle = 0
        while idle < len(self.owners):
            owner = self.owners[self.turn % len(self.owners)]
            self.turn += 1
            ids = self.world.claim(now, owner=owner, limit=1)
            idle = 0 if ids else idle + 1
            with self.world.database.writing() as tx:
                ready = dispatcher.begin(
                    tx,
                    Moment(now, now),
                    self.world.library,
                    self.world.known.fresh(tx),
                    ids,
                    owner=owner,
                    lease_until=now + LEASE,
                    status_callback=STATUS,
                )
            self._call(now, ready)

    def next_due(self) -> datetime | None:
        with self.world.database.reading() as tx:
            return clock.next_due(tx)

    def close(self) -> None:
        self.runner.run(self.channel.close())

    def _call(self, now: datetime, ready: list[Ready]) -> None:
        results = [(text, self.runner.run(self.channel.send(text.outgoing))) for text in ready]
        with self.world.database.writing() as tx:
            dispatcher.finish(tx, now, self.world.library, results, self.world.chance)


def _receipt(form: SignedForm) -> Receipt:
    """What our webhook makes of a callback: its signature is Twilio's, its fields are a receipt."""
    params = parse_qsl(form.body.decode(), keep_blank_values=True)
    assert signature_ok(form.url, params, form.headers["X-Twilio-Signature"], [AUTH_TOKEN])
    return parse_receipt(params, parse_qsl(urlsplit(form.url).query))


def _live(world: World, fake_clock: list[datetime], fake: FakeTwilio, *owners: str) -> Enrolled:
    """Lets the year go by from one due moment to the next, with a receipt for every text."""
    enrolled = world.enrol(ENROLLED, FIRST_VISIT, visit_time=VISIT_TIME)
    told = 0
    with asyncio.Runner() as runner:
        steps = Steps(world, fake, runner, owners)
        now: datetime | None = ENROLLED
        while now is not None and now < END:
            fake_clock[0] = now
            steps.send(now)
            for message in fake.ledger[told:]:
                world.receive(now + timedelta(seconds=2), _receipt(fake.receipt(message.sid, "delivered")))
                world.receive(now + timedelta(seconds=3), _receipt(fake.receipt(message.sid, "sent")))
            told = len(fake.ledger)
            now = steps.next_due()
        steps.close()
    return enrolled


def _local(message: Message) -> datetime:
    return message.at.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None)


def _expected() -> list[tuple[datetime, str]]:
    """The year by hand: what the regimen file says, on the calendar on the wall."""
    texts = []
    visit = FIRST_VISIT
    while visit < date(2027, 1, 1):
        texts += [
            (
                datetime.combine(visit - timedelta(days=3), time(10)),
                f"you have a visit on {visit:%a %b} {visit.day} at",
            ),
            (datetime.combine(visit - timedelta(days=1), time(16)), "visit tomorrow at 2:30 PM"),
            (datetime.combine(visit, time(9)), "your visit is today at 2:30 PM"),
            (datetime.combine(visit + timedelta(days=5), time(11)), "Side effects can start any time"),
        ]
        visit += timedelta(days=21)
    return [text for text in texts if text[0] < datetime(2026, 12, 1)]  # noqa: DTZ001 - on the wall there is no zone


@pytest.mark.parametrize("owners", [("one",), ("one", "two")], ids=["one scheduler", "two schedulers"])
def test_every_text_of_the_year_arrives_once_at_its_local_time(
    database: Database, library: Library, owners: tuple[str, ...]
) -> None:
    world = World.build(database, library, ENROLLED)
    fake_clock = [ENROLLED]
    with FakeTwilio(clock=lambda: fake_clock[0]) as fake:
        enrolled = _live(world, fake_clock, fake, *owners)
        ledger = fake.ledger

    assert {message.to for message in ledger} == {PHONE}
    assert "you are signed up" in ledger[0].body
    arrived = [(_local(message), message.body) for message in ledger[1:]]
    expected = _expected()
    assert [moment for moment, _ in arrived] == [moment for moment, _ in expected]
    assert all(words in body for (_, body), (_, words) in zip(arrived, expected, strict=True))
    offsets = {message.at.astimezone(ZoneInfo("America/New_York")).utcoffset() for message in ledger}
    assert offsets == {timedelta(hours=-5), timedelta(hours=-4)}
    assert [text.state for text in world.texts(enrolled)] == ["delivered"] * len(ledger)
    assert [text.provider_id for text in world.texts(enrolled)] == [message.sid for message in ledger]


def test_twilio_says_that_the_person_opted_out_and_nothing_more_goes(database: Database, library: Library) -> None:
    """STOP reached Twilio alone: the next text is refused with 21610, and is the last that we try."""
    world = World.build(database, library, ENROLLED)
    fake_clock = [ENROLLED]
    with FakeTwilio(clock=lambda: fake_clock[0]) as fake:
        fake.stop(PHONE)
        enrolled = _live(world, fake_clock, fake, "one")
        assert fake.ledger == ()
        assert fake.api.calls == 1

    with database.reading() as tx:
        assert [event.how for event in consents.consents(tx, enrolled.patient.contact_id)] == ["form", "provider"]
    (text,) = world.texts(enrolled)
    assert (text.state, text.error_code) == ("failed", 21610)


def test_an_outage_of_twilio_loses_nothing_that_is_still_of_use(database: Database, library: Library) -> None:
    world = World.build(database, library, ENROLLED)
    fake_clock = [ENROLLED]
    with FakeTwilio(clock=lambda: fake_clock[0]) as fake:
        fake.fail("throttled", times=6)
        enrolled = _live(world, fake_clock, fake, "one")
        welcome = fake.ledger[0]

    assert fake.api.calls == len(fake.ledger) + 6
    assert ENROLLED < welcome.at.astimezone(UTC) < ENROLLED + timedelta(hours=1)
    first = world.texts(enrolled)[0]
    assert (first.state, first.attempts) == ("delivered", 7)


def test_an_answer_that_never_came_is_not_sent_a_second_time(database: Database, library: Library) -> None:
    """Twilio took the text and answered 500; its receipt is what tells us."""
    world = World.build(database, library, ENROLLED)
    enrolled = world.enrol(ENROLLED, FIRST_VISIT)
    with FakeTwilio(clock=lambda: ENROLLED) as fake, asyncio.Runner() as runner:
        fake.fail("error_500_after_taking")
        steps = Steps(world, fake, runner, ("one",))
        steps.send(ENROLLED)
        assert [text.state for text in world.texts(enrolled)] == ["unknown"]
        steps.send(ENROLLED + LEASE)
        (message,) = fake.ledger
        world.receive(ENROLLED + LEASE, _receipt(fake.receipt(message.sid, "sent")))
        steps.close()

    (text,) = world.texts(enrolled)
    assert (text.state, text.provider_id) == ("sent", message.sid)
    with database.reading() as tx:
        assert outbox.next_due_at(tx) is None
