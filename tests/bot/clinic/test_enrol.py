"""Enrolment in the console: what is asked, what stands beside it, and what is written when something is wrong."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from bot.services import Services
from store import audit, clinics, confirmations, consents, contacts, follow_ups, patients, plans, reminder_rules
from store.clinics import Clinic
from store.messages import conversation
from store.patients import Patient
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, OURS, PHONE, Phone, Watch, enrol

ANN: dict[str, object] = {
    "phone": "(202) 555-0143",
    "name": "Ann Bell",
    "code": "R-17",
    "regimen": "pembro_q3w",
    "start": "2026-05-11",
    "visit_time": "09:30",
    "start_cycle": "1",
    "language": "en",
    "via": "sms",
    "timezone": "America/New_York",
    "consent_how": "signed form",
    "consent": "y",
}


def with_(**others: object) -> dict[str, object]:
    return {name: value for name, value in (ANN | others).items() if value is not None}


def faults(page: str) -> dict[str, str]:
    """What stands beside each field."""
    found = re.findall(r'id="([a-z_]+)-fault">([^<]+)<', page)
    ticked = re.findall(r'id="([a-z_]+)" name="\1"[^>]*type="checkbox".*?<p class="fault">([^<]+)<', page, re.DOTALL)
    return dict(found) | dict(ticked)


def patient(services: Services, clinic: Clinic, phone: str = PHONE) -> Patient | None:
    with services.database.reading() as tx:
        contact = contacts.find_contact(tx, clinic.id, phone)
        return None if contact is None else patients.active_patient(tx, contact.id)


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
    assert (consent.how, consent.by, consent.wording) == ("signed form", "nurse.1@staff.example", clinic.consent_text)
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
    assert clinic.consent_text is not None
    assert clinic.consent_text in page
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


def test_what_was_written_is_still_there_beside_a_fault(nurse: Browser, clinic: Clinic) -> None:
    page = nurse.post(f"/c/{clinic.id}/enrol", with_(start="", name='"><b>Ann')).text

    assert "&#34;&gt;&lt;b&gt;Ann" in page
    assert 'value="(202) 555-0143"' in page
    assert "Nobody was enrolled." in page


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
    assert texts[0].startswith("Mon 4, 12:00 2 segments Care Texts: you are signed up for treatment reminders")
    assert texts[1].startswith("Fri 8, 10:00 1 segment Care Texts: you have a visit on")
    assert len(texts) == int(re.search(r"(\d+) texts,", page)[1])  # type: ignore[index]
    assert 'id="kind-visit_tomorrow" value="visit_tomorrow" checked' in page
    with services.database.reading() as tx:
        assert patients.list_patients(tx, clinic.id) == []
        assert contacts.find_contact(tx, clinic.id, PHONE) is None


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


# Beside the chair.


@pytest.fixture
def joined(phone: Phone, services: Services) -> Phone:
    """A phone that has texted JOIN and the clinic's code."""
    with services.database.writing() as tx:
        clinics.set_join_code(tx, NOON, phone.clinic_id, "SUNRISE")
    services.directory.refresh(services.database)
    phone.text("JOIN SUNRISE")
    return phone


def the_wish(services: Services, clinic: Clinic) -> int:
    with services.database.reading() as tx:
        (wish,) = [each for each in follow_ups.open_ones(tx, clinic.id) if each.kind == "join"]
    return wish.id


