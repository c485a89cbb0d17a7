"""What regimens and their parts are called, in the reader's language.

`tools.translations` finds the names in the content. A regimen that runs keeps the name that it began with: one that is
no longer in the content is called by that.
"""

from collections.abc import Iterable

from flask_babel import gettext

from content.regimen_format.model import Phase
from content.regimens import Regimen


def regimen_name(regimen: Regimen) -> str:
    """A regimen, as a list or a heading calls it."""
    return str(gettext(regimen.title))


def all_names(regimen: Regimen) -> tuple[str, str, str]:
    """Whatever somebody may look for it by: its id, its title as it is written, and in the reader's language."""
    return regimen.id, regimen.title, regimen_name(regimen)


def confirm_in_words(regimen: Regimen) -> str:
    """What its file says must be confirmed before it is used."""
    return str(gettext(regimen.confirm))


def item_name(name: str) -> str:
    """What is given or done."""
    return str(gettext(name))


def items_in_words(items: Iterable[str]) -> str:
    """What is given or done on a day."""
    return ", ".join(map(item_name, items))


def phase_name(phase: Phase) -> str:
    """A part of a regimen; an id that stands in for a title is read as words."""
    return str(gettext(phase.title.replace("_", " ")))
