"""Who can be enrolled, and what stands in the database afterwards."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from content.library import Library
from scheduler.enrolment import NewPatient, NewPlan, NotEnrolled, add_plan, enrol
from scheduler.plan.local_time import to_local
from store import audit, clinics, consents, contacts, patients, plans
from store.database import Database
from store.messages import covers
from tests.fakes.twilio.signing import NUMBER
from tests.scheduler.world import NEW_YORK, PHONE, World, at, phone

NOW = at(2026, 1, 2, 15)
START = date(2026, 1, 5)


def _refused(world: World, new: NewPatient) -> NotEnrolled:
    with pytest.raises(NotEnrolled) as refused, world.database.writing() as tx:
        enrol(tx, NOW, world.library, world.entry, new)
    return refused.value


def test_enrolment_writes_patient_consent_plan_and_first_text(world: World) -> None:
    enrolled = world.enrol(NOW, START, visit_time=time(9, 30), code="R-17")

    with world.database.reading() as tx:
        contact = contacts.find_contact(tx, world.entry.clinic.id, PHONE)
        assert contact is not None
        patient = patients.active_patient(tx, contact.id)
        (consent,) = consents.consents(tx, contact.id)
        (plan,) = plans.plans_of(tx, [enrolled.patient.id])[enrolled.patient.id]
        (entry,) = audit.entries(tx, world.entry.clinic.id)
    assert patient == enrolled.patient
    assert (patient.name, patient.code, patient.timezone) == ("Ana Diaz", "R-17", NEW_YORK)
    assert (consent.kind, consent.how, consent.by) == ("given", "form", "nurse@riverside")
    assert (consent.wording, consent.wording_version) == (world.entry.clinic.consent_texts["en"], "1")
    assert plan.regimen_json == world.library.regimens["pembro_q3w"].to_json()
    assert (entry.action, entry.actor, entry.subject_id) == ("patient.enrol", "nurse@riverside", patient.id)
    assert "Ana" not in repr(entry)
    (welcome,) = world.texts(enrolled)
    assert (welcome.kind, welcome.template, welcome.due_at) == ("welcome", "optin_confirm", NOW)


def test_the_next_text_is_the_first_reminder_and_the_ones_before_are_not_sent_later(world: World) -> None:
    """On Friday afternoon the text three days before Monday's visit has had its time."""
    enrolled = world.enrol(NOW, START)

    assert [text.rule for text in enrolled.first_texts[:2]] == ["visit_tomorrow", "visit_today"]
    assert enrolled.patient.next_text_at == enrolled.first_texts[0].due_at == at(2026, 1, 4, 16)


def test_a_plan_entered_in_its_fourth_cycle_says_nothing_of_the_first_three(world: World) -> None:
    enrolled = world.enrol(NOW, START, start_cycle=4)

    assert enrolled.first_texts[0].event == "treatment/c4/d1/visit"
    world.plan(at(2026, 3, 1))
    texts = world.texts(enrolled)
    with world.database.reading() as tx:
        told = {cover.event.split("/")[1] for text in texts for cover in covers(tx, text.id)}
    assert told == {"c4", "c5", "c6"}


def test_the_events_stand_as_rows_for_sixty_days(world: World) -> None:
    enrolled = world.enrol(NOW, START)

    with world.database.reading() as tx:
        rows = plans.events_between(tx, enrolled.plan.id, START, date(2026, 12, 31))
    visits = [row.date for row in rows if row.kind == "treatment"]
    assert visits == [date(2026, 1, 5), date(2026, 1, 26), date(2026, 2, 16)]
    assert enrolled.plan.shadow_until == date(2026, 3, 3)


def test_the_first_text_waits_for_the_window(world: World) -> None:
    late = at(2026, 1, 2, 22, 30)

    (welcome,) = world.texts(world.enrol(late, START))

    assert welcome.due_at == at(2026, 1, 3, 9)


def test_a_patient_has_hours_of_their_own(world: World) -> None:
    enrolled = world.enrol(NOW, START, window_from=time(11), window_until=time(21))

    assert (enrolled.patient.window_from, enrolled.patient.window_until) == (time(11), time(21))
    assert all(time(11) <= to_local(text.due_at, NEW_YORK).time() < time(21) for text in enrolled.first_texts)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"phone": "202"}, "phone", "too short"),
    ({"phone": "+44 20 7946 0958"}, "phone", "landline"),
    ({"timezone": "New York"}, "timezone", "America/New_York"),
    ({"language": "fr"}, "language", "en, es"),
    ({"name": "  "}, "name", "name"),
    ({"consent_how": " "}, "consent_how", "agreed"),
    ({"regimen_id": "pembro"}, "regimen_id", "no regimen called pembro"),
    ({"start": date(2206, 1, 5)}, "start", "check the year"),
    ({"start": date(1926, 1, 5)}, "start", "check the year"),
    ({"start": date(2022, 1, 5), "regimen_id": "cemi_adj"}, "start", "Nothing of this plan is left"),
    ({"start_cycle": 40, "regimen_id": "blina_mrd"}, "start_cycle", "cycle"),
    ({"window_from": time(9)}, "window_from", "later end"),
    ({"window_from": time(20), "window_until": time(9)}, "window_from", "later end"),
]


def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_written(world: World, subtests: pytest.Subtests) -> None:
    for changes, field, says in WRONG:
        with subtests.test(**changes):
            refused = _refused(world, replace(world.new_patient(START), **changes))
            assert refused.field == field
            assert says in refused.sentence
            assert refused.sentence.endswith(".")
            with world.database.reading() as tx:
                assert contacts.find_contact(tx, world.entry.clinic.id, PHONE) is None
                assert patients.list_patients(tx, world.entry.clinic.id) == []
                assert audit.entries(tx, world.entry.clinic.id) == []


