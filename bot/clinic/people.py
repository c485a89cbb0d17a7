"""Who did something, by name: the store has the address that they sign in with, or which part of the program it was."""

from collections.abc import Mapping

from flask_babel import LazyString, lazy_gettext
from markupsafe import Markup

from bot.clinic.here import here
from bot.clinic.names import role_name
from bot.clinic.sentences import in_words
from content.plain import Plain

_NO_PERSON: Mapping[str, LazyString] = {
    "command line": lazy_gettext("whoever runs the program"),
    "immunotext": lazy_gettext("the program"),
    "retention": lazy_gettext("the program"),
    "provider": lazy_gettext("the network"),
    "patient": lazy_gettext("the patient"),
}
"""Whom the store names that nobody signs in as."""


def person(by: str | None) -> str:
    """Their name and role here; for what is no person, its name; what is not known stays as it is."""
    name, role = _known_as(by or "")
    return f"{name} ({role})" if role else name


def person_shown(by: str | None) -> Markup:
    """The same for a page: a name turns nothing round but itself, and the address stands behind it."""
    name, role = _known_as(by or "")
    shown = Markup("<bdi>{}</bdi>").format(name)
    if name != by and "@" in (by or ""):
        shown = Markup('<bdi title="{}">{}</bdi>').format(by, name)
    return Markup("{} ({})").format(shown, role) if role else shown


def with_names(error: Exception) -> str:
    """What an exception says, with the name of ``who`` it tells of."""
    said = error.args[0]
    if isinstance(said, Plain) and "who" in said.values:
        said = said.filled({**said.values, "who": person(said.values["who"])})
    return in_words(said)


def _known_as(by: str) -> tuple[str, str]:
    """A name and a role, the role "" where there is none; who has left is called by their address."""
    if by in _NO_PERSON:
        return str(_NO_PERSON[by]), ""
    name, role = here().people.get(by, (by, None))
    return name, "" if role is None else role_name(role)