def test_who_texted_join_is_shown_without_the_last_two_digits(nurse: Browser, joined: Phone, clinic: Clinic) -> None:
    page = nurse.get(f"/c/{clinic.id}/enrol/wishes")

    assert PHONE[:-2] in page.text
    assert PHONE not in page.text
    again = nurse.get(f"/c/{clinic.id}/enrol/wishes", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    Phone(joined.services, "+12025550177", clinic_id=clinic.id).text("JOIN SUNRISE")
    newer = nurse.get(f"/c/{clinic.id}/enrol/wishes", headers={"If-None-Match": page.headers["ETag"]})
    assert newer.text.index("+120255501") < newer.text.rindex("+120255501")


def test_two_digits_record_the_consent_and_the_rest_of_the_form_enrols(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services, watch: Watch
) -> None:
    wish = the_wish(services, clinic)

    answer = nurse.post(f"/c/{clinic.id}/enrol/wishes/{wish}", {"digits": PHONE[-2:]})

    assert answer.location == f"/c/{clinic.id}/enrol?join={wish}"
    contact = joined.contact()
    how = "texted JOIN, confirmed by nurse.1@staff.example at 2026-05-04 12:00"
    with services.database.reading() as tx:
        (consent,) = consents.consents(tx, contact.id)
    assert (consent.kind, consent.how, consent.patient_id) == ("given", how, None)
    assert consent.wording == clinic.consent_text
    page = nurse.get(answer.location).text
    assert f'value="{PHONE}"' in page
    assert 'id="consent"' not in page
    watch.forward(timedelta(minutes=3))
    # Whatever number the form is made to send, it is the confirmed one that is enrolled.
    sent = with_(join=str(wish), phone="202-555-0199", consent=None, consent_how=None)
    assert nurse.post(f"/c/{clinic.id}/enrol", sent).status_code == 303
    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        assert [each.how for each in consents.consents(tx, contact.id)] == [how, how]
        assert follow_ups.open_ones(tx, clinic.id) == []


@pytest.mark.parametrize("digits", ["", "4", "44", "143", "4 3", "\uff14\uff13"])
def test_wrong_digits_record_nothing(
    digits: str, nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    wish, contact = the_wish(services, clinic), joined.contact()

    answer = nurse.post(f"/c/{clinic.id}/enrol/wishes/{wish}", {"digits": digits})

    assert answer.status_code == 422
    assert "nothing was recorded" in answer.text
    with services.database.reading() as tx:
        assert consents.consents(tx, contact.id) == []
    # Without the digits the form is the usual one, which asks for consent.
    assert 'id="consent"' in nurse.get(f"/c/{clinic.id}/enrol?join={wish}").text


def test_what_the_form_says_of_a_join_is_not_believed(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    sent = with_(join=str(the_wish(services, clinic)), consent=None, consent_how=None)

    answer = nurse.post(f"/c/{clinic.id}/enrol", sent)

    assert answer.status_code == 422
    assert faults(answer.text).keys() == {"consent", "consent_how"}


def test_who_is_enrolled_by_the_usual_form_wants_in_no_more(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    assert nurse.post(f"/c/{clinic.id}/enrol", with_()).status_code == 303

    with services.database.reading() as tx:
        assert follow_ups.open_ones(tx, clinic.id) == []


def test_a_wish_is_taken_off_the_list_and_nobody_is_enrolled(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    answer = nurse.post(f"/c/{clinic.id}/enrol/wishes/{the_wish(services, clinic)}/dismiss")

    assert answer.status_code == 303
    assert joined.follow_ups() == []
    assert patient(services, clinic) is None


def test_another_clinics_wish_is_not_found(
    joined: Phone,
    clinic: Clinic,
    other_clinic: Clinic,
    services: Services,
    browse: Callable[[User], Browser],
) -> None:
    wish, contact = the_wish(services, clinic), joined.contact()
    stranger = browse(add_staff(services, other_clinic.id, "nurse"))
    home = f"/c/{other_clinic.id}/enrol"

    assert stranger.get(f"{home}?join={wish}").status_code == 404
    assert stranger.post(home, with_(join=str(wish))).status_code == 404
    assert stranger.post(f"{home}/preview", with_(join=str(wish))).status_code == 404
    assert stranger.post(f"{home}/wishes/{wish}", {"digits": PHONE[-2:]}).status_code == 404
    assert stranger.post(f"{home}/wishes/{wish}/dismiss").status_code == 404
    assert PHONE[:-2] not in stranger.get(home).text
    with services.database.reading() as tx:
        assert consents.consents(tx, contact.id) == []


# The reply that a clinic may ask for.


@pytest.fixture
def asking(clinic: Clinic, services: Services) -> Clinic:
    """The clinic, which asks who is enrolled for a reply."""
    with services.database.writing() as tx:
        changed = clinics.set_clinic(tx, NOON, clinic.id, ask_confirmation=True)
    services.directory.refresh(services.database)
    return changed


def not_confirmed(services: Services, clinic: Clinic) -> list[Any]:
    with services.database.reading() as tx:
        return [(each.name, each.asked_again) for each in confirmations.not_confirmed(tx, clinic.id)]


def test_the_first_text_asks_for_c_where_the_clinic_wants_it(
    nurse: Browser, asking: Clinic, services: Services, phone: Phone
) -> None:
    preview = nurse.post(f"/c/{asking.id}/enrol/preview", with_()).text
    nurse.post(f"/c/{asking.id}/enrol", with_())

    first, again = phone.messages()
    assert "Reply C to confirm" in preview
    assert (first.kind, first.template, again.kind, again.template) == (
        "welcome",
        "optin_ask",
        "reminder",
        "optin_ask",
    )
    assert first.due_at is not None
    assert again.due_at == first.due_at + timedelta(days=1)
    assert not_confirmed(services, asking) == [("Ann Bell", False)]
    assert "signed up" in phone.says("C")
    assert not_confirmed(services, asking) == []
    again = next(message for message in phone.messages() if message.id == again.id)
    assert (again.state, again.gate) == ("cancelled", "confirmed")


def test_staff_may_hear_it_instead_and_only_of_their_own_patients(
    nurse: Browser,
    asking: Clinic,
    other_clinic: Clinic,
    services: Services,
    browse: Callable[[User], Browser],
) -> None:
    nurse.post(f"/c/{asking.id}/enrol", with_())
    found = patient(services, asking)
    assert found is not None
    stranger = browse(add_staff(services, other_clinic.id, "nurse"))

    assert stranger.post(f"/c/{other_clinic.id}/enrol/heard/{found.id}").status_code == 404
    assert len(not_confirmed(services, asking)) == 1
    assert nurse.post(f"/c/{asking.id}/enrol/heard/{found.id}").status_code == 303
    assert not_confirmed(services, asking) == []
    with services.database.reading() as tx:
        newest = audit.entries(tx, asking.id)[0]
    assert (newest.action, newest.subject_id) == ("patient.confirm", found.id)
