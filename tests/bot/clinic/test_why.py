"""Why a text went, or did not, on the screen."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.services import Services
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, Phone, enrol


def test_a_text_tells_what_became_of_it(phone: Phone, clinic: Clinic, services: Services, nurse: Browser) -> None:
    enrol(services, "pembro_q3w", NOON.date() + timedelta(days=2))
    phone.text("STOP")
    (welcome,) = (text for text in phone.messages() if text.kind == "welcome")
    page = nurse.get(f"/c/{clinic.id}/why/texts/{welcome.id}").text
    said, _summary, noted = page.partition("<summary>")
    assert "First text, planned for" in said
    assert "not sent: This number opted out." in said
    assert "optin_confirm" not in said
    assert "A welcome (optin_confirm) was planned for" in noted
    (stop,) = (text for text in phone.messages() if text.direction == "in")
    said, _summary, noted = nurse.get(f"/c/{clinic.id}/why/texts/{stop.id}").text.partition("<summary>")
    assert "It came in and was understood as: said STOP." in said
    assert f"The provider calls it {stop.provider_id}." in noted
    assert str(stop.provider_id) not in said


def test_a_day_tells_why_there_was_no_text(phone: Phone, clinic: Clinic, services: Services, nurse: Browser) -> None:
    pat = enrol(services, "pembro_q3w", NOON.date() + timedelta(days=2))
    address = f"/c/{clinic.id}/why/patients/{pat.id}"
    page = nurse.get(address, query_string={"date": "2026-05-06"}).text
    said, _summary, noted = page.partition("<summary>")
    assert "Plan Pembrolizumab every 3 weeks, Cycle 1 day 1: pembrolizumab on Wed, May 6 (The day of a visit)" in said
    assert "/c1/d1/visit" not in said
    assert "treatment/c1/d1/visit on 2026-05-06 (visit_today), no text: it is planned for" in noted
    assert "has anything to tell on 2027-01-02" not in nurse.get(address, query_string={"date": "soon"}).text
    assert "2030-01-01" in nurse.get(address, query_string={"date": "2030-01-01"}).text


def test_what_is_another_clinics_is_not_found(
    phone: Phone, clinic: Clinic, services: Services, browse: Callable[[User], Browser], request: pytest.FixtureRequest
) -> None:
    pat = enrol(services, "pembro_q3w", NOON.date() + timedelta(days=2))
    other_clinic: Clinic = request.getfixturevalue("other_clinic")  # only now: `enrol` knows of one clinic alone
    text = phone.text("SIDE EFFECTS").message_id
    stranger = browse(add_staff(services, other_clinic.id, "nurse"))
    for address in (f"/c/{other_clinic.id}/why/texts/{text}", f"/c/{other_clinic.id}/why/patients/{pat.id}"):
        assert stranger.get(address).status_code == 404
