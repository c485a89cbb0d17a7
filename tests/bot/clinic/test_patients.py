"""Finding patients, and the page about one."""

import re
from datetime import timedelta
from typing import get_args

import pytest

from bot.services import Services
from scheduler import answering, consent
from store import audit, clinics, contacts, erasure, patients
from store.clinics import Clinic
from store.database import Tx
from store.patients import Patient
from tests.bot.clinic.conftest import Browser
from tests.bot.conftest import NOON, PHONE, Phone, enrol

START = NOON.date() + timedelta(days=2)
HOSTILE = "<script>alert(1)</script>\u202e=cmd|' /C calc'!A0\x00"

IN_A_WORD = {
    "stop": "said STOP",
    "pause": "asked for a pause",
    "wrong_number": "wrong number",
    "loss": "a death was told",
    "provider": "blocked by the carrier",
}


@pytest.fixture
def pat(phone: Phone, services: Services) -> Patient:
    """Pat Example, on a three-week cycle from Wednesday on."""
    return enrol(services, "pembro_q3w", START, phone=phone.number)


def add(services: Services, clinic: Clinic, name: str, code: str | None, phone: str) -> Patient:
    with services.database.writing() as tx:
        return add_within(tx, clinic, name, code, phone)


def add_within(tx: Tx, clinic: Clinic, name: str, code: str | None, phone: str) -> Patient:
    contact = contacts.open_contact(tx, NOON, clinic.id, phone, "en", "sms")
    return patients.add_patient(
        tx,
        NOON,
        clinic_id=clinic.id,
        contact_id=contact.id,
        name=name,
        code=code,
        timezone="America/New_York",
    )


