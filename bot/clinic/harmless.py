"""Characters that no page holds: those that turn the letters around them round, and those that nobody can see.

Whoever texts us, or writes into a form, can put them into their words: after a right-to-left override the rest of the
line reads backwards, be it ours. Escaping leaves them as they are, so they are taken out of every page on its way. What
is stored keeps them. A name in Hebrew or Arabic letters turns nothing round but itself where it stands in a `bdi`.
"""

import re
from typing import Any

from flask import Request, Response
from markupsafe import Markup
from werkzeug.datastructures import ImmutableMultiDict

_UNSEEN = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
# In UTF-8: the C1 controls, U+202A to U+202E, U+2066 to U+2069 (Unicode Standard Annex 9, explicit formatting).
_TURNING = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")


class _Asked(ImmutableMultiDict[str, Any]):
    """What a form or a query says, but for zero bytes: nobody types one, and PostgreSQL neither keeps nor seeks one."""

    def __init__(self, said: Any = None) -> None:
        items = ImmutableMultiDict(said).items(multi=True)
        super().__init__((name, each.replace("\x00", "") if isinstance(each, str) else each) for name, each in items)


class HarmlessRequest(Request):
    """A request as the console's views read it."""

    parameter_storage_class = _Asked


def harmless(response: Response) -> Response:
    """The same page without them."""
    if response.mimetype == "text/html":
        response.set_data(_clean(response.get_data()))
    return response


def apart(words: str) -> Markup:
    """Words amid others of ours, which they leave where they are."""
    return Markup("<bdi>{}</bdi>").format(words)


def without_unseen(text: str) -> str:
    """The same text without them."""
    return _clean(text.encode("utf-8", "replace")).decode()


def _clean(text: bytes) -> bytes:
    clean = text.translate(None, _UNSEEN)
    return clean if clean.isascii() else _TURNING.sub(b"", clean)
