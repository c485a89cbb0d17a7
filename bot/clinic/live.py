"""Parts of a page that ask again by themselves: what did not change costs a line."""

import hashlib

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from bot.clinic.here import now


def conditional(body: str, says: str | None = None) -> AnyResponse:
    """A part of a page, or 304 where the browser has it already; htmx leaves the page as it is then.

    Either way it tells the time by which clocks of the page run: a demo's may have jumped since the page was made.
    ``says``: what the part depends on, for one with forms in it: their tokens are others each time.
    """
    response = Response(body, content_type="text/html; charset=utf-8")
    response.set_etag(etag(says or body))
    response.headers["Immunotext-Now"] = str(int(now().timestamp() * 1000))
    return response.make_conditional(request)


def etag(says: str) -> str:
    """What a part is known by, for the `data-etag` of one that stands in its page already."""
    return hashlib.blake2b(says.encode(), digest_size=16).hexdigest()
