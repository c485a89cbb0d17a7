"""Notices on both databases: each is told once, however many send; what fails is tried again, or its reason kept."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from channels.base import Fault, SendResult, Verdict
from scheduler.duties.notices import GIVE_UP_AFTER, LEASE, Notices
from store import clinics, notices
from store.database import Database
from store.notices import Notice
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.duties.post import LATER, OPERATOR, REFUSED, Clock, Post, send, sending
from tests.scheduler.world import DAY_BEFORE, World

TEXT, MAIL = OPERATOR
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY_BEFORE)


def add(world: World, clock: Clock, about: str = "alarm/1/1") -> None:
    """A notice to the operator's phone and one to the mailbox."""
    with world.database.writing() as tx:
        for who in OPERATOR:
            notices.add_notice(tx, clock.now, f"{about}/{who.means}", None, who, "Immunotext: alarm", "It is so.")


def states(database: Database) -> list[str]:
    return [each.state for each in every(database)]


def every(database: Database) -> list[Notice]:
    with database.reading() as tx:
        return notices.latest(tx)[::-1]


def test_a_notice_goes_by_text_and_by_mail(world: World, clock: Clock) -> None:
    add(world, clock)
    post = Post()
    assert send(sending(world.database, clock, post), post) == 2
    (text,) = post.texts
    assert (text.to, text.sender, text.body, text.status_callback) == (TEXT.address, NUMBER, "It is so.", None)
    assert post.mails == [(MAIL.address, "Immunotext: alarm", "It is so.")]
    assert states(world.database) == ["sent", "sent"]
    assert send(sending(world.database, clock, post), post) == 0


