"""Who texts JOIN beside the chair, and the reply that a clinic may ask for."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.clinic.enrol.hows import how_in_words
from bot.services import Services
from store import audit, clinics, confirmations, consents, follow_ups
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.clinic.enrolling import patient, with_
from tests.bot.conftest import NOON, PHONE, Phone, Watch


def faults(page: str) -> dict[str, str]:
    """What stands beside each field."""
    found = re.findall(r'id="([a-z_]+)-fault">([^<]+)<', page)
    ticked = re.findall(r'id="([a-z_]+)" name="\1"[^>]*type="checkbox".*?<p class="fault">([^<]+)<', page, re.DOTALL)
    return dict(found) | dict(ticked)


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


def test_a_page_that_is_open_shows_new_words_before_anybody_agrees_to_them(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    page = nurse.get(f"/c/{clinic.id}/enrol/wishes")
    assert "I agree to texts." in page.text
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, consent_texts={"en": "I agree to all of it.", "es": "Acepto."})

    newer = nurse.get(f"/c/{clinic.id}/enrol/wishes", headers={"If-None-Match": page.headers["ETag"]})

    assert "I agree to all of it." in newer.text


def test_words_that_changed_since_the_page_was_opened_are_shown_before_anybody_agrees_to_them(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    address, contact = f"/c/{clinic.id}/enrol/wishes/{the_wish(services, clinic)}", joined.contact()
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, consent_texts={"en": "I agree to all of it.", "es": "Acepto."})

    refused = nurse.post(address, {"digits": PHONE[-2:], "wording": "en 1"})

    assert refused.status_code == 422
    assert "These are other words than before" in refused.text
    assert "I agree to all of it." in refused.text
    with services.database.reading() as tx:
        assert consents.consents(tx, contact.id) == []
    (seen,) = re.findall(r'type="hidden" name="wording" value="([^"]+)"', refused.text)
    assert nurse.post(address, {"digits": PHONE[-2:], "wording": seen}).status_code == 303
    with services.database.reading() as tx:
        (consent,) = consents.consents(tx, contact.id)
    assert (consent.wording, consent.wording_version) == ("I agree to all of it.", "2")


def test_how_somebody_joined_is_said_in_the_readers_language(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    nurse.post("/account", {"name": "Jo", "language": "es"})
    wish = the_wish(services, clinic)
    agreed = nurse.post(f"/c/{clinic.id}/enrol/wishes/{wish}", {"digits": PHONE[-2:], "wording": "en 1"})
    said = "Registrado: <bdi>con un mensaje JOIN, que confirmó Jo (enfermería) el lun, 4 de may a las 12:00"
    assert said in nurse.get(agreed.location).text
    enrolled = nurse.post(f"/c/{clinic.id}/enrol", with_(join=str(wish), consent=None, consent_how=None))
    assert nurse.get(enrolled.location).text.count("con un mensaje JOIN") == 2


def test_two_digits_record_the_consent_and_the_rest_of_the_form_enrols(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services, watch: Watch
) -> None:
    wish = the_wish(services, clinic)

    answer = nurse.post(f"/c/{clinic.id}/enrol/wishes/{wish}", {"digits": PHONE[-2:], "wording": "en 1"})

    assert answer.location == f"/c/{clinic.id}/enrol?join={wish}"
    contact = joined.contact()
    how = "texted JOIN, confirmed by nurse.1@staff.example at 2026-05-04 12:00"
    with services.database.reading() as tx:
        (consent,) = consents.consents(tx, contact.id)
    assert (consent.kind, consent.how, consent.patient_id) == ("given", how, None)
    assert consent.wording == clinic.consent_texts[consent.language]
    page = nurse.get(answer.location).text
    assert f'value="{PHONE}"' in page
    assert 'id="consent"' not in page
    watch.forward(timedelta(minutes=3))
    # Whatever number the form is made to send, it is the confirmed one that is enrolled.
    sent = with_(join=str(wish), phone="202-555-0199", consent=None, consent_how=None, language="es")
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, consent_texts={"en": "I agree to all of it.", "es": "Acepto."})
    assert nurse.post(f"/c/{clinic.id}/enrol", sent).status_code == 303
    found = patient(services, clinic)
    assert found is not None
    with services.database.reading() as tx:
        first, second = consents.consents(tx, contact.id)
        # They agreed to what stood beside their text, whatever language and wording came since.
        assert (second.how, second.wording, second.language, second.wording_version) == (
            how,
            first.wording,
            first.language,
            first.wording_version,
        )
        assert follow_ups.open_ones(tx, clinic.id) == []


def test_who_texted_join_is_enrolled_once_by_a_button_pressed_twice(
    nurse: Browser, joined: Phone, clinic: Clinic, services: Services
) -> None:
    address, wish = f"/c/{clinic.id}/enrol", the_wish(services, clinic)
    nurse.post(f"{address}/wishes/{wish}", {"digits": PHONE[-2:], "wording": "en 1"})
    form = with_(join=str(wish), phone=PHONE, consent=None, consent_how=None, wording=None)
    first = nurse.post(address, form)
    again = nurse.post(address, form)
    assert (again.status_code, again.location) == (303, first.location)
    other = nurse.post(address, form | {"start": "2026-05-12"})
    assert (other.status_code, f'href="{first.location}"' in other.text) == (422, True)
    with services.database.reading() as tx:
        assert [each.action for each in audit.entries(tx, clinic.id)].count("patient.enrol") == 1
    assert nurse.get(f"{address}?join={wish}").status_code == 200


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


def test_a_consent_in_words_of_somebodys_own_is_shown_as_it_was_recorded() -> None:
    recorded = "texted JOIN, confirmed by the front desk at some day"
    assert how_in_words(recorded) == recorded
