"""Ways in which a call to Twilio goes wrong, to be had on demand."""

import json
from dataclasses import dataclass
from typing import Literal

from tests.fakes.twilio.rules import Refusal


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong: what happens to the caller, and whether the message was taken before that."""

    taken: bool
    then: Literal["answer", "hang", "hang_in_body", "reset"]
    status: int = 200
    content_type: str = "application/json"
    body: str = ""


def _error(code: int, taken: bool = False) -> Fault:
    refusal = Refusal(code)
    return Fault(taken, "answer", refusal.status, body=json.dumps(refusal.resource()))


_PROBLEM = {
    "type": "https://www.twilio.com/docs/api/errors/20429",
    "title": "Too many requests",
    "status": 429,
    "code": 20429,
    "detail": "slow down",
}
_PAGE = "<html><body>Sign in to the network</body></html>"

FAULTS: dict[str, Fault] = {
    # the connection
    "hang": Fault(False, "hang"),
    "hang_after_taking": Fault(True, "hang"),
    "hang_in_body": Fault(True, "hang_in_body", 201),
    "reset": Fault(False, "reset"),
    "reset_after_taking": Fault(True, "reset"),
    # errors of Twilio's own
    "throttled": _error(20429),
    "throttled_without_code": Fault(False, "answer", 429, "text/plain", "slow down"),
    "throttled_as_problem": Fault(False, "answer", 429, "application/problem+json", json.dumps(_PROBLEM)),
    "queue_full": _error(21611),
    "wrong_token": _error(20003),
    "error_500": _error(20500),
    "error_500_after_taking": _error(20500, taken=True),
    "error_503": _error(20503),
    "bad_gateway": Fault(False, "answer", 502, "text/html", "<html>502 Bad Gateway</html>"),
    "bad_gateway_after_taking": Fault(True, "answer", 502, "text/html", "<html>502 Bad Gateway</html>"),
    # successes that are none
    "html": Fault(False, "answer", 200, "text/html", _PAGE),
    "empty": Fault(True, "answer", 201),
    "empty_object": Fault(True, "answer", 201, body="{}"),
    "list": Fault(True, "answer", 201, body="[]"),
    "no_utf8": Fault(True, "answer", 201, body="\udcff\udcfe{"),
    "nested": Fault(True, "answer", 201, body="[" * 100_000),
    "redirect": Fault(False, "answer", 302, "text/html", _PAGE),
    "new_code": Fault(False, "answer", 400, body='{"code": 29999, "message": "new", "more_info": "", "status": 400}'),
}


@dataclass(slots=True)
class Planned:
    """A fault for the next ``times`` messages (None: until told otherwise), of one recipient where ``to`` is given."""

    fault: Fault
    times: int | None = 1
    to: str | None = None

    def strikes(self, to: str) -> bool:
        """Whether it is this message's turn; counts it."""
        if self.times == 0 or self.to not in {None, to}:
            return False
        if self.times is not None:
            self.times -= 1
        return True
