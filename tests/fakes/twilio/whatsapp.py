"""What WhatsApp makes of a message that Twilio took: who is there, who wrote lately, which templates it approved.

Free words are taken for 24 hours after the person's last message: https://www.twilio.com/docs/api/errors/63016.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CHANNEL = "whatsapp:"
NOT_APPROVED = 63016
NOT_ACCEPTED = 63005
NOT_A_USER = 63024

_SESSION = timedelta(hours=24)
_VARIABLE = re.compile(r"\{\{(\d+)\}\}")


@dataclass(slots=True)
class WhatsApp:
    """``templates``: the approved words by their ContentSid, with {{1}}; ``absent``: numbers without WhatsApp."""

    templates: dict[str, str] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    _heard: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def hear(self, number: str, sender: str, at: datetime) -> None:
        """The holder of ``number`` wrote to this sender of the account."""
        self._heard[number, sender] = at

    def refuse(self, form: Mapping[str, str]) -> int | None:
        """The code with which Twilio itself refuses what a form says of a template."""
        if "ContentSid" not in form:
            return 21656 if "ContentVariables" in form else None
        if form["ContentSid"] not in self.templates:
            return 21655
        return None if _variables(form) is not None else 21656

    def body(self, form: Mapping[str, str]) -> str:
        """What the message says."""
        words = self.templates.get(form.get("ContentSid", ""))
        given = _variables(form) or {}
        return form["Body"] if words is None else _VARIABLE.sub(lambda found: given.get(found[1], ""), words)

    def doom(self, form: Mapping[str, str], at: datetime) -> int | None:
        """The code with which the message will fail although it was taken."""
        to = form["To"].removeprefix(CHANNEL)
        if to == form["To"]:
            return None
        if to in self.absent:
            return NOT_A_USER
        sender = form.get("MessagingServiceSid") or form.get("From", "").removeprefix(CHANNEL)
        if "ContentSid" in form:
            asked = set(_VARIABLE.findall(self.templates[form["ContentSid"]]))
            given = _variables(form) or {}
            return None if set(given) == asked and all(given.values()) else NOT_ACCEPTED
        heard = self._heard.get((to, sender))
        return NOT_APPROVED if heard is None or at - heard >= _SESSION else None


def _variables(form: Mapping[str, str]) -> dict[str, str] | None:
    try:
        given = json.loads(form.get("ContentVariables", "{}"))
    except ValueError:
        return None
    is_right = isinstance(given, dict) and all(isinstance(value, str) for value in given.values())
    return given if is_right else None
