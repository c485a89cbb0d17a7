"""The settings of a clinic and the people who work there."""

import re
from collections.abc import Callable

from bot.clinic.settings.forms import seen_as
from bot.services import Services
from scheduler.duties.escalation import STEPS
from store import audit, clinics, staff
from store.clinic_entry import CALL_MINUTES, DANGER_MINUTES
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, OURS

FORM: dict[str, object] = {
    "program": "Care Texts",
    "timezone": "America/New_York",
    "country": "us",
    "languages": ["en", "es"],
    "default_language": "en",
    "phone_line": "202-555-0111",
    "consent_texts-en": "I agree to texts.",
    "consent_texts-es": "Acepto los mensajes.",
    "window_from": "09:00",
    "window_until": "20:00",
    "max_texts_per_day": "3",
    "max_texts_per_week": "20",
    "quiet_hours": "12",
    **{f"danger_minutes-{step}": number for step, number in zip(STEPS, DANGER_MINUTES, strict=True)},
    **{f"call_minutes-{step}": number for step, number in zip(STEPS, CALL_MINUTES, strict=True)},
    "gone_quiet_days": "7",
    "approvals": "2",
    "open_weekdays": ["0", "1", "2", "3", "4", "5", "6"],
    "closed_on": "",
    "snap": "on_or_after",
}
"""The clinic of the tests as it is."""


def form_of(clinic: Clinic, **other: object) -> dict[str, object]:
    """The form as a page of the clinic sends it, with other values in some fields."""
    return FORM | {"was": seen_as(clinic)} | other


def kept(services: Services, clinic: Clinic) -> Clinic:
    with services.database.reading() as tx:
        found = clinics.find_clinic(tx, clinic.id)
    assert found is not None
    return found


def fields_of(services: Services, clinic: Clinic) -> list[tuple[str, ...]]:
    with services.database.reading() as tx:
        return [entry.fields for entry in audit.entries(tx, clinic.id) if entry.subject == "clinic"]


