"""A clinic's own words: nothing is in use before it is published, and every process hears of it."""

from store import clinics, overrides
from store.clinic_entry import Override
from store.database import Database
from store.overrides import OwnWords
from tests.store.sample import NOW, add_clinic

HOT = Override("alias", "fever", "en", "hot spell")


def _propose(database: Database, clinic_id: int, kind: str = "alias", text: str = "hot spell") -> OwnWords:
    with database.writing() as tx:
        if kind == "alias":
            return overrides.propose(tx, NOW, clinic_id, "alias", "fever", {"en": text}, "a@x.example")
        texts = {"en": text, "es": text}
        return overrides.propose(tx, NOW, clinic_id, "wording", "thanks", texts, "a@x.example")


def _in_use(database: Database, clinic_id: int) -> tuple[Override, ...]:
    with database.reading() as tx:
        found = clinics.find_clinic(tx, clinic_id)
        (entry,) = (entry for entry in clinics.entries(tx) if entry.clinic.id == clinic_id)
    assert found == entry.clinic
    return entry.clinic.overrides


def test_a_proposal_is_in_use_once_it_is_published_and_until_it_is_withdrawn(database: Database) -> None:
    with database.writing() as tx:
        clinic, other = add_clinic(tx), add_clinic(tx, "Other Clinic")
    words = _propose(database, clinic.id)
    assert _in_use(database, clinic.id) == ()
    with database.writing() as tx:
        before = clinics.directory_version(tx)
        assert overrides.publish(tx, NOW, words, "b@x.example")
        assert not overrides.publish(tx, NOW, words, "c@x.example")
        assert clinics.directory_version(tx) > before
    assert _in_use(database, clinic.id) == (HOT,)
    assert _in_use(database, other.id) == ()
    with database.writing() as tx:
        (published,) = overrides.of_clinic(tx, clinic.id, "alias", ["published"])
        assert (published.author, published.approver) == ("a@x.example", "b@x.example")
        before = clinics.directory_version(tx)
        assert overrides.withdraw(tx, NOW, published, "c@x.example")
        assert not overrides.withdraw(tx, NOW, published, "c@x.example")
        assert clinics.directory_version(tx) > before
    assert _in_use(database, clinic.id) == ()


def test_a_wording_takes_the_place_of_the_one_before_it_and_an_alias_stands_beside_others(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
    made = [_propose(database, clinic.id, kind, text) for kind in ("alias", "wording") for text in ("One.", "Two.")]
    with database.writing() as tx:
        for words in made:
            overrides.publish(tx, NOW, words, "b@x.example")
    kept = [(row.kind, row.language, row.text) for row in _in_use(database, clinic.id)]
    assert kept == [
        ("alias", "en", "One."),
        ("alias", "en", "Two."),
        ("wording", "en", "Two."),
        ("wording", "es", "Two."),
    ]


def test_another_clinics_words_are_not_found(database: Database) -> None:
    with database.writing() as tx:
        clinic, other = add_clinic(tx), add_clinic(tx, "Other Clinic")
    words = _propose(database, clinic.id)
    with database.reading() as tx:
        assert overrides.one(tx, other.id, words.id) is None
        assert overrides.one(tx, clinic.id, words.id) == words
        assert overrides.of_clinic(tx, other.id, "alias", ["proposed"]) == []
