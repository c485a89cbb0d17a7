import threading
from datetime import time, timedelta

import pytest
import sqlalchemy as sa

from store import console_patients, contacts, patients
from store.database import Database, Tx
from store.patients import CodeTaken, Patient, PatientExists
from tests.store.sample import CODE, NAME, NOW, OTHER_PHONE, PHONE, add_clinic, add_sample

ZONE = "America/New_York"


def enrol(tx: Tx, clinic_id: int, phone: str, code: str | None = None) -> Patient:
    contact = contacts.open_contact(tx, NOW, clinic_id, phone, "en", "sms")
    return patients.add_patient(
        tx, NOW, clinic_id=clinic_id, contact_id=contact.id, name=NAME, timezone=ZONE, code=code
    )


def test_a_patient_is_found_by_id_by_contact_and_by_code(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        patient = sample.patient
        assert patients.get_patient(tx, patient.id) == patient
        assert patients.active_patient(tx, sample.contact.id) == patient
        assert patients.find_by_code(tx, sample.clinic.id, CODE.lower()) == patient
        assert patients.find_by_code(tx, sample.clinic.id, "MRN-0000") is None
        assert patients.list_patients(tx, sample.clinic.id) == [(patient, sample.contact)]
        assert patients.get_patient(tx, 99) is None
        assert patients.active_patient(tx, 99) is None
        enrolled = patients.enrolled(tx, sample.contact.id)
    assert (patient.name, patient.code, patient.state, patient.next_text_at) == (NAME, CODE, "active", None)
    assert enrolled is not None
    assert (enrolled.id, enrolled.timezone) == (patient.id, ZONE)


def test_a_number_and_a_code_lead_also_to_who_is_enrolled_no_more(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        clinic, former = sample.clinic.id, sample.patient.id
        patients.end_patient(tx, NOW, former, "moved away")
        again = enrol(tx, clinic, PHONE).id

        def known_by(phone: str | None, code: str) -> list[tuple[int, bool]]:
            return [(each.id, each.ended) for each in console_patients.known_by(tx, clinic, phone, code)]

        assert known_by(PHONE, "-") == known_by(PHONE, CODE) == [(again, False), (former, True)]
        assert known_by(None, CODE.lower()) == [(former, True)]
        assert known_by(OTHER_PHONE, "MRN-0000") == []
        assert console_patients.known_by(tx, add_clinic(tx, "Hill Clinic").id, PHONE, CODE) == []


def test_a_contact_has_one_active_patient_and_a_second_is_refused_with_the_reason(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        for code in (None, CODE, "MRN-0001"):
            with pytest.raises(PatientExists, match="enrolled already") as refused:
                enrol(tx, sample.clinic.id, PHONE, code)
            assert refused.value.patient_id == sample.patient.id
        patients.end_patient(tx, NOW, sample.patient.id, "moved away")
        assert patients.active_patient(tx, sample.contact.id) is None
        assert enrol(tx, sample.clinic.id, PHONE, "MRN-0001").id != sample.patient.id


def test_a_code_is_taken_once_in_a_clinic_and_free_in_another(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        with pytest.raises(CodeTaken, match="choose another") as refused:
            enrol(tx, sample.clinic.id, OTHER_PHONE, f" {CODE.lower()} ")
        assert refused.value.patient_id == sample.patient.id
        assert enrol(tx, add_clinic(tx, "Hill Clinic").id, PHONE, CODE).code == CODE


def test_the_database_itself_refuses_a_second_active_patient_and_a_stranger_from_another_clinic(
    database: Database,
) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        hill = add_clinic(tx, "Hill Clinic")
        row = tx.conn.execute(sa.select(patients.patient)).one()._asdict() | {"id": 99, "code_hash": None}
        row["code_sealed"] = None
    for wrong in (row, row | {"clinic_id": hill.id, "state": "ended", "ended_at": NOW}):
        with pytest.raises(sa.exc.IntegrityError), database.writing() as tx:
            tx.conn.execute(sa.insert(patients.patient), wrong)
    assert sample.clinic.id != hill.id


def test_a_window_of_ones_own_is_kept(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        contact = contacts.open_contact(tx, NOW, clinic.id, PHONE, "en", "sms")
        patient = patients.add_patient(
            tx,
            NOW,
            clinic_id=clinic.id,
            contact_id=contact.id,
            name=NAME,
            timezone=ZONE,
            window_from=time(10, 30),
            window_until=time(18),
        )
    assert (patient.window_from, patient.window_until) == (time(10, 30), time(18))


def test_those_due_longest_are_claimed_first_and_nobody_before_their_time(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        first, second, third = (enrol(tx, clinic.id, f"+1202555010{n}").id for n in range(3))
        assert patients.next_due_at(tx) is None
        patients.set_next_texts(tx, [(first, NOW), (second, NOW - timedelta(hours=1)), (third, NOW)])
        patients.set_next_text(tx, third, NOW + timedelta(microseconds=1))
        assert patients.next_due_at(tx) == NOW - timedelta(hours=1)
        assert [due.id for due in patients.claim_due(tx, NOW, 10)] == [second, first]
        assert [due.id for due in patients.claim_due(tx, NOW, 1)] == [second]
        patients.set_next_text(tx, second, None)
        assert [due.id for due in patients.claim_due(tx, NOW, 10)] == [first]
        with pytest.raises(LookupError):
            patients.set_next_text(tx, 99, NOW)


def test_two_planners_never_claim_the_same_patient(database: Database) -> None:
    with database.writing() as tx:
        clinic = add_clinic(tx)
        numbers = {enrol(tx, clinic.id, f"+120255501{n:02d}").id for n in range(40)}
        patients.set_next_texts(tx, [(number, NOW) for number in numbers])
    claimed: list[int] = []

    def plan() -> None:
        while True:
            with database.writing(deadline=30) as tx:
                due = [patient.id for patient in patients.claim_due(tx, NOW, 5)]
                patients.set_next_texts(tx, [(number, None) for number in due])
            claimed.extend(due)
            if not due:
                return

    threads = [threading.Thread(target=plan) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(numbers)


def test_an_ended_patient_is_never_due_and_keeps_the_first_end(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        patients.set_next_text(tx, sample.patient.id, NOW)
        patients.end_patient(tx, NOW, sample.patient.id, "finished")
        patients.end_patient(tx, NOW + timedelta(days=1), sample.patient.id, "loss")
        ended = patients.get_patient(tx, sample.patient.id)
        assert patients.claim_due(tx, NOW, 10) == []
    assert ended is not None
    assert (ended.state, ended.ended_at, ended.next_text_at) == ("ended", NOW, None)
    with pytest.raises(sa.exc.IntegrityError), database.writing() as tx:
        patients.set_next_text(tx, sample.patient.id, NOW)


def test_every_step_of_consent_is_kept_in_order(database: Database) -> None:
    with database.writing() as tx:
        sample = add_sample(tx)
        for kind, how, patient_id in (("given", "paper", sample.patient.id), ("withdrawn", "text", None)):
            patients.add_consent(
                tx,
                NOW,
                clinic_id=sample.clinic.id,
                contact_id=sample.contact.id,
                patient_id=patient_id,
                kind="given" if kind == "given" else "withdrawn",
                how=how,
                wording="I agree to texts.",
                wording_version="1",
                language="en",
                by="nurse:7",
            )
        given, withdrawn = patients.consents(tx, sample.contact.id)
    assert (given.kind, given.how, given.patient_id, given.at) == ("given", "paper", sample.patient.id, NOW)
    assert (withdrawn.kind, withdrawn.how, withdrawn.patient_id) == ("withdrawn", "text", None)
