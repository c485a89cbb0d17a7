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
    return words_of_file(regimen.confirm)


def words_of_file(sentence: str) -> str:
    """What a file of the content says to staff: a note, a question, a label, the date that is waited for.

    What the catalogue does not know is left as it is written, as in a version that a plan carries on.
    """
    return str(gettext(sentence)) if sentence else ""


def item_name(name: str) -> str:
    """What is given or done."""
    return str(gettext(name))


def items_in_words(items: Iterable[str]) -> str:
    """What is given or done on a day."""
    return ", ".join(map(item_name, items))


def phase_name(phase: Phase) -> str:
    """A part of a regimen; an id that stands in for a title is read as words."""
    return str(gettext(phase.title.replace("_", " ")))
