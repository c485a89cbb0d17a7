"""Whether a webhook comes from Twilio: X-Twilio-Signature, as https://www.twilio.com/docs/usage/webhooks/webhooks-security."""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def signature_ok(
    url: str, params: Sequence[tuple[str, str]], signature: str, tokens: Sequence[str], body: bytes = b""
) -> bool:
    """Whether one of the auth tokens made this signature. Never raises: whatever cannot be checked is not signed.

    ``url`` is the public address exactly as Twilio was given it, with its query and without a fragment, never one put
    together from the Host header. ``params`` are all pairs of a form, decoded, blank and repeated ones too, and none
    otherwise. ``body`` is looked at only where there is no form: then the URL must carry its hash (bodySHA256).
    ``tokens`` are several while a token is being rotated.
    """
    try:
        if not params and not _body_as_hashed(url, body):
            return False
        form = "".join(name + value for name, value in sorted({(name, value) for name, value in params}))
        given = signature.encode()
        return any(
            hmac.compare_digest(b64encode(hmac.digest(token.encode(), (spelling + form).encode(), "sha1")), given)
            for spelling in _spellings(url)
            for token in tokens
            if token
        )
    except Exception:  # noqa: BLE001 - the door to the outside: a bad port or a lone surrogate is a forgery, not a fault
        return False


def _spellings(url: str) -> Iterator[str]:
    """The URL as it stands; then without its port, or with its scheme's: Twilio signs now one, now the other."""
    yield url
    parts = urlsplit(url)
    netloc = parts.netloc
    other = netloc[: netloc.rindex(":")] if parts.port else f"{netloc}:{_DEFAULT_PORTS[parts.scheme]}"
    yield url.replace(f"//{netloc}", f"//{other}", 1)


def _body_as_hashed(url: str, body: bytes) -> bool:
    hashes = parse_qs(urlsplit(url).query).get("bodySHA256")
    if hashes is None:
        return not body
    return hmac.compare_digest(sha256(body).hexdigest(), hashes[0])