def test_of_many_who_send_at_once_each_notice_goes_once(world: World, clock: Clock) -> None:
    for number in range(10):
        add(world, clock, f"alarm/{number}/1")
    post, together = Post(), threading.Barrier(4)

    def work(owner: str) -> None:
        ours = sending(world.database, clock, post, owner)
        together.wait()
        while send(ours, post):
            pass

    threads = [threading.Thread(target=work, args=(f"process {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert post.told == sorted([TEXT.address] * 10 + [MAIL.address] * 10)
    assert set(states(world.database)) == {"sent"}


def test_the_same_is_told_once_however_often_it_is_asked_for(world: World, clock: Clock) -> None:
    add(world, clock)
    add(world, clock)
    assert len(every(world.database)) == 2


def test_what_cannot_go_now_is_tried_again_later_and_later(world: World, clock: Clock) -> None:
    with world.database.writing() as tx:
        notices.add_notice(tx, clock.now, "alarm/1/1", None, MAIL, "alarm", "It is so.")
    post = Post([LATER] * 9)
    ours = sending(world.database, clock, post)
    waits, (notice,) = [], every(world.database)
    for _ in range(8):
        assert send(ours, post) == 1
        (notice,) = every(world.database)
        waits.append((notice.due_at - clock.now) // SECOND)
        clock.now = notice.due_at - SECOND
        assert send(ours, post) == 0
        clock.forward(SECOND)
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert (notice.state, notice.detail) == ("due", "not_sent no connection")


def test_an_address_that_is_refused_is_given_up_with_its_reason(world: World, clock: Clock) -> None:
    add(world, clock)
    post = Post([REFUSED, REFUSED])
    send(sending(world.database, clock, post), post)
    for notice in every(world.database):
        assert (notice.state, notice.detail) == (
            "failed",
            "recipient_permanent the mail server refuses the address",
        )


def test_a_notice_whose_address_is_damaged_fails_and_keeps_no_other_from_being_told(world: World, clock: Clock) -> None:
    add(world, clock)
    with world.database.writing() as tx:
        is_text = notices.notice.c.means == "text"
        tx.conn.execute(sa.update(notices.notice).where(is_text).values(address_sealed=b"damaged"))
    post = Post()
    assert send(sending(world.database, clock, post), post) == 1
    assert len(post.mails) == 1
    damaged, told = every(world.database)
    assert (damaged.state, damaged.to.address, told.state) == ("failed", "", "sent")
    assert damaged.detail.startswith("its address cannot be opened")


def test_after_six_hours_a_notice_is_given_up(world: World, clock: Clock) -> None:
    add(world, clock)
    clock.forward(GIVE_UP_AFTER)
    post = Post([LATER, LATER])
    send(sending(world.database, clock, post), post)
    assert states(world.database) == ["failed", "failed"]


@pytest.mark.parametrize("fault", [SendResult(Verdict.UNKNOWN, None, None, Fault.UNKNOWN_OUTCOME, "no answer"), LATER])
def test_whether_it_went_is_not_known_then_it_is_told_again(world: World, clock: Clock, fault: SendResult) -> None:
    """Two of the same do no harm, none may cost a treatment."""
    add(world, clock)
    post = Post([fault, fault])
    ours = sending(world.database, clock, post)
    send(ours, post)
    clock.forward(timedelta(minutes=1))
    send(ours, post)
    assert states(world.database) == ["sent", "sent"]


def test_what_a_dead_process_had_claimed_goes_to_the_next_and_the_dead_one_settles_nothing(
    world: World, clock: Clock
) -> None:
    add(world, clock)
    with world.database.writing() as tx:
        held = notices.claim(tx, clock.now, clock.now, clock.now + LEASE, "dead", 10)
    post = Post()
    assert send(sending(world.database, clock, post), post) == 0
    clock.forward(LEASE)
    assert send(sending(world.database, clock, post), post) == 2
    with world.database.writing() as tx:
        assert not any(notices.settle(tx, clock.now, each, "dead", "failed") for each in held)
        assert not any(notices.try_again(tx, each, "dead", clock.now, "") for each in held)
    assert states(world.database) == ["sent", "sent"]


def test_one_who_helps_out_leaves_the_first_minute_to_the_others(world: World, clock: Clock) -> None:
    add(world, clock)
    post = Post()
    ours = sending(world.database, clock, post)
    assert send(ours, post, timedelta(minutes=1)) == 0
    clock.forward(timedelta(minutes=1))
    assert send(ours, post, timedelta(minutes=1)) == 2


def test_without_a_number_in_service_or_a_mail_server_it_says_what_is_missing(world: World, clock: Clock) -> None:
    add(world, clock)
    with world.database.writing() as tx:
        clinics.stop_sender(tx, clock.now, world.entry.senders[0].id, "account")
    post = Post()
    send(Notices(world.database, clock, "one", None), post)
    assert [each.detail for each in every(world.database)] == [
        "no clinic has a number in service",
        "there is no mail server: set SMTP_URL and MAIL_FROM",
    ]
    assert post.told == []


def test_a_text_goes_from_the_clinics_own_number_where_it_has_one(world: World, clock: Clock) -> None:
    with world.database.writing() as tx:
        fields = {"program": "Other", "timezone": "UTC", "country": "us", "languages": ["en"], "default_language": "en"}
        other = clinics.add_clinic(tx, clock.now, name="Elsewhere", **fields)  # type: ignore[arg-type]
        theirs = clinics.add_sender(tx, clock.now, other.id, "+12025550122", kind="number")
        assert notices.way_out(tx, other.id) == "+12025550122"
        assert notices.way_out(tx, world.entry.clinic.id) == NUMBER
        assert notices.way_out(tx, None) == NUMBER
        clinics.stop_sender(tx, clock.now, theirs.id, "account")
        assert notices.way_out(tx, other.id) == NUMBER


def test_a_way_out_that_breaks_its_promise_keeps_nobody_else_from_being_told(
    world: World, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    add(world, clock)

    class Broken(Post):
        def mail(self, to: str, subject: str, body: str) -> SendResult:
            raise RuntimeError(to)

    post = Broken()
    send(sending(world.database, clock, post), post)
    assert states(world.database) == ["sent", "due"]
    assert MAIL.address not in caplog.text