@pytest.mark.parametrize("asked", ["quis", "ROSA quispe", "mrn-7", "(202) 555-0177", "+12025550177", "rosalind"])
def test_a_patient_is_found_by_number_code_or_any_part_of_the_name(
    asked: str, pat: Patient, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    add(services, clinic, "Rosalind Quispe", "MRN-7", "+12025550177")
    page = nurse.get(f"/c/{clinic.id}/patients", query_string={"q": asked})
    assert "Rosalind Quispe" in page.text
    assert pat.name not in page.text
    part = nurse.get(f"/c/{clinic.id}/patients/found", query_string={"q": asked})
    assert "Rosalind Quispe" in part.text
    assert "<html" not in part.text


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [("nunez", True), ("JOSE\u0301", True), ("nuñez j", True), ("nun ez", True), ("nu-ez", False)],
)
def test_accents_keep_nobody_from_being_found(
    asked: str, is_found: bool, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    add(services, clinic, "José Núñez", None, "+12025550177")
    page = nurse.get(f"/c/{clinic.id}/patients/found", query_string={"q": asked}).text
    assert ("José Núñez" in page) == is_found


def test_who_is_enrolled_no_more_is_found_by_number_and_code_until_they_are_erased(
    clinic: Clinic, services: Services, nurse: Browser
) -> None:
    former = add(services, clinic, "Rosalind Quispe", "MRN-7", "+12025550177")

    def found(asked: str) -> str:
        return nurse.get(f"/c/{clinic.id}/patients/found", query_string={"q": asked}).text

    with services.database.writing() as tx:
        patients.end_patient(tx, NOON, former.id, "asked")
    for asked in ("mrn-7", "(202) 555-0177"):
        assert ("Rosalind Quispe" in found(asked), ">ended<" in found(asked)) == (True, True)
    assert "Rosalind" not in found("rosalind")
    again = add(services, clinic, "Rosalind Quispe", None, "+12025550177")
    page = found("+12025550177")
    assert page.index(f'patients/{again.id}"') < page.index(f'patients/{former.id}"') < page.index(">ended<")
    with services.database.writing() as tx:
        erasure.erase(tx, NOON, former.contact_id)
    assert f'patients/{former.id}"' not in found("+12025550177")


def test_without_a_question_everybody_is_listed_a_page_at_a_time(
    clinic: Clinic, services: Services, nurse: Browser
) -> None:
    for number in range(53):
        add(services, clinic, f"Person {number:02}", None, f"+1{202 + number}5550150")
    first, second = (nurse.get(f"/c/{clinic.id}/patients", query_string={"page": page}).text for page in (1, 2))
    assert "53 patients" in first
    assert ("Person 49" in first, "Person 50" in first) == (True, False)
    assert ("Person 49" in second, "Person 52" in second) == (False, True)


def test_the_page_of_a_patient_tells_where_they_stand_and_what_comes(
    pat: Patient, clinic: Clinic, phone: Phone, nurse: Browser
) -> None:
    phone.text("SIDE EFFECTS")
    page = nurse.get(f"/c/{clinic.id}/patients/{pat.id}").text
    assert pat.name in page
    assert PHONE in page
    assert "Next treatment: Wednesday, May 6, 2026" in page
    assert "SIDE EFFECTS" in page
    assert "your visit is today" in page
    assert "consent given" in page
    later = nurse.get(f"/c/{clinic.id}/patients/{pat.id}", query_string={"month": "2026-08"}).text
    assert "August 2026" in later


def test_what_waits_stands_on_the_page_of_its_patient_and_leads_to_where_it_is_done(
    pat: Patient, clinic: Clinic, phone: Phone, nurse: Browser
) -> None:
    phone.text("i cant breathe")
    (alert,) = phone.follow_ups()
    assert f'href="/c/{clinic.id}/today/waiting/{alert.id}"' in nurse.get(f"/c/{clinic.id}/patients/{pat.id}").text


def test_nothing_is_said_to_be_texted_next_that_will_not_go(
    pat: Patient, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    address = f"/c/{clinic.id}/patients/{pat.id}"
    foreseen = "your visit is today"
    assert foreseen in nurse.get(address).text
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, max_texts_per_day=1, max_texts_per_week=1)
    assert foreseen not in nurse.get(address).text, "the limits keep it"
    with services.database.writing() as tx:
        contacts.quarantine(tx, NOON, pat.contact_id, "unknown number")
    page = nurse.get(address).text
    assert "Nothing. Texts to this number kept failing: look at the number first." in page
    assert "visit" not in page[page.index("What will be texted next") : page.index(">Consent<")]


def test_what_stands_in_the_conversation_comes_by_itself_and_only_when_it_is_new(
    pat: Patient, clinic: Clinic, phone: Phone, nurse: Browser
) -> None:
    address = f"/c/{clinic.id}/patients/{pat.id}/texts"
    first = nurse.get(address)
    assert nurse.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    phone.text("NEXT")
    assert "NEXT" in nurse.get(address, headers={"If-None-Match": first.headers["ETag"]}).text


def test_a_patient_of_another_clinic_is_not_found(
    other_clinic: Clinic, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    theirs = add(services, other_clinic, "Somebody Else", "MRN-9", "+12025550188")
    for address in (f"/c/{clinic.id}/patients/{theirs.id}", f"/c/{clinic.id}/patients/{theirs.id}/texts"):
        answer = nurse.get(address)
        assert answer.status_code == 404
        assert "Somebody" not in answer.text
    for asked in ("somebody", "MRN-9", "+12025550188"):
        assert "Somebody" not in nurse.get(f"/c/{clinic.id}/patients", query_string={"q": asked}).text


def test_hostile_words_appear_harmless(pat: Patient, clinic: Clinic, phone: Phone, nurse: Browser) -> None:
    phone.text(HOSTILE)
    phone.text("\N{GRINNING FACE}" * 1600)
    page = nurse.get(f"/c/{clinic.id}/patients/{pat.id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("month", ["2026-13", "x", "99999-01", "0000-00"])
def test_a_month_that_is_none_shows_this_one(month: str, pat: Patient, clinic: Clinic, nurse: Browser) -> None:
    page = nurse.get(f"/c/{clinic.id}/patients/{pat.id}", query_string={"month": month})
    assert (page.status_code, "May 2026" in page.text) == (200, True)


def test_why_nothing_goes_to_a_number_is_told_as_it_came_about(
    pat: Patient, clinic: Clinic, services: Services, phone: Phone, nurse: Browser
) -> None:
    phone.text("zoombugs")
    for reason in get_args(consent.Reason):
        with services.database.writing() as tx:
            contacts.opt_in(tx, NOON, pat.contact_id)
            contacts.opt_out(tx, NOON, pat.contact_id, reason)
        page = nurse.get(f"/c/{clinic.id}/patients/{pat.id}").text
        assert [why for why, sentence in consent.WHY_OUT.items() if page.count(sentence) == 2] == [reason]
        assert ("said STOP" in page) == (reason == "stop")
        for place in ("patients", "inbox"):
            assert f'<span class="badge warn">{IN_A_WORD[reason]}</span>' in nurse.get(f"/c/{clinic.id}/{place}").text


def test_a_name_that_turns_round_what_follows_it_turns_round_nothing_but_itself(
    clinic: Clinic, services: Services, nurse: Browser
) -> None:
    turned = add(services, clinic, "\u202eexample Pat", "MRN-7", "+12025550177")
    for page in (f"patients/{turned.id}", "patients", f"inbox/{turned.contact_id}", f"why/patients/{turned.id}"):
        assert "<bdi>example Pat</bdi>" in nurse.get(f"/c/{clinic.id}/{page}").text, page


def test_all_that_was_done_to_a_patient_stands_on_their_page_by_who_did_it(
    pat: Patient, clinic: Clinic, other_clinic: Clinic, services: Services, nurse: Browser, phone: Phone
) -> None:
    with services.database.writing() as tx:
        other = add_within(tx, clinic, "Somebody Else", None, "+12025550178")
        contact = contacts.get_contact(tx, pat.contact_id)
        assert contact is not None
        answering.note(tx, NOON, contact, "prefers mornings", "nurse.1@staff.example")
        answering.answer(tx, NOON, contact, "See you on Wednesday.", "gone@staff.example")
        audit.record(tx, NOON, clinic.id, "nurse.1@staff.example", "note", "contact", other.contact_id, ["note"])
        audit.record(tx, NOON, other_clinic.id, "x@other.example", "note", "contact", pat.contact_id, ["note"])
    phone.text("STOP")
    page = nurse.get(f"/c/{clinic.id}/patients/{pat.id}/done").text
    done = re.findall(r"<li>(.*?) <span class=\"quiet\">(.*?), [A-Z]", page)
    assert [(sentence, re.sub("<[^>]*>", "", who)) for sentence, who in done] == [
        ("Consent: texts stopped.", "the patient"),
        ("Answered by hand.", "gone@staff.example"),
        ("Wrote a note in the conversation.", "The nurse (nurse)"),
        ("Enrolled the patient.", "test"),
    ]
    assert "Answered by hand." in nurse.get(f"/c/{clinic.id}/patients/{pat.id}").text
    assert nurse.get(f"/c/{other_clinic.id}/patients/{pat.id}/done").status_code == 404
