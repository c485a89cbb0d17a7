"""The fake's own address, /_fake/...: how another process sets faults and reads what was taken. JSON in, JSON out.

GET  /_fake/ledger?after=N      {"messages": [...], "next": N}
GET  /_fake/told                {"told": [{"sid", "state", "status"}]}
POST /_fake/faults              {"kind": one of FAULTS, "times": 1 | null, "to": null}; DELETE takes all away
POST /_fake/stop, /_fake/start  {"number", "sender"}
POST /_fake/settings            {"latency"?, "strict"?, "deliver_to"?, "receipts"?: Policy's fields | null}
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.twilio.account import Message
from tests.fakes.twilio.api import Api
from tests.fakes.twilio.faults import FAULTS, Planned
from tests.fakes.twilio.http import Answer, Request
from tests.fakes.twilio.receipts import Policy

PREFIX = "/_fake/"


def handle(api: Api, request: Request) -> Answer:
    """One request to the fake's own address; 400 with a sentence for what it does not understand."""
    try:
        document = json.loads(request.body or b"{}")
        return _answer(200, _do(api, request.method, request.path.removeprefix(PREFIX), request.query, document))
    except (LookupError, TypeError, ValueError) as error:
        return _answer(400, {"error": f"{type(error).__name__}: {error}"})


def _do(api: Api, method: str, what: str, query: str, document: dict[str, Any]) -> Mapping[str, object]:
    match method, what:
        case "GET", "ledger":
            after = int(dict(parse_qsl(query)).get("after", "0"))
            taken = api.account.messages[after:]
            return {"messages": [as_json(message) for message in taken], "next": after + len(taken)}
        case "GET", "told":
            return {"told": [asdict(told) for told in api.receipts.told]}
        case "POST", "faults":
            api.planned.append(Planned(FAULTS[document["kind"]], document.get("times", 1), document.get("to")))
        case "DELETE", "faults":
            api.planned.clear()
        case "POST", "stop":
            api.account.stop(document["number"], document["sender"])
        case "POST", "start":
            api.account.start(document["number"], document["sender"])
        case "POST", "settings":
            _set(api, document)
        case _:
            raise LookupError(f"no {method} {what} here")
    return {}


def as_json(message: Message) -> dict[str, object]:
    """A line of the ledger."""
    line = asdict(message)
    line["at"] = message.at.isoformat()
    line["sent_at"] = message.sent_at.isoformat() if message.sent_at else None
    return line


def _set(api: Api, settings: dict[str, Any]) -> None:
    unknown = settings.keys() - {"latency", "strict", "deliver_to", "receipts"}
    if unknown:
        raise LookupError(f"no setting is called {', '.join(sorted(unknown))}")
    api.latency = float(settings.get("latency", api.latency))
    api.rules.strict = bool(settings.get("strict", api.rules.strict))
    api.receipts.deliver_to = settings.get("deliver_to", api.receipts.deliver_to)
    if "receipts" in settings:
        api.policy = Policy(**settings["receipts"]) if settings["receipts"] is not None else None


def _answer(status: int, document: Mapping[str, object]) -> Answer:
    return Answer(status, json.dumps(document).encode())