def test_what_is_changed_is_kept_and_the_audit_names_the_fields(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    wanted = form_of(clinic) | {
        "quiet_hours": "24",
        "fever_c": "99,8",
        "low_c": "35.5",
        "stools": "3",
        "danger_minutes-nurse": "0",
        "call_minutes-on_call": "45",
        "gone_quiet_days": "14",
        "consent_texts-es": "Acepto  los mensajes.\r\nTodos. ",
        "ask_confirmation": "y",
        "open_weekdays": ["0", "2"],
        "closed_on": "2026-12-25\n2026-07-03",
        "default_language": "es",
        "snap": "nearest",
    }
    assert administrator.post(f"/c/{clinic.id}/settings", wanted).status_code == 303
    found = kept(services, clinic)
    assert (found.quiet_hours, found.open_weekdays, found.snap) == (24, (0, 2), "nearest")
    assert found.ask_confirmation
    assert (found.fever_c, found.low_c, found.stools, found.gone_quiet_days) == (37.67, 35.5, 3, 14)
    assert (found.danger_minutes, found.call_minutes) == ((0, 7, 15), (10, 30, 45))
    assert found.consent_texts == {"en": "I agree to texts.", "es": "Acepto  los mensajes.\nTodos."}
    assert found.consent_version == clinic.consent_version + 1
    page = administrator.get(f"/c/{clinic.id}/settings").text
    assert 'value="99.8"' in page
    assert 'value="95.9"' in page
    assert [day.isoformat() for day in found.closed_on] == ["2026-07-03", "2026-12-25"]
    assert (found.languages, found.default_language) == (("es", "en"), "es")
    assert fields_of(services, clinic) == [
        (
            "ask_confirmation",
            "call_minutes",
            "closed_on",
            "consent_texts",
            "danger_minutes",
            "default_language",
            "fever_c",
            "gone_quiet_days",
            "languages",
            "low_c",
            "open_weekdays",
            "quiet_hours",
            "snap",
            "stools",
        )
    ]


def test_saving_what_is_there_changes_nothing(clinic: Clinic, services: Services, administrator: Browser) -> None:
    page = administrator.get(f"/c/{clinic.id}/settings").text
    assert 'value="Care Texts"' in page
    assert administrator.post(f"/c/{clinic.id}/settings", FORM).status_code == 303
    assert kept(services, clinic).version == clinic.version
    assert fields_of(services, clinic) == []


def test_of_two_who_save_at_once_the_second_is_told_what_is_there_now(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/settings"
    assert f'name="was" value="{seen_as(clinic)}"' in administrator.get(address).text
    assert administrator.post(address, form_of(clinic, quiet_hours="24")).status_code == 303
    theirs = {
        "max_texts_per_week": "12",
        "ask_confirmation": "y",
        "open_weekdays": ["0", "2"],
        "low_c": "35.5",
        "danger_minutes-nurse": "0",
        "closed_on": "2026-07-03\n2026-12-25",
    }
    second = administrator.post(address, form_of(clinic, **theirs))
    found = kept(services, clinic)
    assert (second.status_code, found.quiet_hours, found.max_texts_per_week) == (409, 24, clinic.max_texts_per_week)
    own = ("12", "yes", "Monday, Wednesday", "35.5", "0, 7, 15", "2026-07-03, 2026-12-25")
    assert re.findall("On your page: ([^<]*)", second.text).count("12") == 2
    assert {*re.findall("On your page: ([^<]*)", second.text)} == {*own}
    assert "Quiet hours after a text of danger to life <span" in second.text
    assert f'name="was" value="{seen_as(found)}"' in second.text
    assert administrator.post(address, form_of(found, quiet_hours="24", max_texts_per_week="12")).status_code == 303
    assert administrator.post(address, form_of(clinic, quiet_hours="24", max_texts_per_week="12")).status_code == 303
    assert (kept(services, clinic).quiet_hours, kept(services, clinic).max_texts_per_week) == (24, 12)


WRONG: list[tuple[str, str | list[str], str]] = [
    ("phone_line", "call us", "is no phone number"),
    ("closed_on", "christmas", "is no date"),
    ("open_weekdays", [], "Tick at least one weekday."),
    ("window_until", "08:00", "must end after it begins"),
    ("max_texts_per_day", "0", "between 1 and 20"),
    ("max_texts_per_day", "few", "Not a valid integer value."),
    ("country", "xx", "Not a valid choice"),
    ("program", "", "required"),
    ("program", "Harbor Cancer Care", "leave out Cancer."),
    ("program", "Harbor \u6d77", "in plain letters on one line"),
    ("program", "Harbor\nCare", "on one line"),
    ("fever_c", "hot", "is no temperature of a body"),
    ("fever_c", "37.2", "between 37.5 and 38.34 C (99.5 and 101.0 F)"),
    ("fever_c", "101.5", "between 37.5 and 38.34 C (99.5 and 101.0 F)"),
    ("low_c", "34,9", "between 35.0 and 36.0 C"),
    ("stools", "6", "between 3 and 5"),
    ("danger_minutes-charge", "", "whole minutes for each step"),
    ("danger_minutes-charge", "16", "Each step comes after the one before"),
    ("danger_minutes-on_call", "61", "after 60 minutes at most"),
    ("call_minutes-nurse", "-1", "whole minutes for each step"),
    ("consent_texts-es", " ", "it is missing in español"),
]


def test_a_wrong_setting_is_told_beside_its_field_and_nothing_is_saved(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    for field, value, sentence in WRONG:
        answer = administrator.post(f"/c/{clinic.id}/settings", form_of(clinic) | {"quiet_hours": "48", field: value})
        assert (answer.status_code, sentence in answer.text, answer.text.count('class="fault"')) == (422, True, 1), (
            field
        )
    assert kept(services, clinic) == clinic


def test_one_person_is_enough_only_while_nobody_else_could_propose(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/settings"
    assert administrator.post(address, form_of(clinic, approvals="1")).status_code == 303
    viewer = add_staff(services, clinic.id, "viewer")
    alone = kept(services, clinic)
    assert alone.approvals == 1
    again = administrator.post(f"{address}/people/{viewer.id}", {"role": "nurse"})
    assert "From now on it takes two people" in administrator.get(again.location).text
    two = kept(services, clinic)
    assert (two.approvals, fields_of(services, clinic)) == (2, [("approvals",), ("approvals",)])
    refused = administrator.post(address, form_of(two, approvals="1", quiet_hours="24"))
    assert (refused.status_code, "2 people here may propose" in refused.text) == (422, True)
    assert kept(services, clinic) == two
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, approvals=1)
    added = administrator.post(f"{address}/people", {"name": "New", "email": "n@staff.example", "role": "nurse"})
    assert "From now on it takes two people" in added.text
    assert kept(services, clinic).approvals == 2


def test_every_fault_is_told_at_once(clinic: Clinic, administrator: Browser) -> None:
    wrong = {"fever_c": "39", "call_minutes-nurse": "31", "window_until": "08:00"}
    page = administrator.post(f"/c/{clinic.id}/settings", form_of(clinic) | wrong).text
    for sentence in ("between 37.5 and 38.34 C", "Each step comes after the one before", "must end after it begins"):
        assert sentence in page


def test_the_join_code_is_set_and_taken_away(clinic: Clinic, services: Services, administrator: Browser) -> None:
    address = f"/c/{clinic.id}/settings/join-code"
    assert administrator.post(address, {"code": "cedar"}).status_code == 303
    assert kept(services, clinic).join_code == "CEDAR"
    assert administrator.post(address, {"code": "no!", "was": "CEDAR"}).status_code == 422
    assert 'name="was" type="hidden" value="CEDAR"' in administrator.get(f"/c/{clinic.id}/settings").text
    for theirs in ("maple", ""):
        second = administrator.post(address, {"code": theirs, "was": "OAK"})
        assert (second.status_code, kept(services, clinic).join_code) == (409, "CEDAR")
        assert f"On your page: {theirs.upper() or '-'}<" in second.text
        assert "Code after JOIN <span" in second.text
        assert "The administrator</bdi> (administrator)" in second.text
    # Whoever wants what is there already is not told of it.
    assert administrator.post(address, {"code": "Cedar", "was": ""}).status_code == 303
    assert administrator.post(address, {"code": "", "was": "CEDAR"}).status_code == 303
    assert kept(services, clinic).join_code is None
    assert fields_of(services, clinic) == [("join_code",), ("join_code",)]


def test_somebody_new_gets_a_first_password_once_and_somebody_known_keeps_theirs(
    clinic: Clinic, other_clinic: Clinic, services: Services, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/settings/people"
    page = administrator.post(address, {"name": "New Nurse", "email": "New@staff.example", "role": "nurse"})
    assert "Their first password" in page.text
    with services.database.reading() as tx:
        added = staff.find_user(tx, "new@staff.example")
    assert added is not None
    assert added.password_given
    assert "Their first password" not in administrator.get(address).text
    known = add_staff(services, other_clinic.id, "nurse", "known@staff.example")
    again = administrator.post(address, {"name": "Known", "email": "known@staff.example", "role": "viewer"})
    assert "Their first password" not in again.text
    with services.database.reading() as tx:
        assert {user.email: role for user, role in staff.members(tx, clinic.id)}["new@staff.example"] == "nurse"
        assert {member.clinic_id: member.role for member in staff.memberships(tx, known.id)} == {
            clinic.id: "viewer",
            other_clinic.id: "nurse",
        }
    assert (
        administrator.post(address, {"name": "K", "email": "known@staff.example", "role": "nurse"}).status_code == 422
    )


def test_a_role_is_changed_or_ended_but_never_the_last_administrators(
    clinic: Clinic, other_clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    chief = add_staff(services, clinic.id, "administrator")
    nurse = add_staff(services, clinic.id, "nurse")
    stranger = add_staff(services, other_clinic.id, "nurse")
    browser = browse(chief)

    def roles() -> dict[int, str]:
        with services.database.reading() as tx:
            return {user.id: role for user, role in staff.members(tx, clinic.id)}

    browser.post(f"/c/{clinic.id}/settings/people/{nurse.id}", {"role": "viewer"})
    assert roles()[nurse.id] == "viewer"
    browser.post(f"/c/{clinic.id}/settings/people/{chief.id}", {"role": "nurse"})
    browser.post(f"/c/{clinic.id}/settings/people/{chief.id}", {"role": "administrator", "leaves": "y"})
    assert roles()[chief.id] == "administrator"
    browser.post(f"/c/{clinic.id}/settings/people/{nurse.id}", {"role": "viewer", "leaves": "y"})
    assert nurse.id not in roles()
    assert browser.post(f"/c/{clinic.id}/settings/people/{stranger.id}", {"role": "viewer"}).status_code == 404


def test_a_stopped_sender_texts_again_when_an_administrator_says_so(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    with services.database.writing() as tx:
        (sender,) = (one for entry in clinics.entries(tx) for one in entry.senders if one.address == OURS)
        clinics.stop_sender(tx, NOON, sender.id, "account suspended")
    assert "account suspended" in administrator.get(f"/c/{clinic.id}/settings/senders").text
    assert administrator.post(f"/c/{clinic.id}/settings/senders/{sender.id}/resume").status_code == 303
    with services.database.reading() as tx:
        (resumed,) = (one for entry in clinics.entries(tx) for one in entry.senders if one.address == OURS)
    assert resumed.stopped_at is None
