"""Twilio's two webhooks, called with forms that are signed and yet as nobody would send them."""

import hmac
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote_from_bytes, urlencode
from xml.etree import ElementTree

from flask.testing import FlaskClient
from hypothesis import strategies as st

from bot.app import LARGEST_BODY, create_app
from bot.services import Services
from bot.settings import load_settings
from bot.webhooks.twilio import MESSAGES, STATUS
from channels.twilio_webhooks import LONGEST_TEXT
from tests.acceptance.serving import environment_on, set_up
from tests.fakes.twilio.signing import AUTH_TOKEN, inbound_params
from tests.fuzz.words import bounded, odd_texts

DANGER = "I have chest pain"
_FIELDS = ("MessageSid", "From", "To", "Body", "NumMedia", "MessagingServiceSid", "OptOutType", "AccountSid")
_ADDRESSES = ("+12025550143", "whatsapp:+12025550143", "whatsapp:+5215512345678", "12345", "+1" + "2" * 40, "whatsapp:")
_STATES = ("sent", "delivered", "undelivered", "failed", "queued", "read", "canceled", "accepted", "")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Web:
    """The application on a database with one live clinic."""

    client: FlaskClient
    services: Services
    public_url: str

    def post(self, path: str, body: bytes, query: str = "") -> tuple[int, bytes]:
        """A signed form; where it cannot be signed since nobody can read it, with another's signature."""
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
            form = "".join(name + value for name, value in sorted(set(pairs)))
            url = f"{self.public_url}{path}{query}"
            digest = hmac.digest(AUTH_TOKEN.encode(), f"{url}{form}".encode(), "sha1")
        except ValueError:
            digest = b"?"
        answer = self.client.post(
            f"{path}{query}",
            data=body,
            headers={"X-Twilio-Signature": b64encode(digest).decode()},
            content_type="application/x-www-form-urlencoded; charset=UTF-8",
        )
        return answer.status_code, answer.data


@contextmanager
def web(folder: Path) -> Iterator[Web]:
    """The application in this process, on a SQLite file in ``folder``."""
    environment = environment_on(f"sqlite:///{folder}/texts.db", folder)
    set_up(environment["DATABASE_URL"], environment["DATA_KEYS"], environment["INDEX_KEY"])
    services = Services(load_settings(**{name.lower(): value for name, value in environment.items()}))
    services.directory.refresh(services.database)
    try:
        yield Web(create_app(services.settings, services).test_client(), services, environment["PUBLIC_URL"])
    finally:
        services.database.close()


def _odd_pairs(names: tuple[str, ...]) -> st.SearchStrategy[Pairs]:
    return st.lists(st.tuples(st.sampled_from(names) | odd_texts, odd_texts | st.sampled_from(_ADDRESSES)), max_size=6)


@st.composite
def forms(draw: st.DrawFn) -> bytes:
    """The form of a text: fields that are missing, odd, doubled, added, in any order, or in no encoding at all."""
    pairs = inbound_params(draw(odd_texts))
    for name in draw(st.lists(st.sampled_from(_FIELDS), max_size=2)):
        pairs = [pair for pair in pairs if pair[0] != name]
    pairs += draw(_odd_pairs(_FIELDS))
    return draw(_encoded(draw(st.permutations(pairs)) if draw(st.booleans()) else pairs))


@st.composite
def callbacks(draw: st.DrawFn) -> tuple[bytes, str]:
    """The form of a status callback, and the query of its address."""
    pairs: Pairs = [("MessageSid", "SM" + draw(st.sampled_from("abc")) * 32)]
    pairs += [("MessageStatus", draw(st.sampled_from(_STATES) | odd_texts))]
    pairs += [("ErrorCode", draw(st.sampled_from(("30003", "30007", "-1", "9" * 30)) | odd_texts))]
    pairs += draw(_odd_pairs(("MessageSid", "MessageStatus", "ErrorCode", "To")))
    attempt = draw(st.sampled_from(("1.1", "2.1", "0.0", f"{2**63}.1", "9" * 19 + ".1", "٣.١", "-1.1", "1.", "x")))
    return draw(_encoded(pairs)), "?" + urlencode({"attempt": attempt})


def _encoded(pairs: Pairs) -> st.SearchStrategy[bytes]:
    plain = urlencode(pairs, errors="surrogatepass").encode()
    return st.sampled_from(
        (
            plain,
            plain,
            plain,
            plain.replace(b"+", b"%20"),
            "&".join(f"{quote_from_bytes(n.encode('utf-16-le', 'surrogatepass'))}=%ff%fe" for n, _ in pairs).encode(),
            plain + b"&Body=%f0%9f%98&Body=%00%80",
            plain + b"\xff\xfe&=&&==&%",
            plain + b"&x=1" * 600,
            plain[: len(plain) // 2],
            b"",
        )
    )


def take_text(web: Web, body: bytes) -> None:
    """A form of a text: taken, or refused with a sentence; nothing of it goes wrong behind the answer."""
    with bounded():
        status, answer = web.post(MESSAGES, body)
    _is_well(web, status, answer, {200, 400, 403, 413} if len(body) > LARGEST_BODY else {200, 400, 403})
    if status == 200:
        words = ElementTree.fromstring(answer).findtext("Message/Body") or ""
        assert len(words) <= LONGEST_TEXT


def take_danger(web: Web, more: Pairs) -> None:
    """Whatever else a signed form holds, who tells of danger in it is told whom to call."""
    known = inbound_params(DANGER)
    pairs = known + [pair for pair in more if pair[0] not in dict(known) | {"OptOutType": ""}]
    body = urlencode(pairs, errors="surrogatepass").encode()
    if len(body) > LARGEST_BODY:
        return
    with bounded():
        status, answer = web.post(MESSAGES, body)
    _is_well(web, status, answer, {200})
    assert b"Call 911 now." in answer


def take_receipt(web: Web, callback: tuple[bytes, str]) -> None:
    """A status callback: taken, or refused with a sentence."""
    body, query = callback
    with bounded():
        status, answer = web.post(STATUS, body, query)
    _is_well(web, status, answer, {204, 400, 403, 413} if len(body) > LARGEST_BODY else {204, 400, 403})


def _is_well(web: Web, status: int, answer: bytes, allowed: set[int]) -> None:
    assert status in allowed, f"{status}: {answer[:200]!r}"
    assert b"Traceback" not in answer
    if status in {400, 403}:
        assert answer.decode().rstrip("\n").endswith("."), answer
    # A mistake behind the answer does not show in it: the text is put into the spool, or beside it.
    assert web.services.spool.count() == 0, "a text could not be taken by the database"


extra_pairs = _odd_pairs(("ProfileName", "MediaUrl0", "ButtonText", "Latitude", "FromCity", "ErrorCode", "Body2"))
