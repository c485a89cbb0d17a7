"""The simulated provider and the carriers behind it: it takes texts, or does not, or does and never says so.

Its ledger is the truth of what went out. It keeps no promise that Twilio does not make (twilio.md sections 5 to 8).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

from channels.base import Fault, Listed, Outgoing, Receipt, ReceiptState, SendResult, Verdict, Via
from channels.twilio_errors import fault_of_answer, fault_of_receipt, verdict_of
from tests.simulation.loop import Loop, Pause
from tests.simulation.record import Begun, Record

if TYPE_CHECKING:
    from tests.simulation.setting import Setting

_TIME_OUT = 10.0
_SESSION = timedelta(hours=24)
"""So long after a person's text WhatsApp takes free words to them."""
_TRIES = 3
"""As often as a webhook is called again that did not answer (``#rc=3``)."""


class Answer(StrEnum):
    """What the provider makes of one call."""

    ACCEPTED = "accepted"
    TIMED_OUT_BEFORE = "timed out, not taken"
    TIMED_OUT_AFTER = "timed out, taken"
    BROKEN_BEFORE = "5xx, not taken"
    BROKEN_AFTER = "5xx, taken"
    WITHOUT_ID = "2xx without an id, taken"
    THROTTLED = "429"
    NOT_CONNECTED = "no connection"
    SENDER_FAULT = "sender at fault"


_TAKEN = {Answer.ACCEPTED, Answer.TIMED_OUT_AFTER, Answer.BROKEN_AFTER, Answer.WITHOUT_ID}
_RESULTS = {
    Answer.TIMED_OUT_BEFORE: (0, None),
    Answer.TIMED_OUT_AFTER: (0, None),
    Answer.BROKEN_BEFORE: (500, None),
    Answer.BROKEN_AFTER: (503, 20503),
    Answer.WITHOUT_ID: (0, None),
    Answer.THROTTLED: (429, 20429),
    Answer.SENDER_FAULT: (400, 21606),
}


