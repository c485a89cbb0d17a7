"""Who may publish a clinic's own words, what is refused, and what the texts that go out then say."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from channels.base import Via
from scheduler import own_words
from scheduler.delivery.words import compose
from scheduler.own_words import NoProposal, NotSo, OwnProposal, Refused
from store import audit, clinics, overrides
from store.clinic_entry import Clinic, OverrideKind
from store.overrides import OwnWords
from tests.scheduler.world import ENROLLED, World

ONE, TWO = "one@riverside", "two@riverside"


def _clinic(world: World) -> Clinic:
    with world.database.reading() as tx:
        found = clinics.find_clinic(tx, world.entry.clinic.id)
    assert found is not None
    return found


def _propose(world: World, kind: OverrideKind, about: str, **texts: str) -> OwnWords:
    with world.database.writing() as tx:
        return own_words.propose(tx, ENROLLED, world.library, world.entry.clinic.id, kind, about, texts, ONE)


def _approve(world: World, words: OwnWords, by: str) -> None:
    with world.database.writing() as tx:
        own_words.approve(tx, ENROLLED, world.library, world.entry.clinic.id, words.id, by)


def _audit(world: World) -> list[tuple[str, str, tuple[str, ...]]]:
    with world.database.reading() as tx:
        found = audit.find(tx, world.entry.clinic.id, audit.Filter(subject="alias"), 10)
    return [(entry.actor, entry.action, entry.fields) for entry in reversed(found)]


def test_two_people_publish_and_nobody_approves_their_own_words(world: World) -> None:
    words = _propose(world, "alias", "fever", en="hot spell")
    with pytest.raises(OwnProposal):
        _approve(world, words, ONE)
    assert _clinic(world).overrides == ()
    _approve(world, words, TWO)
    assert [row.text for row in _clinic(world).overrides] == ["hot spell"]
    with pytest.raises(NoProposal):
        _approve(world, words, TWO)
    assert _audit(world) == [(ONE, "propose", ("en",)), (TWO, "publish", ("en",))]


def test_a_clinic_of_one_publishes_alone_and_the_audit_says_so(world: World) -> None:
    with world.database.writing() as tx:
        clinics.set_clinic(tx, ENROLLED, world.entry.clinic.id, approvals=1)
    _propose(world, "alias", "fever", en="hot spell")
    assert [row.text for row in _clinic(world).overrides] == ["hot spell"]
    assert _audit(world) == [(ONE, "propose", ("en",)), (ONE, "publish", ("en", "alone"))]


def test_what_the_linter_refuses_is_never_stored_nor_what_collides_meanwhile_published(world: World) -> None:
    with pytest.raises(Refused, match="carriers act on 'stop'"):
        _propose(world, "alias", "fever", en="stop")
    first = _propose(world, "alias", "fever", en="hot spell")
    second = _propose(world, "alias", "skin", en="hot spell")
    _approve(world, first, TWO)
    with pytest.raises(Refused, match="'hot spell' belongs to the topic"):
        _approve(world, second, TWO)
    with world.database.writing() as tx:
        own_words.withdraw(tx, ENROLLED, world.library, world.entry.clinic.id, second.id, ONE)
        assert overrides.of_clinic(tx, world.entry.clinic.id, "alias", ["proposed"]) == []


def test_a_text_that_goes_out_is_in_the_clinics_own_words(world: World) -> None:
    theirs = {
        "en": "{program}: Your visit is today at {time}. Questions? Call {phone}.",
        "es": "{program}: Su cita es hoy a las {time}. ¿Preguntas? Llame al {phone}.",
    }
    _approve(world, _propose(world, "wording", "visit_today", **theirs), TWO)
    said = compose(world.library, _clinic(world), "visit_today", {"time": "09:30"}, "es", Via.WHATSAPP)
    assert "Su cita es hoy a las 9:30 a.m. ¿Preguntas?" in said.body
    ours = compose(world.library, world.entry.clinic, "visit_today", {"time": "09:30"}, "es", Via.WHATSAPP)
    assert ours.body != said.body


def test_two_people_switch_at_once_and_neither_undoes_the_other(world: World) -> None:
    def switch(name: str, *, on: bool = False) -> bool:
        with world.database.writing() as tx:
            return own_words.switch(tx, ENROLLED, world.library, world.entry.clinic.id, name, ONE, on=on)

    with ThreadPoolExecutor(2) as people:
        assert [*people.map(switch, ("alcohol", "what.2"))] == [True, True]
    assert _clinic(world).switched_off == ("alcohol", "what.2")
    assert not switch("alcohol")
    with pytest.raises(NotSo, match="cannot be switched off"):
        switch("fever")
    assert switch("alcohol", on=True)
    assert not switch("alcohol", on=True)
    assert [row.key for row in _clinic(world).overrides] == ["what.2"]


def test_a_text_names_nothing_that_is_switched_off_and_nothing_goes_off_that_a_text_names(world: World) -> None:
    def switch(*, on: bool) -> bool:
        with world.database.writing() as tx:
            return own_words.switch(tx, ENROLLED, world.library, world.entry.clinic.id, "food", ONE, on=on)

    ours = {language: wording.texts["menu"].text for language, wording in world.library.wordings.items()}
    shorter = {language: text.replace(" FOOD,", "").replace(" COMIDA,", "") for language, text in ours.items()}
    with pytest.raises(NotSo, match="The text menu tells patients to write FOOD"):
        switch(on=False)
    first = _propose(world, "wording", "menu", **shorter)
    _approve(world, first, TWO)
    waiting = _propose(world, "wording", "menu", **{**ours, "en": ours["en"].replace("Unwell?", "Feel unwell?")})
    assert switch(on=False)
    for refused in (lambda: _propose(world, "wording", "menu", **ours), lambda: _approve(world, waiting, TWO)):
        with pytest.raises(Refused, match="FOOD is switched off here") as found:
            refused()
        assert [language for language, _fault in found.value.faults] == ["en", "es"]
    with world.database.writing() as tx, pytest.raises(NotSo, match="tell patients to write FOOD: switch it on first"):
        own_words.withdraw(tx, ENROLLED, world.library, world.entry.clinic.id, first.id, ONE)
    assert switch(on=True)
    _approve(world, waiting, TWO)
