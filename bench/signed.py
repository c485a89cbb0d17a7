"""Signed inbound requests as Twilio sends them, made before the clock starts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from urllib.parse import urlencode

PATH = "/webhooks/twilio/messages"

# What patients text: keywords, typos, a sentence, Spanish, a command. No danger sign: that would also write an alert.
BODIES = (
    "SIDE EFFECTS",
    "efectos",
    "what is immunotherapy",
    "wat r the side affcts",
    "NEXT",
    "how long does it take",
    "thank you so much for yesterday",
    "MORE",
)


def phone(index: int) -> str:
    """The `index`-th made-up number, kept for fiction: 555-0100 to 555-0199 in 60 area codes."""
    return f"+1{AREAS[index // 100 % len(AREAS)]}55501{index % 100:02d}"


# Area codes in use in the United States: a number in a code that does not exist is refused at enrolment.
AREAS = (
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228,
    229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302,
    303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330,
)  # fmt: skip


def forms(count: int, ours: str, phones: int, seed: int, repeats: float = 0.05) -> list[list[tuple[str, str]]]:
    """`count` inbound forms from `phones` numbers to `ours`; a share of `repeats` comes a second time."""
    chance = random.Random(seed)
    made: list[list[tuple[str, str]]] = []
    for number in range(count):
        if made and chance.random() < repeats:
            made.append(made[chance.randrange(len(made))])
            continue
        sid = f"SM{seed:08x}{number:024x}"
        made.append(
            [
                ("ToCountry", "US"), ("ToState", "DC"), ("SmsMessageSid", sid), ("NumMedia", "0"), ("ToCity", ""),
                ("FromZip", "20001"), ("SmsSid", sid), ("FromState", "DC"), ("SmsStatus", "received"),
                ("FromCity", "WASHINGTON"), ("Body", chance.choice(BODIES)), ("FromCountry", "US"), ("To", ours),
                ("ToZip", ""), ("NumSegments", "1"), ("MessageSid", sid), ("AccountSid", "AC" + "0" * 32),
                ("From", phone(chance.randrange(phones))), ("ApiVersion", "2010-04-01"),
            ]
        )  # fmt: skip
    return made


def signature(url: str, form: list[tuple[str, str]], token: str) -> str:
    """Twilio's signature of a form post: HMAC-SHA1 over the URL and the sorted names and values, base64."""
    text = url + "".join(name + value for name, value in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


def raw(form: list[tuple[str, str]], url: str, token: str, host: str) -> bytes:
    """The whole HTTP/1.1 request for one form, ready for a socket."""
    body = urlencode(form).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {signature(url, form, token)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
