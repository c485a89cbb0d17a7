"""A clinic's own words: the one door through which they are proposed, approved and taken back, and facts left out.

What is proposed is read and linted as if it stood in the content's files, together with all that the clinic uses, and
once more when it is approved, since either may have changed. It takes as many people as the clinic's ``approvals`` say;
where it takes two, nobody approves what they proposed themselves. To take out of use, and back what was signed off with
the content, one person is enough.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from content.check import check_rows
from content.faults import Fault
from content.library import Library
from content.overrides import NAME
from content.plain import Plain
from content.switching import silent_words, why_kept
from store import audit, clinics, overrides
from store.clinic_entry import Clinic, Override, OverrideKind
from store.database import Tx
from store.overrides import OwnWords

ALONE = "alone"
"""What stands in the audit, among the fields, where one person published their own words."""
_SETTLED = Plain("Somebody else has settled this meanwhile.")
_SILENT = Plain("{words} is switched off here: do not tell patients to write it, or switch it on first")


class NotSo(Exception):
    """It cannot be done; the message is one plain sentence."""


class Refused(NotSo):
    """The linter refuses the words; ``faults`` has every fault, by language ("" where it is about none)."""

    def __init__(self, faults: Sequence[tuple[str, Fault]]) -> None:
        super().__init__(faults[0][1].mend)
        self.faults = tuple(faults)


class OwnProposal(NotSo):
    """Where two people are needed, one of them asked to approve what they proposed themselves."""


class NoProposal(NotSo):
    """It is no proposal any more: somebody was quicker."""


def faults_of(
    library: Library, clinic: Clinic, kind: OverrideKind, about: str, texts: Mapping[str, str]
) -> list[tuple[str, Fault]]:
    """What is wrong with words beside all that the clinic uses, each fault with the language of its text."""
    standing = [row for row in clinic.overrides if kind == "alias" or (row.kind, row.key) != (kind, about)]
    new = [Override(kind, about, language, text) for language, text in texts.items()]
    found = check_rows(library, [*standing, *new])
    of_new = [fault for fault in found if fault.line > len(standing)]
    linted = [(new[fault.line - len(standing) - 1].language, fault) for fault in of_new]
    silent = _silent_words(library, clinic, texts) if kind == "wording" else []
    return [
        *linted,
        *((language, Fault(NAME, 0, "kept", _SILENT.filled({"words": words}))) for language, words in silent),
    ]


def propose(
    tx: Tx,
    now: datetime,
    library: Library,
    clinic_id: int,
    kind: OverrideKind,
    about: str,
    texts: Mapping[str, str],
    by: str,
    *,
    may_publish: bool = True,
) -> OwnWords:
    """Proposes another word for a topic, or other words for a fixed text.

    In use at once where one person is enough and ``by`` is one who ``may_publish``.

    ``about`` is the topic, or the key of the fixed text, whose ``texts`` stand in every language. Raises Refused.
    """
    clinic = _clinic(tx, clinic_id)
    if faults := faults_of(library, clinic, kind, about, texts):
        raise Refused(faults)
    words = overrides.propose(tx, now, clinic.id, kind, about, texts, by)
    audit.record(tx, now, clinic.id, by, "propose", kind, words.id, sorted(texts))
    if clinic.approvals == 1 and may_publish:
        overrides.publish(tx, now, words, by)
        audit.record(tx, now, clinic.id, by, "publish", kind, words.id, [*sorted(texts), ALONE])
    return words


def approve(tx: Tx, now: datetime, library: Library, clinic_id: int, words_id: int, by: str) -> OwnWords:
    """Publishes a proposal of this clinic. Raises OwnProposal, NoProposal, Refused, LookupError."""
    clinic, words = _clinic(tx, clinic_id), _words(tx, clinic_id, words_id)
    if words.state != "proposed":
        raise NoProposal(_SETTLED)
    alone = by == words.author
    if alone and clinic.approvals > 1:
        raise OwnProposal(Plain("You proposed this yourself: somebody else must approve it."))
    if faults := faults_of(library, clinic, words.kind, words.about, words.texts):
        raise Refused(faults)
    if not overrides.publish(tx, now, words, by):
        raise NoProposal(_SETTLED)
    fields = [*sorted(words.texts), *([ALONE] if alone else [])]
    audit.record(tx, now, clinic.id, by, "publish", words.kind, words.id, fields)
    return words


def withdraw(tx: Tx, now: datetime, library: Library, clinic_id: int, words_id: int, by: str) -> OwnWords:
    """Takes back a proposal, or takes what is published out of use: one person is enough.

    Raises NoProposal, LookupError; NotSo where the program's words, which come back, name what is switched off.
    """
    clinic, words = _clinic(tx, clinic_id), _words(tx, clinic_id, words_id)
    if (words.state, words.kind) == ("published", "wording"):
        ours = {language: wording.texts.get(words.about) for language, wording in library.wordings.items()}
        back = {language: text.text for language, text in ours.items() if text is not None}
        for _language, silent in _silent_words(library, clinic, back):
            raise NotSo(Plain("The program's words tell patients to write {words}: switch it on first.", words=silent))
    if words.state == "withdrawn" or not overrides.withdraw(tx, now, words, by):
        raise NoProposal(_SETTLED)
    audit.record(tx, now, clinic_id, by, "withdraw", words.kind, words.id, sorted(words.texts))
    return words


def switch(tx: Tx, now: datetime, library: Library, clinic_id: int, name: str, by: str, *, on: bool) -> bool:
    """Leaves a topic or a fact out of the clinic's texts, or takes it back in; whether that was news. Raises NotSo."""
    clinic = _clinic(tx, clinic_id)
    if (name not in clinic.switched_off) is on:
        return False
    wordings = library.with_overrides(clinic.overrides).wordings.values()
    if not on and (why := why_kept(library.topics, library.danger, wordings, name, clinic.switched_off)):
        raise NotSo(why)
    off = sorted({*clinic.switched_off} - {name} if on else {*clinic.switched_off, name})
    clinics.set_clinic(tx, now, clinic_id, switched_off=off)
    audit.record(tx, now, clinic_id, by, "switch on" if on else "switch off", "content", clinic_id, [name])
    return True


def _silent_words(library: Library, clinic: Clinic, texts: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """What a text would tell patients to write although the clinic has switched it off, by language."""
    sent = library.with_overrides(clinic.overrides).topics.values()
    found = [(language, silent_words(sent, language, text)) for language, text in texts.items()]
    return [(language, words) for language, words in found if words]


def _clinic(tx: Tx, clinic_id: int) -> Clinic:
    """The clinic as it is now; nobody else changes what it sends until the transaction ends."""
    clinics.lock_clinic(tx, clinic_id)
    found = clinics.find_clinic(tx, clinic_id)
    if found is None:
        raise LookupError(f"there is no clinic {clinic_id}")
    return found


def _words(tx: Tx, clinic_id: int, words_id: int) -> OwnWords:
    found = overrides.one(tx, clinic_id, words_id)
    if found is None:
        raise LookupError(f"clinic {clinic_id} has no words {words_id}")
    return found
