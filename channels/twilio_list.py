"""What Twilio says that it has: its list of messages, read page by page.

https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources. It is asked for by recipient
alone: how Twilio's filter by date treats a message that has not been sent yet is not said anywhere.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from channels.base import Fault, Listed, ReceiptState
from channels.twilio_errors import fault_of_receipt
from channels.twilio_webhooks import STATES, is_message_sid

PAGE = 100
_MOST_PAGES = 10
_WITHOUT_ARRIVAL = {ReceiptState.UNDELIVERED, ReceiptState.FAILED}

Ask = Callable[[str], Awaitable[tuple[int, str]]]
"""Gets an address of the API (its path and query), and gives the status and the words of the answer."""


async def read_one(ask: Ask, address: str) -> tuple[Listed, ...] | None:
    """The message at this address, empty where there is none; None where Twilio does not say.

    Raises ValueError, KeyError and TypeError for what is no message of Twilio's.
    """
    status, words = await ask(address)
    if status == 404:
        return ()
    if status != 200:
        return None
    resource = json.loads(words)
    return (_listed(_created(resource), resource),)


async def read_list(ask: Ask, first: str, sender: str, since: datetime) -> tuple[Listed, ...] | None:
    """The messages from ``sender``, newest first, back to ``since``; None where that far back could not be read.

    Raises ValueError, KeyError and TypeError for what is no list of Twilio's.
    """
    found: list[Listed] = []
    address = first
    for _ in range(_MOST_PAGES):
        status, words = await ask(address)
        if status != 200:
            return None
        page = json.loads(words)
        taken = [(_created(each), each) for each in page["messages"]]
        found += [_listed(at, each) for at, each in taken if at >= since and _is_ours(each, sender)]
        address = page["next_page_uri"]
        if not address or any(at < since for at, _ in taken):
            return tuple(found)
    return None


def _created(resource: Mapping[str, Any]) -> datetime:
    return parsedate_to_datetime(resource["date_created"]).astimezone(UTC)


def _is_ours(resource: Mapping[str, Any], sender: str) -> bool:
    came_from = (resource["from"], resource["messaging_service_sid"])
    return resource["direction"] == "outbound-api" and sender in came_from and is_message_sid(resource["sid"])


def _listed(at: datetime, resource: Mapping[str, Any]) -> Listed:
    state = STATES[resource["status"]]
    code = resource["error_code"]
    code = code if isinstance(code, int) else None
    fault = fault_of_receipt(code) if state in _WITHOUT_ARRIVAL else Fault.NONE
    return Listed(resource["sid"], resource["body"], state, code, fault, at)
