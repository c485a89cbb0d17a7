"""The one door through which a clinic signs off the content and its regimens, and takes a regimen out of use.

Where the clinic wants two people, one proposes and another one approves. What is signed is kept word by word, so that
it can be compared with what comes after it.
"""

from datetime import datetime

from content import comparing
from content.library import Library
from content.plain import Plain
from content.regimens import Regimen
from store import audit, clinics, sign_offs
from store.clinics import Clinic
from store.database import Tx
from store.sign_offs import Proposal

CONTENT = "content"
"""What the audit calls the content in a list of what was signed off."""

ALONE = "one person"
"""What stands in the audit, among what was signed, where nobody signed as the second."""


class NotSigned(Exception):
    """Something cannot be signed off, or taken out of use, as asked; the message is one plain sentence."""


def sign_content(tx: Tx, now: datetime, library: Library, clinic_id: int, by: str, second: str | None = None) -> None:
    """Signs off the content as it is, with no question asked: for who answers for it, the machine's operator too."""
    sign_offs.keep_text(tx, library.version, comparing.written_out(library))
    clinics.sign_content(tx, now, clinic_id, library.version, by, second)


def sign_regimen(tx: Tx, now: datetime, regimen: Regimen, clinic_id: int, by: str, second: str | None = None) -> None:
    """Signs off a regimen as it is, with no question asked."""
    digest = regimen.digest()
    sign_offs.keep_text(tx, digest, regimen.to_json())
    clinics.sign_regimen(tx, now, clinic_id, regimen.id, regimen.version, digest, by, second)


def propose(
    tx: Tx, now: datetime, library: Library, clinic: Clinic, regimen_id: str | None, by: str, *, may_sign: bool
) -> bool:
    """Asks for the sign-off of the content (None) or of a regimen as it is; whether that signed it already.

    It does where the clinic needs one person alone and ``by`` is somebody who ``may_sign``. A proposal of an older
    version is taken off the table by it. Raises NotSigned.
    """
    version, digest = _now(library, regimen_id)
    if _in_use(tx, clinic, regimen_id, digest):
        raise NotSigned(Plain("This version is signed off already."))
    open_ones = [each for each in sign_offs.open_proposals(tx, clinic.id) if each.regimen_id == regimen_id]
    if any(each.digest == digest for each in open_ones):
        raise NotSigned(Plain("Somebody has proposed this version already: it waits for a second person."))
    for older in open_ones:
        sign_offs.settle_proposal(tx, now, older.id, "taken_back", by)
    if clinic.approvals == 1 and may_sign:
        _sign(tx, now, library, clinic, regimen_id, by, None)
        return True
    sign_offs.add_proposal(tx, now, clinic.id, regimen_id, version, digest, by)
    audit.record(tx, now, clinic.id, by, "propose", "sign-off", clinic.id, [regimen_id or CONTENT])
    return False


def approve(tx: Tx, now: datetime, library: Library, clinic: Clinic, proposal_id: int, by: str) -> Proposal:
    """Signs off what somebody else proposed. Raises NotSigned; LookupError where there is no such proposal."""
    proposal = _open(tx, clinic, proposal_id)
    alone = proposal.proposed_by == by
    if alone and clinic.approvals > 1:
        raise NotSigned(Plain("You proposed this yourself: a second person must read it and approve."))
    if _now(library, proposal.regimen_id)[1] != proposal.digest:
        raise NotSigned(Plain("A newer version has come since this was proposed: read that one and propose it."))
    _settle(tx, now, proposal, "approved", by)
    for twin in sign_offs.open_proposals(tx, clinic.id):
        if (twin.regimen_id, twin.digest) == (proposal.regimen_id, proposal.digest):
            sign_offs.settle_proposal(tx, now, twin.id, "taken_back", by)  # proposed at the same moment
    _sign(tx, now, library, clinic, proposal.regimen_id, proposal.proposed_by, None if alone else by)
    return proposal


def take_back(tx: Tx, now: datetime, clinic: Clinic, proposal_id: int, by: str) -> Proposal:
    """Takes a proposal off the table. Raises NotSigned; LookupError where there is no such proposal."""
    proposal = _open(tx, clinic, proposal_id)
    _settle(tx, now, proposal, "taken_back", by)
    audit.record(tx, now, clinic.id, by, "take back", "sign-off", clinic.id, [proposal.regimen_id or CONTENT])
    return proposal


def withdraw(tx: Tx, now: datetime, clinic: Clinic, regimen_id: str, by: str) -> None:
    """Takes a regimen out of use: nobody is enrolled on it any more; plans that run keep what they carry.

    Raises NotSigned. The last regimen stays: without any the clinic would no longer be live, and say nothing to its
    patients but urgent replies.
    """
    history = sign_offs.regimen_history(tx, clinic.id)
    in_use = {each for each, signed in history.items() if any(one.withdrawn_at is None for one in signed)}
    if in_use == {regimen_id}:
        raise NotSigned(
            Plain("This is the only regimen in use: sign off another one first, or the clinic is no longer live.")
        )
    if not clinics.withdraw_regimen(tx, now, clinic.id, regimen_id, by):
        raise NotSigned(Plain("This regimen is not in use here."))
    audit.record(tx, now, clinic.id, by, "withdraw", "regimen", clinic.id, [regimen_id])


def waiting(tx: Tx, library: Library, clinic_id: int) -> list[Proposal]:
    """What waits for a second person and is of the version that there is now, the oldest first."""
    return [
        each
        for each in sign_offs.open_proposals(tx, clinic_id)
        if (each.regimen_id is None or each.regimen_id in library.regimens)
        and _now(library, each.regimen_id)[1] == each.digest
    ]


def _now(library: Library, regimen_id: str | None) -> tuple[str, str]:
    """The version and the digest of what there is to sign."""
    if regimen_id is None:
        return library.version, library.version
    regimen = library.regimens.get(regimen_id)
    if regimen is None:
        raise NotSigned(Plain("There is no regimen called {regimen}.", regimen=regimen_id))
    return str(regimen.version), regimen.digest()


def _in_use(tx: Tx, clinic: Clinic, regimen_id: str | None, digest: str) -> bool:
    if regimen_id is None:
        return clinic.content_version == digest
    history = sign_offs.regimen_history(tx, clinic.id).get(regimen_id, ())
    return any(signed.digest == digest and signed.withdrawn_at is None for signed in history)


def _sign(
    tx: Tx, now: datetime, library: Library, clinic: Clinic, regimen_id: str | None, by: str, second: str | None
) -> None:
    if regimen_id is None:
        sign_content(tx, now, library, clinic.id, by, second)
    else:
        sign_regimen(tx, now, library.regimens[regimen_id], clinic.id, by, second)
    fields = [regimen_id or CONTENT, *([] if second else [ALONE])]
    audit.record(tx, now, clinic.id, second or by, "sign off", "clinic", clinic.id, fields)


def _open(tx: Tx, clinic: Clinic, proposal_id: int) -> Proposal:
    proposal = sign_offs.get_proposal(tx, clinic.id, proposal_id)
    if proposal is None:
        raise LookupError(f"there is no proposal {proposal_id}")
    return proposal


def _settle(tx: Tx, now: datetime, proposal: Proposal, state: sign_offs.ProposalState, by: str) -> None:
    if not sign_offs.settle_proposal(tx, now, proposal.id, state, by):
        raise NotSigned(Plain("Somebody has settled this proposal already."))
