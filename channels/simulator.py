"""The phone on the screen: a channel that reaches nobody and delivers at once."""

from secrets import token_hex

from channels.base import Fault, Outgoing, SendResult, Verdict


class SimulatedChannel:
    """Accepts every text and calls it delivered; whoever shows the phone reads the texts from the store."""

    async def send(self, text: Outgoing) -> SendResult:  # noqa: ARG002 - a channel is given the text
        """Deliver, with an id that no provider gives."""
        return SendResult(Verdict.ACCEPTED, f"SIM{token_hex(16)}", None, Fault.NONE, "simulated", delivered=True)

    async def close(self) -> None:
        """There is nothing to give back."""
