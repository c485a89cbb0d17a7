"""Enrolment in the console: what is asked, what stands beside it, and what is written when something is wrong."""

import re
from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread

import pytest

from bot.services import Services
from store import audit, clinics, consents, contacts, patients, plans, reminder_rules
from store.clinics import Clinic
from store.messages import conversation
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.clinic.enrolling import patient, with_
from tests.bot.conftest import NOON, OURS, PHONE, Phone, enrol


def faults(page: str) -> dict[str, str]:
    """What stands beside each field."""
    found = re.findall(r'id="([a-z_]+)-fault">([^<]+)<', page)
    ticked = re.findall(r'id="([a-z_]+)" name="\1"[^>]*type="checkbox".*?<p class="fault">([^<]+)<', page, re.DOTALL)
    return dict(found) | dict(ticked)


def test_a_nurse_enrols_and_is_on_the_patients_page(nurse: Browser, clinic: Clinic, services: Services) -> None:
    answer = nurse.post(f"/c/{clinic.id}/enrol", with_())

    found = patient(services, clinic)
    assert found is not None
    assert (answer.status_code, answer.location) == (303, f"/c/{clinic.id}/patients/{found.id}")
    assert (found.name, found.code, found.timezone) == ("Ann Bell", "R-17", "America/New_York")
    with services.database.reading() as tx:
        (consent,) = consents.consents(tx, found.contact_id)
        (plan,) = plans.all_plans_of(tx, found.id)
        newest = audit.entries(tx, clinic.id)[0]
        (first,) = conversation(tx, found.contact_id)
    assert (consent.how, consent.by, consent.wording) == ("signed form", "nurse.1@staff.example", "I agree to texts.")
    assert consent.wording_version == str(clinic.consent_version)
    assert (plan.regimen_id, plan.start, plan.start_cycle) == ("pembro_q3w", date(2026, 5, 11), 1)
    assert (first.kind, first.template) == ("welcome", "optin_confirm")
    assert (newest.action, newest.actor) == ("patient.enrol", "nurse.1@staff.example")
    assert "Enrolled." in nurse.get(answer.location).text
    assert "Ann" not in answer.headers.get("Set-Cookie", "")


def test_the_empty_form_has_what_the_clinic_always_has_and_no_consent(nurse: Browser, clinic: Clinic) -> None:
    page = nurse.get(f"/c/{clinic.id}/enrol").text

    assert 'value="America/New_York"' in page
    assert re.search(r'<option selected value="en">', page)
    assert not re.search(r'id="consent"[^>]*checked', page)
    assert "I agree to texts." in page
    assert "Whoever holds the phone can read them" in page
    assert "WhatsApp" not in page


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"phone": ""}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": "911"}, "phone"),
        ({"phone": OURS}, "phone"),
        ({"phone": "\x00<script>"}, "phone"),
        ({"name": " ", "code": ""}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"regimen": ""}, "regimen"),
        ({"regimen": "tea and biscuits"}, "regimen"),
        ({"regimen": "every"}, "regimen"),
        ({"start": ""}, "start"),
        ({"start": "soon"}, "start"),
        ({"start": "2062-05-11"}, "start"),
        ({"start": "1999-01-01"}, "start"),
        ({"visit_time": "25:00"}, "visit_time"),
        ({"start_cycle": "0"}, "start_cycle"),
        ({"start_cycle": "400", "regimen": "cemi_adj"}, "start_cycle"),
        ({"start_cycle": "x"}, "start_cycle"),
        ({"language": "fr"}, "language"),
        ({"via": "whatsapp"}, "via"),
        ({"via": None}, "via"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"consent_how": ""}, "consent_how"),
        ({"consent": None}, "consent"),
    ],
)
def test_each_fault_stands_beside_its_field_and_nothing_is_half_done(
    others: dict[str, object], field: str, nurse: Browser, clinic: Clinic, services: Services
) -> None:
    answer = nurse.post(f"/c/{clinic.id}/enrol", with_(**others))

    assert answer.status_code == 422
    assert faults(answer.text).keys() == {field}
    assert "<script>" not in answer.text.partition("</head>")[2]
    with services.database.reading() as tx:
        assert patients.list_patients(tx, clinic.id) == []
        assert contacts.find_contact(tx, clinic.id, PHONE) is None


