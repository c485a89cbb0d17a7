"""A scheduler asks Twilio for what it does not know: the real channel over HTTP, the time as the test says."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from channels.base import Listed, Outgoing, Receipt, ReceiptState, Remembering, Via
from channels.simulator import SimulatedChannel
from channels.twilio import TwilioChannel
from scheduler.asking import Asking
from scheduler.delivery import receipts
from scheduler.delivery.reconcile import SOONEST
from scheduler.delivery.words import as_template
from scheduler.enrolment import Enrolled
from store import clinics, whatsapp
from store.settling import ASK_AFTER
from store.whatsapp import Template
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.scheduler.world import DAY_BEFORE, ENROLLED, PHONE, World

T = TypeVar("T")
SECOND = timedelta(seconds=1)


class Rounds:
    """The tick, driven by hand."""

    def __init__(
        self,
        world: World,
        fake: FakeTwilio,
        runner: asyncio.Runner,
        asks_with: str = AUTH_TOKEN,
    ) -> None:
        self.world = world
        self.runner = runner
        self.channel = TwilioChannel(ACCOUNT_SID, AUTH_TOKEN, fake.url, timeout=1.0)
        self.is_ending = False
        self.other = TwilioChannel(ACCOUNT_SID, asks_with, fake.url, timeout=1.0)
        self.now = DAY_BEFORE
        self.asking = Asking(
            world.database,
            world.library,
            self.other,
            real=lambda: self.now,
            is_ending=lambda: self.is_ending,
            demo=False,
        )

    def send(self, after: timedelta = timedelta()) -> None:
        """What is due goes to Twilio, whatever comes back."""
        for ready in self.world.begin(DAY_BEFORE + after):
            result = self.runner.run(self.channel.send(ready.outgoing))
            self.world.finish(DAY_BEFORE + after, [ready], result)

    def round(self, after: timedelta) -> None:
        self.now = DAY_BEFORE + after
        self.runner.run(self.asking.round(_at_once))

    def hear(self, after: timedelta) -> None:
        self.now = DAY_BEFORE + after
        self.runner.run(self.asking.hear(_at_once))

    def close(self) -> None:
        self.runner.run(self.channel.close())
        self.runner.run(self.other.close())


async def _at_once(duty: Callable[[], T]) -> T:
    return duty()


def _states(world: World, enrolled: Enrolled) -> list[str]:
    return [text.state for text in world.texts(enrolled)]


def test_what_twilio_took_without_an_answer_is_found_and_what_it_never_took_goes_once_more(world: World) -> None:
    took, never = world.reminded(), world.reminded(phone="+12025550144")
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        fake.fail("error_500_after_taking", to=world.contact(took).phone)
        fake.fail("reset", to=world.contact(never).phone)
        rounds.send()
        assert [_states(world, took)[-1], _states(world, never)[-1]] == ["unknown", "unknown"]
        rounds.round(SOONEST)
        assert [_states(world, took)[-1], _states(world, never)[-1]] == ["accepted", "unknown"]
        rounds.round(2 * SOONEST)
        assert _states(world, never)[-1] == "due"
        rounds.send(2 * SOONEST)
        assert len(fake.ledger) == 2
        assert _states(world, never)[-1] == "accepted"
        rounds.close()


def test_while_twilio_does_not_answer_the_first_question_is_the_last(world: World) -> None:
    world.reminded()
    world.reminded(phone="+12025550144")
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner, asks_with="another token")
        fake.fail("reset", times=2)
        rounds.send()
        asked = fake.api.calls
        rounds.round(SOONEST)
        assert fake.api.calls == asked + 1
        rounds.is_ending = True
        rounds.round(SOONEST)
        assert fake.api.calls == asked + 1
        rounds.close()


def _accepted(world: World, rounds: Rounds) -> Enrolled:
    """A patient whose reminder Twilio took, and of which no receipt tells."""
    enrolled = _reminded(world)
    rounds.send()
    assert _states(world, enrolled)[-1] == "accepted"
    return enrolled


def _reminded(world: World, phone: str = PHONE) -> Enrolled:
    """A patient whose reminder is due, and whose first text arrived."""
    enrolled = world.reminded(phone=phone)
    first = world.texts(enrolled)[0].provider_id or ""
    world.receive(DAY_BEFORE, Receipt(first, ReceiptState.DELIVERED, None, None))
    return enrolled


def test_twilio_is_asked_for_a_text_of_which_half_a_day_nothing_was_heard(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = _accepted(world, rounds)
        calls = fake.api.calls
        rounds.hear(ASK_AFTER - SECOND)
        assert fake.api.calls == calls
        fake.ledger[-1].status = "delivered"
        rounds.hear(ASK_AFTER)
        assert fake.api.calls == calls + 1
        assert _states(world, enrolled)[-1] == "delivered"
        rounds.hear(10 * ASK_AFTER)
        assert fake.api.calls == calls + 1
        rounds.close()


def test_what_was_heard_of_a_text_stands_before_the_next_is_asked_for(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = [_reminded(world), _reminded(world, phone="+12025550144")]
        rounds.send()
        for text in fake.ledger:
            text.status = "delivered"
        ask = rounds.other.look_up
        seen: list[list[str]] = []

        async def look_up(provider_id: str) -> tuple[Listed, ...] | None:
            seen.append([_states(world, each)[-1] for each in enrolled])
            return await ask(provider_id)

        rounds.other.look_up = look_up  # type: ignore[method-assign]
        rounds.hear(ASK_AFTER)
        assert list(map(sorted, seen)) == [["accepted", "accepted"], ["accepted", "delivered"]]
        rounds.close()


def test_what_never_ends_is_asked_for_less_and_less_often_and_after_a_week_no_more(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        _accepted(world, rounds)
        asked = []
        for hours in range(24 * 30):
            before = fake.api.calls
            rounds.hear(timedelta(hours=hours))
            asked += [hours] * (fake.api.calls - before)
        assert asked == [12, 24, 48, 96, 192]
        rounds.close()


def test_what_failed_in_silence_is_followed_up_as_from_a_receipt(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = _accepted(world, rounds)
        fake.ledger[-1].status, fake.ledger[-1].error_code = "undelivered", 30005
        rounds.hear(ASK_AFTER)
        assert _states(world, enrolled)[-1] == "undelivered"
        assert [task.detail for task in world.tasks()] == ["recipient_permanent"]
        rounds.close()


def test_a_text_of_another_account_is_asked_for_once_and_while_twilio_does_not_answer_only_the_first(
    world: World,
) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner, asks_with="another token")
        first = _accepted(world, rounds)
        second = _reminded(world, phone="+12025550144")
        rounds.send()
        calls = fake.api.calls
        rounds.hear(ASK_AFTER)
        assert fake.api.calls == calls + 1
        rounds.is_ending = True
        rounds.hear(2 * ASK_AFTER)
        assert fake.api.calls == calls + 1
        rounds.close()
    with FakeTwilio(clock=lambda: DAY_BEFORE) as empty, asyncio.Runner() as runner:
        rounds = Rounds(world, empty, runner)
        rounds.hear(3 * ASK_AFTER)
        rounds.hear(4 * ASK_AFTER)
        assert empty.api.calls == 2
        assert [_states(world, first)[-1], _states(world, second)[-1]] == ["accepted", "accepted"]
        rounds.close()


def test_a_receipt_of_another_installation_on_the_same_account_moves_nothing_of_ours(world: World) -> None:
    """Its texts have numbers too, and its callbacks may come to us: a copy of our settings, set up to try something."""
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = world.reminded()
        waiting = world.texts(enrolled)[-1]
        theirs = replace(_outgoing(world, enrolled), attempt=f"{waiting.id}.1", body="Theirs")
        sid = runner.run(rounds.channel.send(theirs)).provider_id or ""
        with world.database.writing() as tx:
            told = Receipt(sid, ReceiptState.DELIVERED, None, f"{waiting.id}.1")
            assert receipts.apply(tx, DAY_BEFORE, world.library, told) is None
        assert world.texts(enrolled)[-1] == waiting
        rounds.send()
        assert _states(world, enrolled)[-1] == "accepted"
        rounds.close()


def _outgoing(world: World, enrolled: Enrolled) -> Outgoing:
    to = world.contact(enrolled).phone or ""
    return Outgoing(to, "", Via.SMS, NUMBER, None, None, "1.1")


def test_only_a_channel_that_remembers_is_asked() -> None:
    assert isinstance(TwilioChannel(ACCOUNT_SID, AUTH_TOKEN), Remembering)
    assert not isinstance(SimulatedChannel(), Remembering)


TEMPLATES = {"optin_confirm": "HX" + "a" * 32, "visit_tomorrow_untimed": "HX" + "b" * 32, "plan_ended": "HX" + "c" * 32}


def _by_whatsapp(world: World, fake: FakeTwilio) -> Enrolled:
    """A patient whose reminder is to go by a template that somebody changed at Twilio since it was set here."""
    clinic = world.entry.clinic.id
    with world.database.writing() as tx:
        clinics.add_sender(tx, ENROLLED, clinic, f"whatsapp:{NUMBER}", kind="number", carrier="whatsapp")
        for key, sid in TEMPLATES.items():
            words = world.library.wordings["en"].texts[key].text
            whatsapp.set_template(tx, Template(clinic, key, "en", sid, words, ENROLLED))
            fake.account.whatsapp.templates[sid] = f"Hello! {as_template(words)}"
    return world.reminded(via=Via.WHATSAPP)


def test_by_whatsapp_a_template_is_found_though_twilio_words_it_otherwise_and_never_goes_twice(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = _by_whatsapp(world, fake)
        fake.fail("error_500_after_taking", to=f"whatsapp:{PHONE}")
        rounds.send()
        text = world.texts(enrolled)[-1]
        assert (text.state, text.via, text.body == fake.ledger[0].body) == ("unknown", "whatsapp", False)
        for minutes in range(1, 6):
            rounds.round(minutes * SOONEST)
            rounds.send(minutes * SOONEST)
        text = world.texts(enrolled)[-1]
        assert (text.state, text.provider_id, len(fake.ledger)) == ("accepted", fake.ledger[0].sid, 1)
        rounds.close()


def test_what_whatsapp_never_had_goes_once_more_though_an_earlier_text_is_listed(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = _by_whatsapp(world, fake)
        rounds.send()
        world.add_text(enrolled, DAY_BEFORE + SECOND, template="plan_ended")
        fake.fail("reset", to=f"whatsapp:{PHONE}")
        rounds.send(SECOND)
        assert _states(world, enrolled)[-1] == "unknown"
        rounds.round(SECOND + SOONEST)
        rounds.round(SECOND + 2 * SOONEST)
        assert _states(world, enrolled)[-1] == "due"
        rounds.close()


def test_of_two_unknown_templates_of_the_same_minutes_neither_goes_again_where_twilio_has_one(world: World) -> None:
    with FakeTwilio(clock=lambda: DAY_BEFORE) as fake, asyncio.Runner() as runner:
        rounds = Rounds(world, fake, runner)
        enrolled = _by_whatsapp(world, fake)
        fake.fail("error_500_after_taking", to=f"whatsapp:{PHONE}")
        rounds.send()
        world.add_text(enrolled, DAY_BEFORE + SECOND, template="plan_ended")
        fake.fail("reset", to=f"whatsapp:{PHONE}")
        rounds.send(SECOND)
        for minutes in range(2, 6):
            rounds.round(minutes * SOONEST)
        assert _states(world, enrolled)[-2:] == ["unknown", "unknown"]
        rounds.round(timedelta(days=2))
        assert [task.kind for task in world.tasks()] == ["failed_text"] * 2
        assert [text.gate for text in world.texts(enrolled)[-2:]] == ["not_settled"] * 2
        assert len(fake.ledger) == 1
        rounds.close()