def test_a_clinic_that_is_not_live_enrols_nobody(world: World) -> None:
    world.set_clinic(NOW, phone_line=None)

    refused = _refused(world, world.new_patient(START))

    assert refused.field == "clinic"
    assert "a phone line that answers day and night" in refused.sentence


def test_a_regimen_must_be_signed_off_as_it_stands_now(database: Database, library: Library) -> None:
    """Neither another version nor the same version with another definition will do."""
    world = World.build(database, library, NOW)
    signed = world.entry.signed_regimens
    of_pembro = next(each for each in signed if each.regimen_id == "pembro_q3w")
    for other in (replace(of_pembro, version=of_pembro.version + 1), replace(of_pembro, digest="0" * 64)):
        world.entry = replace(world.entry, signed_regimens=(other,))
        assert "only another version" in _refused(world, world.new_patient(START)).sentence
    world.entry = replace(world.entry, signed_regimens=tuple(each for each in signed if each is not of_pembro))
    assert "no version" in _refused(world, world.new_patient(START)).sentence


def test_a_number_has_one_active_patient(world: World) -> None:
    world.enrol(NOW, START)

    refused = _refused(world, world.new_patient(START, phone="(202) 555-0143", name="Someone Else"))

    assert refused.field == "phone"
    assert "enrolled already" in refused.sentence


def test_a_code_belongs_to_one_patient(world: World) -> None:
    world.enrol(NOW, START, code="R-17")

    assert _refused(world, world.new_patient(START, phone=phone(1), code="r-17")).field == "code"


def test_a_number_that_opted_out_is_refused_whatever_was_signed(world: World) -> None:
    with world.database.writing() as tx:
        contact = contacts.open_contact(tx, NOW, world.entry.clinic.id, PHONE, "en", "sms")
        contacts.opt_out(tx, NOW, contact.id, "stop")

    refused = _refused(world, world.new_patient(START))

    assert refused.field == "phone"
    assert "START" in refused.sentence


def test_a_number_that_a_clinic_texts_from_is_no_patients(world: World) -> None:
    assert "texts from this number itself" in _refused(world, world.new_patient(START, phone=NUMBER)).sentence


def test_a_number_in_quarantine_is_refused(world: World) -> None:
    with world.database.writing() as tx:
        contact = contacts.open_contact(tx, NOW, world.entry.clinic.id, PHONE, "en", "sms")
        contacts.quarantine(tx, NOW, contact.id, "recipient_permanent")

    assert "another number" in _refused(world, world.new_patient(START)).sentence


def test_a_number_known_in_another_language_gets_the_one_of_the_enrolment(world: World) -> None:
    with world.database.writing() as tx:
        contacts.open_contact(tx, NOW, world.entry.clinic.id, PHONE, "en", "sms")

    world.enrol(NOW, START, language="es")

    (text,) = world.send(NOW)
    assert "ya se inscribio" in text.body


def test_who_enrols_hears_that_a_plan_says_more_than_the_clinic_texts_in_a_week(world: World) -> None:
    assert world.enrol(NOW, START, "len_mm").warnings == ()
    world.set_clinic(NOW, max_texts_per_week=5)

    (warning,) = world.enrol(NOW, START, "len_mm", phone=phone(1)).warnings

    assert "will not be sent: Riverside sends at most 3 on a day and 5 in a week" in warning


def test_who_enters_a_plan_hears_of_the_limits_and_not_of_what_is_told_in_one_text(world: World) -> None:
    """The visits of two plans on one day are one text; the capsules of a third are others."""
    world.set_clinic(NOW, max_texts_per_day=2, max_texts_per_week=5)
    patient = world.enrol(NOW, START)
    assert patient.warnings == ()

    def added(regimen_id: str) -> tuple[str, ...]:
        new = NewPlan(patient_id=patient.patient.id, regimen_id=regimen_id, start=START, by="nurse@riverside")
        with world.database.writing() as tx:
            return add_plan(tx, NOW, world.library, world.entry, new).warnings

    assert added("nivo_q4w") == ()
    (warning,) = added("len_mm")
    assert "at most 2 on a day and 5 in a week" in warning


def test_a_number_is_read_in_the_clinics_country(database: Database, library: Library) -> None:
    world = World.build(database, library, NOW, country="uk", timezone="Europe/London")
    enrolled = world.enrol(NOW, START, phone="07400 123456", timezone="Europe/London")

    with world.database.reading() as tx:
        contact = contacts.get_contact(tx, enrolled.patient.contact_id)
    assert contact is not None
    assert contact.phone == "+447400123456"


def test_a_regimen_that_is_edited_later_moves_nobody(world: World) -> None:
    """The plan carries the definition; the calendar is made from that alone."""
    enrolled = world.enrol(NOW, START)
    with world.database.writing() as tx:
        clinics.sign_regimen(tx, NOW, world.entry.clinic.id, "pembro_q3w", 2, "f" * 64, "Dr. Quinn")

    with world.database.reading() as tx:
        plan = plans.get_plan(tx, enrolled.plan.id)
    assert plan is not None
    assert plan.digest == world.library.regimens["pembro_q3w"].digest()


def test_an_enrolment_that_fails_at_its_end_leaves_nothing(world: World) -> None:
    long_ago = world.new_patient(date(2022, 1, 5), "cemi_adj")

    _refused(world, long_ago)

    assert world.enrol(NOW, START).patient.id is not None
    assert world.plan(NOW + timedelta(days=1)) == 0
