"""What somebody proposed and a second person has still to read: sign-offs, wordings, taught words."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from bot.clinic.here import here, services
from bot.clinic.regimen_names import regimen_name
from scheduler import sign_offs
from store import overrides
from store.database import Tx


@dataclass(frozen=True, slots=True)
class Waits:
    """A proposal: what it is of, where it is read and approved, and whose it is."""

    name: str
    address: str
    by: str


def waiting(tx: Tx) -> list[Waits]:
    """The proposals of this clinic."""
    library, clinic_id = services().library, here().clinic.id
    found = []
    for proposal in sign_offs.waiting(tx, library, clinic_id):
        if proposal.regimen_id is None:
            name, address = _("the content, version %(version)s", version=proposal.version), url_for("library.page")
        else:
            name = regimen_name(library.regimens[proposal.regimen_id])
            address = url_for("library.regimen", regimen_id=proposal.regimen_id)
        found.append(Waits(name, address, proposal.proposed_by))
    for words in overrides.of_clinic(tx, clinic_id, "wording", ["proposed"]):
        name = _("the words of %(key)s", key=words.about)
        found.append(Waits(name, url_for("library.text", key=words.about), words.author))
    for words in overrides.of_clinic(tx, clinic_id, "alias", ["proposed"]):
        name = _("a word for %(topic)s", topic=words.about)
        found.append(Waits(name, url_for("inbox.taught", words_id=words.id), words.author))
    return found