class Provider:
    """A channel. What comes of a text later is told by receipts, late, twice, out of order or never."""

    def __init__(self, loop: Loop, chance: Random, setting: "Setting", record: Record) -> None:
        self._loop = loop
        self._chance = chance
        self._setting = setting
        self._record = record
        self._ids = 0
        self.note_receipt: Callable[[Receipt], bool] = lambda _: True
        self.is_away = False
        self.is_healed = False
        self.blocked: set[tuple[str, str]] = set()
        self.dead: set[tuple[str, Via]] = set()
        self.wrote_by_whatsapp: dict[str, datetime] = {}

    async def send(self, text: Outgoing) -> SendResult:
        """One call, as `channels.base.Channel` has it."""
        chance = self._chance
        call = self._record.begun[text.attempt][-1]
        refused = self._refused(text)
        answer = Answer.ACCEPTED if refused is None else None
        if refused is None:
            answer = self._answer()
        travels = chance.uniform(0.01, 1.5)
        if answer in _TAKEN:
            # Whatever becomes of the caller meanwhile, the provider has it then.
            self._loop.after(travels, lambda: self._take(text, call))
        timed_out = answer in (Answer.TIMED_OUT_BEFORE, Answer.TIMED_OUT_AFTER)
        await Pause(_TIME_OUT if timed_out else travels + chance.uniform(0.01, 2.0))
        result = refused or self._result(answer or Answer.ACCEPTED, call)
        call.result = result
        self._record.tally(f"call: {answer or result.fault}")
        return result

    async def list_messages(self, to: str, via: Via, sender: str, since: datetime) -> tuple[Listed, ...] | None:
        """What it took from a number of ours for a number since a moment, as `channels.base.Remembering` has it."""
        await Pause(self._chance.uniform(0.05, 2))
        if self.is_away or (not self.is_healed and self._chance.random() < self._setting.unlisted):
            return None
        self._record.tally("asked for what is unknown")
        asked = (to, via, sender)
        return tuple(
            Listed(call.provider_id or "", _words(call), ReceiptState.SENT, None, Fault.NONE, call.accepted[1])
            for call in reversed(self._record.taken())
            if call.accepted is not None and call.accepted[1] >= since
            if (call.outgoing.to, call.outgoing.via, call.outgoing.sender) == asked
        )

    async def look_up(self, provider_id: str) -> tuple[Listed, ...] | None:
        """What became of a text that it took, as `channels.base.Remembering` has it."""
        await Pause(self._chance.uniform(0.05, 2))
        if self.is_away or (not self.is_healed and self._chance.random() < self._setting.unlisted):
            return None
        self._record.tally("asked for what stayed silent")
        return tuple(
            Listed(provider_id, call.outgoing.body, end.state, end.code, end.fault, call.accepted[1])
            for call in self._record.taken()
            if call.provider_id == provider_id and call.accepted is not None
            for end in [call.end or Receipt(provider_id, ReceiptState.SENT, None, None)]
        )

    async def close(self) -> None:
        """Nothing to give back."""

    def _refused(self, text: Outgoing) -> SendResult | None:
        if self.is_away:
            return SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, "no connection")
        if (text.to, text.sender) in self.blocked:
            return _failure(400, 21610)
        if (text.to, text.via) in self.dead and self._chance.random() < 0.5:
            return _failure(400, 21211 if text.via is Via.SMS else 63024)
        return None

    def _answer(self) -> Answer:
        if not self.is_healed:
            for answer, often in self._setting.answers.items():
                if often and self._chance.random() < often:
                    return answer
        return Answer.ACCEPTED

    def _result(self, answer: Answer, call: Begun) -> SendResult:
        if answer is Answer.ACCEPTED:
            return SendResult(Verdict.ACCEPTED, call.provider_id, None, Fault.NONE, "")
        if answer is Answer.NOT_CONNECTED:
            return SendResult(Verdict.LATER, None, None, Fault.NOT_SENT, "no connection")
        return _failure(*_RESULTS[answer])

    def _take(self, text: Outgoing, call: Begun) -> None:
        self._ids += 1
        call.provider_id = f"SM{self._ids:032x}"
        call.accepted = (self._record.step(), self._loop.now)
        self._record.note(self._loop.now, f"taken {text.attempt} {text.to} {call.provider_id[-6:]}")
        call.end = self._tell(text, call.provider_id)

    def _tell(self, text: Outgoing, provider_id: str) -> Receipt:
        """Sends the receipts on their way: one that it was sent, and one of how it ended, which comes back."""
        chance = self._chance
        sent = Receipt(provider_id, ReceiptState.SENT, None, text.attempt)
        self._later(sent, chance.uniform(0.0, 3.0))
        end = replace(sent, state=ReceiptState.DELIVERED)
        code = self._fails_by(text)
        if code is None and not self.is_healed and chance.random() < self._setting.undelivered:
            code = chance.choice([30003, 30008])
        if code is not None:
            end = replace(sent, state=ReceiptState.UNDELIVERED, code=code, fault=fault_of_receipt(code))
        self._later(end, chance.uniform(0.0, 20.0))
        return end

    def _fails_by(self, text: Outgoing) -> int | None:
        """By what error a text that it took never arrives; None: it may."""
        if (text.to, text.via) in self.dead:
            return 30006 if text.via is Via.SMS else 63003
        if text.via is Via.SMS or text.content_sid is not None:
            return None
        wrote = self.wrote_by_whatsapp.get(text.to)
        return None if wrote is not None and self._loop.now < wrote + _SESSION else 63016

    def _later(self, receipt: Receipt, seconds: float) -> None:
        chance, setting = self._chance, self._setting
        if not self.is_healed:
            if chance.random() < setting.receipts_lost:
                return
            if chance.random() < setting.receipts_late:
                seconds += chance.expovariate(1 / 7200)
            if chance.random() < setting.receipts_doubled:
                self._loop.after(seconds + chance.expovariate(1 / 600), lambda: self._call_back(receipt, _TRIES))
        self._loop.after(seconds, lambda: self._call_back(receipt, _TRIES))

    def _call_back(self, receipt: Receipt, tries: int) -> None:
        if self.note_receipt(receipt):
            self._record.receipts.setdefault(receipt.provider_id, set()).add(receipt.state)
        elif tries:
            self._loop.after(self._chance.uniform(1, 15), lambda: self._call_back(receipt, tries - 1))


def _words(call: Begun) -> str:
    """What its list says of a text: it words a template by itself, and not as we do."""
    body = call.outgoing.body
    return body if call.outgoing.content_sid is None else body.upper()


def _failure(status: int, code: int | None) -> SendResult:
    fault = fault_of_answer(status, code)
    return SendResult(verdict_of(fault), None, code, fault, f"HTTP {status}")