def test_all_that_is_wrong_is_told_at_once_each_beside_its_field(
    nurse: Browser, phone: Phone, clinic: Clinic, services: Services
) -> None:
    assert nurse.post(f"/c/{clinic.id}/enrol", with_()).status_code == 303
    phone.text("STOP")
    wrong = {"name": "", "regimen": "tea and biscuits", "timezone": "Mars/Olympus", "start": "2062-05-11"}

    found = faults(nurse.post(f"/c/{clinic.id}/enrol", with_(**wrong, code="", phone="12", consent=None)).text)
    assert found.keys() == {"name", "regimen", "timezone", "start", "phone", "consent"}
    found = faults(nurse.post(f"/c/{clinic.id}/enrol", with_(start="", regimen="cemi_adj", start_cycle="400")).text)
    assert found.keys() == {"start", "start_cycle", "phone"}
    assert "ask them to text START" in found["phone"]
    found = faults(nurse.post(f"/c/{clinic.id}/enrol", with_(phone="12", language="es")).text)
    assert found.keys() == {"phone", "code", "consent"}
    with services.database.reading() as tx:
        assert len(patients.list_patients(tx, clinic.id)) == 1


def test_what_was_written_is_still_there_beside_a_fault(nurse: Browser, clinic: Clinic) -> None:
    page = nurse.post(f"/c/{clinic.id}/enrol", with_(start="", name='"><b>Ann')).text

    assert "&#34;&gt;&lt;b&gt;Ann" in page
    assert 'value="(202) 555-0143"' in page
    assert "Nobody was enrolled." in page


def test_who_gets_texts_in_spanish_agrees_to_the_spanish_words(
    nurse: Browser, clinic: Clinic, services: Services
) -> None:
    address, spanish = f"/c/{clinic.id}/enrol", with_(language="es")

    changed = nurse.post(f"{address}/preview", spanish, headers={"HX-Request": "true"}).text
    assert re.search(r'id="agreed"[^>]* hx-swap-oob', changed)
    assert "Acepto los mensajes." in changed
    assert not re.search(r'id="consent"[^>]*checked', changed)
    assert 'id="agreed"' not in nurse.post(f"{address}/preview", with_(), headers={"HX-Request": "true"}).text

    # Without a script the English words stood there: nobody has read the others yet.
    refused = nurse.post(address, spanish)
    assert refused.status_code == 422
    assert "other words than before" in faults(refused.text)["consent"]
    assert "Acepto los mensajes." in refused.text
    assert not re.search(r'id="consent"[^>]*checked', refused.text)
    (shown,) = re.findall(r'name="wording" type="hidden" value="([^"]+)"', refused.text)

    assert nurse.post(address, spanish | {"wording": shown}).status_code == 303
    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        (consent,) = consents.consents(tx, found.contact_id)
    assert (consent.wording, consent.language, consent.wording_version) == ("Acepto los mensajes.", "es", "1")


def test_where_a_clinic_has_one_language_of_consent_the_words_that_are_shown_are_recorded_as_they_are(
    nurse: Browser, clinic: Clinic, services: Services
) -> None:
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, consent_texts={"en": "I agree."})
    page = nurse.post(f"/c/{clinic.id}/enrol/preview", with_(language="es")).text
    assert "I agree." in page
    assert "not written this in the language of the texts yet" in page
    assert nurse.post(f"/c/{clinic.id}/enrol", with_(language="es", wording="en 2")).status_code == 303
    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        (consent,) = consents.consents(tx, found.contact_id)
    assert (consent.wording, consent.language, consent.wording_version) == ("I agree.", "en", "2")


def test_a_number_that_said_stop_is_not_enrolled(nurse: Browser, phone: Phone, clinic: Clinic) -> None:
    phone.text("STOP")

    answer = nurse.post(f"/c/{clinic.id}/enrol", with_())

    assert "ask them to text START" in faults(answer.text)["phone"]


