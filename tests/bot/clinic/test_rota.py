"""The rota on the screen: who is told of an alert that nobody has seen."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from bot.clinic.alerts.forms import seen_as
from bot.services import Services
from scheduler.duties.escalating import Escalating
from store import audit, notices, on_call, rota
from store.clinics import Clinic
from store.on_call import Recipient
from store.rota import RotaEntry
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, Phone, Watch

NIGHTS: dict[str, object] = {
    "step": "charge",
    "name": "Kim <b>Ito</b>",
    "phone": "202-555-0171",
    "mail": "kim@example.org",
    "weekdays": ["4", "5"],
    "begins": "19:00",
    "ends": "07:00",
    "holidays": "y",
}


def entries(services: Services, clinic: Clinic) -> list[RotaEntry]:
    with services.database.reading() as tx:
        return list(rota.of_clinic(tx, clinic.id))


def test_a_shift_is_added_seen_and_taken_off(clinic: Clinic, services: Services, administrator: Browser) -> None:
    address = f"/c/{clinic.id}/alerts/rota"
    for _ in range(2):
        assert administrator.post(address, NIGHTS).status_code == 303
    (entry,) = entries(services, clinic)
    assert (entry.shift.phone, entry.shift.weekdays) == ("+12025550171", (4, 5))
    assert (entry.shift.begins, entry.shift.ends, entry.shift.holidays) == (time(19), time(7), True)
    page = administrator.get(address).text
    assert "Kim &lt;b&gt;Ito&lt;/b&gt;" in page
    assert "Friday, Saturday, holidays" in " ".join(page.split())
    assert "(the next day)" in page
    for _ in range(2):  # a button pressed twice
        assert administrator.post(address, {"remove": entry.id, "was": seen_as(entry.shift)}).status_code == 303
    assert entries(services, clinic) == []
    with services.database.reading() as tx:
        found = [(each.action, each.subject, each.subject_id) for each in audit.entries(tx, clinic.id)]
    assert found == [("remove", "rota", entry.id), ("add", "rota", entry.id)]


def test_a_shift_is_changed_with_the_same_checks(clinic: Clinic, services: Services, administrator: Browser) -> None:
    address = f"/c/{clinic.id}/alerts/rota"
    administrator.post(address, NIGHTS)
    (entry,) = entries(services, clinic)
    page = administrator.get(f"{address}?shift={entry.id}").text
    for kept in (
        'value="+12025550171"',
        'value="kim@example.org"',
        'value="19:00"',
        'value="Kim &lt;b&gt;Ito&lt;/b&gt;"',
    ):
        assert kept in page
    changed = NIGHTS | {"change": entry.id, "ends": "08:00", "weekdays": ["0"], "mail": "", "was": seen_as(entry.shift)}
    assert f'name="was" type="hidden" value="{seen_as(entry.shift)}"' in page
    refused = administrator.post(address, changed | {"phone": ""})
    assert refused.status_code == 422
    assert f'name="change" value="{entry.id}"' in refused.text
    assert entries(services, clinic) == [entry]
    assert administrator.post(address, changed).status_code == 303
    (after,) = entries(services, clinic)
    assert after == replace(entry, shift=replace(entry.shift, ends=time(8), weekdays=(0,), mail=None))
    with services.database.reading() as tx:
        assert [each.action for each in audit.entries(tx, clinic.id)] == ["change", "add"]
    assert administrator.get(f"{address}?shift=99").status_code == 404
    assert administrator.post(address, changed | {"change": "99"}).status_code == 404


def test_of_two_who_change_a_shift_at_once_the_second_is_told_and_nothing_is_written_over(
    clinic: Clinic, services: Services, administrator: Browser, browse: Callable[[User], Browser]
) -> None:
    address = f"/c/{clinic.id}/alerts/rota"
    other = browse(add_staff(services, clinic.id, "administrator", "other@staff.example"))
    administrator.post(address, NIGHTS)
    (entry,) = entries(services, clinic)
    older = {"change": entry.id, "was": seen_as(entry.shift)}
    for _ in range(2):
        assert administrator.post(address, NIGHTS | older | {"ends": "08:00"}).status_code == 303
    (now,) = entries(services, clinic)
    for asked in (NIGHTS | older | {"ends": "06:00", "weekdays": ["5"]}, {"remove": entry.id, "was": older["was"]}):
        told = other.post(address, asked)
        assert (told.status_code, entries(services, clinic)) == (409, [now])
        assert "Somebody else has changed this shift meanwhile." in told.text
        assert "The administrator</bdi> (administrator)" in told.text
        assert f'name="was" type="hidden" value="{seen_as(now.shift)}"' in told.text
        assert 'value="08:00"' in told.text
        theirs = {"06:00", "Saturday"} if "name" in asked else set()
        assert {*re.findall("On your page: ([^<]*)", told.text)} == theirs
    assert administrator.post(address, {"remove": entry.id, "was": seen_as(now.shift)}).status_code == 303
    told = other.post(address, NIGHTS | older)
    assert (told.status_code, entries(services, clinic)) == (409, [])
    assert "Somebody else has taken this shift off the rota meanwhile." in told.text
    assert "The administrator</bdi> (administrator)" in told.text
    assert 'name="change"' not in told.text
    assert 'value="202-555-0171"' in told.text
    with services.database.reading() as tx:
        assert [each.action for each in audit.entries(tx, clinic.id)] == ["remove", "change", "add"]


def test_a_shift_that_reaches_nobody_or_never_begins_is_refused_beside_its_field(
    clinic: Clinic, services: Services, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/alerts/rota"
    wrong: tuple[tuple[dict[str, object], str], ...] = (
        ({"phone": "", "mail": ""}, "one of them must reach this person"),
        ({"phone": "12"}, "no number that can be texted"),
        ({"mail": "kim"}, "no mail address"),
        ({"weekdays": [], "holidays": ""}, "Tick at least one weekday"),
        ({"begins": ""}, "required"),
    )
    for fields, sentence in wrong:
        answer = administrator.post(address, {name: value for name, value in {**NIGHTS, **fields}.items() if value})
        assert answer.status_code == 422, fields
        assert sentence in answer.text
    assert entries(services, clinic) == []


def test_a_shift_of_another_clinic_is_not_found(
    clinic: Clinic, other_clinic: Clinic, services: Services, administrator: Browser, browse: Callable[[User], Browser]
) -> None:
    administrator.post(f"/c/{clinic.id}/alerts/rota", NIGHTS)
    (entry,) = entries(services, clinic)
    stranger = browse(add_staff(services, other_clinic.id, "administrator"))
    assert stranger.post(f"/c/{other_clinic.id}/alerts/rota", {"remove": entry.id}).status_code == 404
    assert stranger.post(f"/c/{other_clinic.id}/alerts/rota", NIGHTS | {"change": entry.id}).status_code == 404
    assert stranger.get(f"/c/{other_clinic.id}/alerts/rota?shift={entry.id}").status_code == 404
    assert "Kim" not in stranger.get(f"/c/{other_clinic.id}/alerts/rota").text
    assert entries(services, clinic) == [entry]


def test_only_administrators_find_the_way_there(clinic: Clinic, nurse: Browser, administrator: Browser) -> None:
    link = f"/c/{clinic.id}/alerts/rota"
    assert link in administrator.get(f"/c/{clinic.id}/alerts").text
    assert link not in nurse.get(f"/c/{clinic.id}/alerts").text


def test_an_alert_says_who_was_told_so_far_and_the_rota_where_it_has_a_gap(
    phone: Phone, clinic: Clinic, services: Services, administrator: Browser, watch: Watch
) -> None:
    assert "Nobody stands in" in administrator.get(f"/c/{clinic.id}/alerts/rota").text
    with services.database.writing() as tx:
        on_call.add(tx, NOON, clinic.id, Recipient("text", "+12025550179"))
    assert "+12025550179" in administrator.get(f"/c/{clinic.id}/alerts/rota").text
    phone.text("ten trips to the loo and its only noon, see you friday")
    watch.forward(timedelta(minutes=20))
    Escalating(services.database, watch, "https://texts.example.org").round()
    assert "Told so far:" in administrator.get(f"/c/{clinic.id}/alerts").text
    with services.database.reading() as tx:
        assert [each.to.address for each in notices.latest(tx)] == ["+12025550179"]
