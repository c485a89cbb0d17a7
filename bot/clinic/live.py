"""Parts of a page that ask again by themselves: what did not change costs a line."""

import hashlib

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse


def conditional(body: str, says: str | None = None) -> AnyResponse:
    """A part of a page, or 304 where the browser has it already; htmx leaves the page as it is then.

    ``says``: what the part depends on, for one with forms in it: their tokens are others each time.
    """
    response = Response(body, content_type="text/html; charset=utf-8")
    response.set_etag(etag(says or body))
    return response.make_conditional(request)


def etag(says: str) -> str:
    """What a part is known by, for the `data-etag` of one that stands in its page already."""
    return hashlib.blake2b(says.encode(), digest_size=16).hexdigest()
