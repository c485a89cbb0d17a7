"""What somebody typed on a page whose session ended meanwhile: the answer keeps it, to be sent once more.

Nothing of it is stored, and nothing is done before they have signed in and sent it again with a token of their own.
"""

from flask import render_template, request

from bot.clinic.access import ROUTES, Right

_LONGEST = 100_000
"""Characters of a form that is kept; what a person types is far less."""

_OF_THE_PAGE = frozenset({"looked_at", "offered", "seen", "was", "wording"})
"""Fields in which a page says what stood on it: nobody has typed these."""


def kept() -> str | None:
    """A page that holds the form which was sent; None where it must not be kept.

    Only a page of our own may put words into another's mouth, which the browser says of it, and only what is about a
    clinic: no password is ever kept.
    """
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    is_typed = request.method == "POST" and isinstance(ROUTES.get(request.endpoint or ""), Right)
    if not is_ours or not is_typed or "HX-Request" in request.headers:
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if sum(len(value) for _, value in fields) > _LONGEST:
        return None
    # What was chosen or ticked is in words that only the program has; what people write has blanks in it.
    words = [value for name, value in fields if name not in _OF_THE_PAGE and " " in value.strip()]
    return render_template("unsent.html", fields=fields, words=words, address=request.full_path.rstrip("?"))