def test_a_code_that_another_patient_has_stands_beside_the_code(nurse: Browser, clinic: Clinic) -> None:
    assert nurse.post(f"/c/{clinic.id}/enrol", with_()).status_code == 303

    answer = nurse.post(f"/c/{clinic.id}/enrol", with_(phone="202-555-0144", code="r-17"))

    assert faults(answer.text).keys() == {"code"}


def test_a_number_that_is_enrolled_leads_to_its_patient(nurse: Browser, services: Services, clinic: Clinic) -> None:
    there = enrol(services, "pembro_q3w", date(2026, 5, 11))

    answer = nurse.post(f"/c/{clinic.id}/enrol", with_())

    assert faults(answer.text).keys() == {"phone"}
    assert f'href="/c/{clinic.id}/patients/{there.id}"' in answer.text


def test_a_button_pressed_twice_enrols_once_and_leads_to_the_patient(
    nurse: Browser, clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    address = f"/c/{clinic.id}/enrol"
    sent: dict[str, object] = {
        "name": " Ann Bell ",
        "offered": "visit_before visit_tomorrow",
        "kinds": ["visit_tomorrow"],
    }
    form = with_(**sent)
    first = nurse.post(address, form)
    again = nurse.post(address, form)
    assert (again.status_code, again.location) == (303, first.location)
    assert "Nothing was done a second time." in nurse.get(again.location).text
    others: list[dict[str, object]] = [
        {"start": "2026-05-12"},
        {"kinds": []},
        {"code": ""},
        {"consent_how": "said so by phone"},
        {"consent": None},
    ]
    for other in others:
        assert nurse.post(address, with_(**sent | other)).status_code == 422, other
    colleague = browse(add_staff(services, clinic.id, "nurse", "colleague@staff.example"))
    assert colleague.post(address, form).status_code == 422
    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        assert len(patients.list_patients(tx, clinic.id)) == len(plans.all_plans_of(tx, found.id)) == 1
        assert len(consents.consents(tx, found.contact_id)) == len(conversation(tx, found.contact_id)) == 1
        assert [each.action for each in audit.entries(tx, clinic.id)] == ["patient.enrol"]


def test_of_two_nurses_who_enrol_one_number_at_once_one_is_told(
    services: Services, clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    both = [browse(add_staff(services, clinic.id, "nurse", f"{name}@staff.example")) for name in ("jo", "al")]
    ready, answers = Barrier(2), []

    def send(browser: Browser) -> None:
        ready.wait()
        answers.append(browser.post(f"/c/{clinic.id}/enrol", with_()).status_code)

    threads = [Thread(target=send, args=(browser,)) for browser in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [303, 422]
    with services.database.reading() as tx:
        ((found, _contact),) = patients.list_patients(tx, clinic.id)
        assert len(plans.all_plans_of(tx, found.id)) == 1
        assert len(consents.consents(tx, found.contact_id)) == 1


def test_a_code_alone_is_name_enough(nurse: Browser, clinic: Clinic, services: Services) -> None:
    nurse.post(f"/c/{clinic.id}/enrol", with_(name=""))

    found = patient(services, clinic)
    assert found is not None
    assert (found.name, found.code) == ("R-17", "R-17")


def test_a_regimen_is_found_by_any_words_of_its_title(nurse: Browser, clinic: Clinic, services: Services) -> None:
    assert nurse.post(f"/c/{clinic.id}/enrol", with_(regimen="cemiplimab surgery")).status_code == 303

    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        (plan,) = plans.all_plans_of(tx, found.id)
    assert "surgery" in services.library.regimens[plan.regimen_id].title


def test_only_regimens_that_the_clinic_signed_off_are_offered(
    nurse: Browser, clinic: Clinic, services: Services
) -> None:
    signed = services.library.regimens["pembro_q3w"]
    with services.database.writing() as tx:
        tx.conn.exec_driver_sql("DELETE FROM regimen_sign_off WHERE regimen_id <> 'pembro_q3w'")
        clinics.set_clinic(tx, NOON, clinic.id, quiet_hours=1)
    page = nurse.get(f"/c/{clinic.id}/enrol").text

    listed = page.partition('id="regimens"')[2].partition("</datalist>")[0]
    assert re.findall(r">(\w+)</option>", listed) == [signed.id]
    answer = nurse.post(f"/c/{clinic.id}/enrol", with_(regimen="nivo_rela"))
    assert faults(answer.text) == {"regimen": "Your clinic has signed off no regimen like this."}


def test_the_year_ahead_has_every_text_and_writes_nothing(nurse: Browser, clinic: Clinic, services: Services) -> None:
    page = nurse.post(f"/c/{clinic.id}/enrol/preview", with_(), headers={"HX-Request": "true"}).text

    assert "<html" not in page
    told = [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in page.split("<li><strong>")[1:]]
    texts = [text for text in told if "segment" in text]
    assert texts[0].startswith("Mon 4, 12:00 PM 2 segments Care Texts: you are signed up for treatment reminders")
    assert texts[1].startswith("Fri 8, 10:00 AM 1 segment Care Texts: you have a visit on")
    assert len(texts) == int(re.search(r"(\d+) texts,", page)[1])  # type: ignore[index]
    assert 'id="kind-visit_tomorrow" value="visit_tomorrow" checked' in page
    with services.database.reading() as tx:
        assert patients.list_patients(tx, clinic.id) == []
        assert contacts.find_contact(tx, clinic.id, PHONE) is None


def test_the_year_ahead_names_the_regimen_that_a_part_of_its_name_chose(nurse: Browser, clinic: Clinic) -> None:
    part = nurse.post(f"/c/{clinic.id}/enrol/preview", with_(regimen="relatl"), headers={"HX-Request": "true"}).text
    assert "<p><strong>Nivolumab and relatlimab every 4 weeks</strong></p>" in part


def test_a_preview_without_a_script_is_the_page_with_the_form_as_it_was(nurse: Browser, clinic: Clinic) -> None:
    page = nurse.post(f"/c/{clinic.id}/enrol/preview", with_(consent=None)).text

    assert "<html" in page
    assert 'value="Ann Bell"' in page
    assert "you are signed up for treatment reminders" in page


def test_a_preview_says_what_is_wrong_in_words(nurse: Browser, clinic: Clinic) -> None:
    for others, said in (
        ({"regimen": ""}, "Choose a regimen and the first day"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"start": "2062-05-11"}, "check the year"),
    ):
        assert said in nurse.post(f"/c/{clinic.id}/enrol/preview", with_(**others)).text


def test_a_preview_warns_of_texts_that_the_limits_leave_out(nurse: Browser, clinic: Clinic, services: Services) -> None:
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, max_texts_per_week=1)

    page = nurse.post(f"/c/{clinic.id}/enrol/preview", with_(regimen="nivo_ipi_mel")).text

    assert "will not be sent" in page
    assert "not sent: over the limit" in page


def test_a_kind_of_texts_that_nobody_wants_is_neither_foreseen_nor_sent(
    nurse: Browser, clinic: Clinic, services: Services
) -> None:
    wanted = with_(offered="visit_before visit_tomorrow visit_today", kinds=["visit_tomorrow"])

    page = nurse.post(f"/c/{clinic.id}/enrol/preview", wanted).text
    assert 'value="visit_today" checked' not in page
    assert 'value="visit_tomorrow" checked' in page
    nurse.post(f"/c/{clinic.id}/enrol", wanted)

    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        off = {(own.rule, own.spec) for own in reminder_rules.of_patient(tx, found.id)}
    assert off == {("visit_before", "off"), ("visit_today", "off")}
    # The day before the visit of the 11th, and not three days before it.
    assert found.next_text_at is not None
    assert found.next_text_at.date() == date(2026, 5, 10)


def test_a_course_may_begin_in_its_middle(nurse: Browser, clinic: Clinic, services: Services) -> None:
    nurse.post(f"/c/{clinic.id}/enrol", with_(start_cycle="4"))

    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        assert plans.all_plans_of(tx, found.id)[0].start_cycle == 4
