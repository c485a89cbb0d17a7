"""Who may sign off content and regimens, what is kept of it, and a regimen that is taken out of use."""

from dataclasses import replace
from datetime import timedelta

import pytest

from content import comparing
from scheduler import sign_offs as door
from scheduler.enrolment import NotEnrolled
from scheduler.sign_offs import NotSigned
from store import audit, sign_offs
from store.sign_offs import Proposal
from tests.scheduler.world import DAY_BEFORE, ENROLLED, VISIT, World

ONE, TWO = "one@riverside", "two@riverside"
LATER = ENROLLED + timedelta(hours=1)


def _propose(world: World, regimen_id: str | None, by: str = ONE, *, may_sign: bool = True) -> bool:
    clinic = world.directory[world.entry.clinic.id].clinic
    with world.database.writing() as tx:
        return door.propose(tx, LATER, world.library, clinic, regimen_id, by, may_sign=may_sign)


def _approve(world: World, by: str) -> Proposal:
    clinic = world.directory[world.entry.clinic.id].clinic
    with world.database.writing() as tx:
        (proposal,) = sign_offs.open_proposals(tx, clinic.id)
        return door.approve(tx, LATER, world.library, clinic, proposal.id, by)


def _audit(world: World) -> list[tuple[str, str, tuple[str, ...]]]:
    with world.database.reading() as tx:
        found = audit.entries(tx, world.entry.clinic.id)
    return [(entry.actor, entry.action, entry.fields) for entry in reversed(found)]


def test_a_regimen_is_signed_by_two_and_never_by_one_person_twice(world: World) -> None:
    assert not _propose(world, "avelumab")
    with pytest.raises(NotSigned, match="already"):
        _propose(world, "avelumab", TWO)
    with pytest.raises(NotSigned, match="yourself"):
        _approve(world, ONE)
    with pytest.raises(NotEnrolled):
        world.enrol(ENROLLED, VISIT, "avelumab")
    _approve(world, TWO)
    world.entry = world.directory[world.entry.clinic.id]
    world.enrol(ENROLLED, VISIT, "avelumab")
    with world.database.reading() as tx:
        (signed,) = sign_offs.regimen_history(tx, world.entry.clinic.id)["avelumab"]
        assert sign_offs.kept_text(tx, signed.digest) == world.library.regimens["avelumab"].to_json()
    assert (signed.signed_by, signed.approved_by) == (ONE, TWO)
    assert _audit(world)[:2] == [(ONE, "propose", ("avelumab",)), (TWO, "sign off", ("avelumab",))]


def test_one_person_is_enough_where_the_clinic_set_one_and_the_audit_says_so(world: World) -> None:
    world.set_clinic(ENROLLED, approvals=1)
    assert _propose(world, "avelumab")
    assert _audit(world) == [(ONE, "sign off", ("avelumab", "one person"))]
    assert not _propose(world, "atezo_q2w", may_sign=False)


def test_the_content_is_kept_word_by_word_and_a_proposal_of_an_older_one_cannot_be_approved(world: World) -> None:
    other, newer = (
        World(world.database, replace(world.library, version=name), world.entry) for name in ("other", "newer")
    )
    assert not _propose(other, None)
    assert not _propose(newer, None, TWO)
    with world.database.reading() as tx:
        (proposal,) = sign_offs.open_proposals(tx, world.entry.clinic.id)
        assert door.waiting(tx, other.library, world.entry.clinic.id) == []
    assert (proposal.version, proposal.proposed_by) == ("newer", TWO)
    with pytest.raises(NotSigned, match="newer version"):
        _approve(world, ONE)
    _approve(newer, ONE)
    clinic = world.directory[world.entry.clinic.id].clinic
    with world.database.reading() as tx:
        assert sign_offs.kept_text(tx, "newer") == comparing.written_out(world.library)
        assert [each.version for each in sign_offs.content_history(tx, clinic.id)] == ["newer", world.library.version]
        assert sign_offs.kept_text(tx, world.library.version) is None
    assert clinic.content_version == "newer"
    with pytest.raises(NotSigned, match="signed off already"):
        _propose(newer, None)


def test_what_is_out_of_use_takes_nobody_new_and_runs_on_for_who_is_on_it(world: World) -> None:
    enrolled = world.enrol(ENROLLED, VISIT)
    with world.database.writing() as tx:
        door.withdraw(tx, LATER, world.entry.clinic, "pembro_q3w", ONE)
    world.entry = world.directory[world.entry.clinic.id]
    with pytest.raises(NotEnrolled):
        world.enrol(LATER, VISIT, phone="+12025550144")
    world.plan(DAY_BEFORE)
    assert [text.template for text in world.texts(enrolled)] == ["optin_confirm", "visit_tomorrow_untimed"]
    assert not _propose(world, "pembro_q3w")
    _approve(world, TWO)
    world.entry = world.directory[world.entry.clinic.id]
    world.enrol(LATER, VISIT, phone="+12025550144")


def test_the_last_regimen_stays_since_without_one_the_clinic_would_be_silent(world: World) -> None:
    *others, last = {signed.regimen_id for signed in world.entry.signed_regimens}
    for regimen_id in others:
        with world.database.writing() as tx:
            door.withdraw(tx, LATER, world.entry.clinic, regimen_id, ONE)
    with world.database.writing() as tx, pytest.raises(NotSigned, match="only regimen"):
        door.withdraw(tx, LATER, world.entry.clinic, last, ONE)
    assert world.directory[world.entry.clinic.id].missing() == ()
