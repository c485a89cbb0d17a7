"""A scheduler asks Twilio for what it does not know: the real channel over HTTP, the time as the test says."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from channels.base import Remembering
from channels.simulator import SimulatedChannel
from channels.twilio import TwilioChannel
from scheduler.asking import Asking
from scheduler.delivery.reconcile import SOONEST
from scheduler.enrolment import Enrolled
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN
from tests.scheduler.world import DAY_BEFORE, World

T = TypeVar("T")


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


def test_only_a_channel_that_remembers_is_asked() -> None:
    assert isinstance(TwilioChannel(ACCOUNT_SID, AUTH_TOKEN), Remembering)
    assert not isinstance(SimulatedChannel(), Remembering)
