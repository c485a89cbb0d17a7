"""A word that a clinic taught is understood there and nowhere else, and never in place of danger."""

import pytest

from bot.directory import Directory
from bot.services import Services
from bot.understanding.taught import Taught
from content.check import check_rows
from store import clinics, overrides
from store.clinic_entry import Override, OverrideKind
from tests.bot.conftest import NOON, OURS, Phone


def teach(services: Services, clinic_id: int, kind: OverrideKind, about: str, **texts: str) -> None:
    with services.database.writing() as tx:
        words = overrides.propose(tx, NOON, clinic_id, kind, about, texts, "one@x.example")
        overrides.publish(tx, NOON, words, "two@x.example")
    services.directory.refresh(services.database)


def test_a_word_is_understood_once_it_is_taught_and_by_that_clinic_alone(phone: Phone, services: Services) -> None:
    asked = "zoombugs"
    assert phone.text(asked).outcome is not None
    assert (phone.messages()[0].outcome_kind, phone.messages()[0].outcome_id) == ("unknown", None)
    teach(services, phone.clinic_id, "alias", "tired", en="zoombugs")
    answer = phone.text(asked)
    assert answer.outcome is not None
    assert (answer.outcome.kind, answer.outcome.id) == ("topic", "tired")
    reply = phone.messages()[-1]
    assert reply.fact == "tired.1"
    assert reply.content_version is not None
    assert reply.content_version.startswith(f"{services.library.version}+")
    others = services.engines.of(services.library.with_overrides(()))
    assert others.understand(asked).kind == "unknown"
    assert others is services.engine


def test_a_reply_is_in_the_clinics_own_words_and_known_without_a_database(phone: Phone, services: Services) -> None:
    theirs = services.library.wordings["en"].texts["menu"].text.replace("{phone}", "our nurses: {phone}")
    es = services.library.wordings["es"].texts["menu"].text
    teach(services, phone.clinic_id, "wording", "menu", en=theirs, es=es)
    remembered = Directory(services.settings.var_dir / "clinics.json")
    assert remembered.remember()
    assert remembered.entries == services.directory.entries
    assert len(remembered.entries[0].clinic.overrides) == 2


def test_what_a_clinic_switched_off_is_not_sent_and_who_asks_is_told_whom_to_call(
    phone: Phone, services: Services
) -> None:
    assert phone.text("ALCOHOL").outcome.id == "alcohol"  # type: ignore[union-attr]
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, phone.clinic_id, switched_off=["alcohol", "what.1"])
    services.directory.refresh(services.database)
    remembered = Directory(services.settings.var_dir / "clinics.json")
    assert remembered.remember()
    assert remembered.entries == services.directory.entries
    assert phone.says("ALCOHOL") == (
        "No more facts on this. Text MENU to see other words. Symptoms? Call 202-555-0111. Emergency: 911."
    )
    phone.text("WHAT")
    assert phone.messages()[-1].fact == "what.2"


@pytest.mark.parametrize(
    "text",
    ["i cant breathe", "no puedo respirar", "cant breathe zoombugs", "overdose", "STOP", "zoombugs stop texting me"],
)
def test_whatever_is_taught_danger_and_leaving_stay_what_they_are(services: Services, text: str) -> None:
    # Rows that the linter would refuse, laid in all the same: the guard does not rest on it.
    library = services.library
    words = ("zoombugs", "overdos", "cant breath", "i cant breathe at all")
    rows = [Override("alias", "tired", "en", word) for word in words]
    laid = library.with_overrides([row for row in rows if not check_rows(library, [row])])
    ours = services.engine.understand(text)
    assert Taught(services.engine, laid).understand(text) == ours
    assert ours.kind != "topic"


def test_the_words_of_a_clinic_that_changed_are_not_kept(phone: Phone, services: Services) -> None:
    teach(services, phone.clinic_id, "alias", "tired", en="zoombugs")
    with services.database.writing() as tx:
        (words,) = overrides.of_clinic(tx, phone.clinic_id, "alias", ["published"])
        overrides.withdraw(tx, NOON, words, "one@x.example")
    services.directory.refresh(services.database)
    reached = services.directory.reached(OURS, None)
    assert reached is not None
    assert reached.entry.clinic.overrides == ()
    assert phone.text("zoombugs").outcome.kind == "unknown"  # type: ignore[union-attr]
    with services.database.reading() as tx:
        assert clinics.find_clinic(tx, phone.clinic_id) == reached.entry.clinic
