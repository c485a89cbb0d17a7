from datetime import date, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from store import clinics
from store.clinics import AddressTaken, JoinCodeTaken, NameTaken
from store.database import Database
from tests.store.sample import NOW, add_clinic

LATER = NOW + timedelta(days=1)


def test_a_clinic_is_found_by_its_name_and_by_its_number(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
    with database.reading() as tx:
        assert clinics.find_clinic(tx, "Harbor Clinic") == clinics.find_clinic(tx, clinic.id) == clinic
        assert clinics.find_clinic(tx, "Nowhere") is None
        assert clinics.find_clinic(tx, 99) is None
    assert (clinic.languages, clinic.window_from, clinic.window_until) == (("en", "es"), time(9), time(20))
    assert (clinic.consent_version, clinic.content_version, clinic.version) == (0, None, 1)


def test_a_name_is_taken_once(database: Database) -> None:
    with database.writing() as tx:
        add_clinic(tx, "Harbor Clinic")
        hill = add_clinic(tx, "Hill Clinic")
        with pytest.raises(NameTaken, match="called Harbor Clinic already"):
            add_clinic(tx, "Harbor Clinic")
        with pytest.raises(NameTaken, match="called Harbor Clinic already"):
            clinics.set_clinic(tx, NOW, hill.id, name="Harbor Clinic")
        assert clinics.set_clinic(tx, NOW, hill.id, name="Hill Clinic").name == "Hill Clinic"


def test_only_what_is_named_is_changed(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        changed = clinics.set_clinic(tx, LATER, clinic.id, phone_line="+12025550199", languages=("es",))
    assert (changed.phone_line, changed.languages) == ("+12025550199", ("es",))
    assert (changed.program, changed.timezone) == (clinic.program, clinic.timezone)


def test_a_new_consent_text_gets_a_new_version_and_the_same_text_does_not(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        first = clinics.set_clinic(tx, NOW, clinic.id, consent_texts={"en": "I agree."})
        same = clinics.set_clinic(tx, NOW, clinic.id, consent_texts={"en": "I agree."})
        second = clinics.set_clinic(tx, NOW, clinic.id, consent_texts={"en": "I agree.", "es": "Acepto."})
    assert [each.consent_version for each in (first, same, second)] == [1, 1, 2]


def test_a_clinic_that_does_not_exist_cannot_be_changed(database: Database) -> None:
    with database.writing() as tx:
        for change in (
            lambda: clinics.set_clinic(tx, NOW, 99, program="Other"),
            lambda: clinics.add_sender(tx, NOW, 99, "+12025550100", kind="number"),
            lambda: clinics.sign_content(tx, NOW, 99, "abc123", "Dr. Okafor"),
            lambda: clinics.stop_sender(tx, NOW, 99, "account"),
        ):
            with pytest.raises(LookupError, match=r"there is no (clinic|sender) 99"):
                change()


def test_a_sender_belongs_to_one_clinic_alone(database: Database) -> None:
    with database.writing() as tx:
        harbor, hill = add_clinic(tx, "Harbor Clinic"), add_clinic(tx, "Hill Clinic")
        sender = clinics.add_sender(tx, NOW, harbor.id, "+12025550100", kind="number")
        with pytest.raises(AddressTaken, match="already texts from"):
            clinics.add_sender(tx, NOW, hill.id, "+12025550100", kind="number")
        (first, second) = clinics.entries(tx)
    assert first.senders == (sender,)
    assert second.senders == ()


def test_a_stopped_sender_keeps_its_first_reason_until_it_is_resumed(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        sender = clinics.add_sender(tx, NOW, clinic.id, "MG" + "0" * 32, kind="service", opt_out_by="provider")
        clinics.stop_sender(tx, NOW, sender.id, "30032")
        clinics.stop_sender(tx, LATER, sender.id, "20003")
        (stopped,) = clinics.entries(tx)[0].senders
        clinics.resume_sender(tx, LATER, sender.id)
        (resumed,) = clinics.entries(tx)[0].senders
    assert (stopped.stopped_at, stopped.stopped_reason) == (NOW, "30032")
    assert resumed == sender


def test_the_newest_sign_off_of_the_content_counts(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        clinics.sign_content(tx, NOW, clinic.id, "aaa", "Dr. Okafor")
        clinics.sign_content(tx, LATER, clinic.id, "bbb", "Dr. Lind")
        found = clinics.find_clinic(tx, clinic.id)
    assert found is not None
    assert (found.content_version, found.content_signed_by, found.content_signed_at) == ("bbb", "Dr. Lind", LATER)


def test_signing_the_same_regimen_again_keeps_the_first_name(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        clinics.sign_regimen(tx, NOW, clinic.id, "nivolumab", 1, "d1", "Dr. Okafor")
        clinics.sign_regimen(tx, LATER, clinic.id, "nivolumab", 1, "d1", "Dr. Lind")
        clinics.sign_regimen(tx, LATER, clinic.id, "nivolumab", 2, "d2", "Dr. Lind")
        (entry,) = clinics.entries(tx)
    assert [(each.version, each.digest, each.signed_by) for each in entry.signed_regimens] == [
        (1, "d1", "Dr. Okafor"),
        (2, "d2", "Dr. Lind"),
    ]


def test_what_is_missing_before_a_clinic_is_live_is_named(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        (entry,) = clinics.entries(tx)
        assert len(entry.missing()) == 5
        clinics.add_sender(tx, NOW, clinic.id, "+12025550100", kind="number")
        clinics.set_clinic(tx, NOW, clinic.id, phone_line="+12025550199", consent_texts={"en": "I agree."})
        clinics.sign_content(tx, NOW, clinic.id, "abc123", "Dr. Okafor")
        (entry,) = clinics.entries(tx)
        assert entry.missing() == ("a sign-off of at least one regimen",)
        clinics.sign_regimen(tx, NOW, clinic.id, "nivolumab", 1, "d1", "Dr. Okafor")
        (entry,) = clinics.entries(tx)
        assert entry.missing() == ()


def test_a_join_code_leads_to_its_clinic_in_any_case_of_letters(database: Database) -> None:
    with database.writing() as tx:
        harbor, hill = add_clinic(tx, "Harbor Clinic"), add_clinic(tx, "Hill Clinic")
        clinics.set_join_code(tx, NOW, harbor.id, "harbor7")
        found = clinics.clinic_by_join_code(tx, " Harbor7 ")
        assert found is not None
        assert found.id == harbor.id
        with pytest.raises(JoinCodeTaken):
            clinics.set_join_code(tx, NOW, hill.id, "HARBOR7")
        clinics.set_join_code(tx, NOW, harbor.id, "HARBOR7")
        clinics.set_join_code(tx, NOW, harbor.id, None)
        assert clinics.clinic_by_join_code(tx, "HARBOR7") is None


def test_the_version_of_the_directory_moves_with_every_change_and_only_then(database: Database) -> None:
    with database.writing() as tx:
        seen = [clinics.directory_version(tx)]
        clinic = add_clinic(tx)
        sender = clinics.add_sender(tx, NOW, clinic.id, "+12025550100", kind="number")
        for change in (
            lambda: None,
            lambda: clinics.stop_sender(tx, NOW, sender.id, "30032"),
            lambda: clinics.resume_sender(tx, NOW, sender.id),
            lambda: clinics.set_sender(tx, NOW, sender.id, opt_out_by="provider"),
            lambda: clinics.set_clinic(tx, NOW, clinic.id, quiet_hours=0),
            lambda: clinics.set_clinic(tx, NOW, clinic.id, program="Other"),
            lambda: clinics.sign_content(tx, NOW, clinic.id, "abc123", "Dr. Okafor"),
            lambda: clinics.sign_regimen(tx, NOW, clinic.id, "nivolumab", 1, "d1", "Dr. Okafor"),
            lambda: clinics.set_join_code(tx, NOW, clinic.id, "harbor7"),
            lambda: add_clinic(tx, "Hill Clinic"),
        ):
            change()
            seen.append(clinics.directory_version(tx))
            clinics.entries(tx)
            assert clinics.directory_version(tx) == seen[-1]
    assert seen == sorted(set(seen))


def test_a_clinics_days_are_kept_in_their_order_and_taken_away_again(database: Database) -> None:
    with database.writing() as tx:
        made = add_clinic(tx)
        assert (made.open_weekdays, made.closed_on) == (None, ())
        days = [date(2026, 12, 26), date(2026, 12, 25)]
        changed = clinics.set_clinic(tx, NOW, made.id, open_weekdays=[4, 0], closed_on=days)
        assert (changed.open_weekdays, changed.closed_on) == ((0, 4), (days[1], days[0]))
        assert clinics.entries(tx)[0].clinic == changed
        assert clinics.set_clinic(tx, NOW, made.id, program="Other").closed_on == changed.closed_on
        emptied = clinics.set_clinic(tx, NOW, made.id, open_weekdays=None, closed_on=[])
        assert (emptied.open_weekdays, emptied.closed_on) == (None, ())
        assert clinics.set_clinic(tx, NOW, made.id, snap="nearest").snap == "nearest"
        assert clinics.entries(tx)[0].clinic.snap == "nearest"


def test_where_visits_go_is_one_of_three_rules(database: Database) -> None:
    unknown: Any = "before"
    with database.writing() as tx:
        made = add_clinic(tx)
        assert made.snap == "on_or_after"
    with pytest.raises(sa.exc.IntegrityError), database.writing() as tx:
        clinics.set_clinic(tx, NOW, made.id, snap=unknown)
