"""The first screen of the day, what is done from it, and the sheet for the huddle."""

import re
from collections.abc import Callable
from datetime import time, timedelta

import pytest

from bot.services import Services
from scheduler import enrolment
from scheduler.changing import change_plan
from scheduler.plan.changes import Change, Hold, Resume
from store import alarms, audit, clinics, follow_ups, forecasts, plans
from store.clinics import Clinic
from store.follow_ups import FollowUp, FollowUpKind
from store.forecasts import Forecast
from store.patients import Patient
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, Phone, Watch, enrol

DANGER = "ten trips to the loo and its only noon, see you friday"
HOSTILE = "<script>alert(1)</script>\u202e=cmd()"


def waits(
    services: Services, clinic: Clinic, kind: FollowUpKind = "failed_text", patient: Patient | None = None
) -> FollowUp:
    with services.database.writing() as tx:
        return follow_ups.open_follow_up(
            tx,
            NOON,
            clinic_id=clinic.id,
            kind=kind,
            urgency=2,
            patient_id=None if patient is None else patient.id,
            detail=HOSTILE,
        )


def now_of(services: Services, task: FollowUp) -> FollowUp:
    with services.database.reading() as tx:
        found = follow_ups.get_follow_up(tx, task.clinic_id, task.id)
    assert found is not None
    return found


def test_visits_stand_with_their_time_and_answer(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser, watch: Watch
) -> None:
    pat = enrol(services, "pembro_q3w", NOON.date() + timedelta(days=1), visit_time=time(9, 30))
    address = f"/c/{clinic.id}/today"
    page = nurse.get(address).text
    assert pat.name in page
    assert "9:30\u202fAM" in page
    assert "no answer" in page
    with services.database.writing() as tx:
        (plan,) = plans.plans_of(tx, [pat.id])[pat.id]
        (visit,) = (
            each
            for each in plans.events_since(tx, plan.id, NOON.date())
            if each.cycle == 1 and each.name.endswith("visit")
        )
        plans.set_event_status(tx, plan.id, visit.name, "confirmed")
    assert "C: comes" in nurse.get(f"{address}/live").text
    phone.text("R")
    assert "R: another time" in nurse.get(f"{address}/live").text
    phone.text("STOP")
    phone.text(DANGER)
    live = nurse.get(f"{address}/live").text
    assert "no text reaches them" in live
    assert live.count("<a ") == len(set(re.findall('<a id="([^"]+)"', live))) == 4


def test_a_danger_sign_stands_on_top_with_its_clock_and_then_with_who_has_it(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    phone.text(DANGER)
    page = nurse.get(f"/c/{clinic.id}/today").text
    assert 'data-since="2026-05-04T16:00:00+00:00"' in page
    assert page.index(DANGER) < page.index("Waiting for somebody")
    (alert,) = (each for each in phone.follow_ups() if each.kind == "danger")
    assert nurse.get(f"/c/{clinic.id}/today/waiting/{alert.id}").location.endswith(f"/alerts/{alert.id}")
    assert nurse.post(f"/c/{clinic.id}/today/waiting/{alert.id}", {"done": "1"}).status_code == 404


def test_a_later_text_does_not_hide_danger_to_life_nor_that_our_reply_was_lost(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    for words in ("cant breathe and my chest hurts", "fever 102", "chills now"):
        phone.text(words)
    with services.database.writing() as tx:
        (alert,) = (each for each in follow_ups.open_ones(tx, clinic.id) if each.kind == "danger")
        follow_ups.set_reply(tx, alert.id, "lost", urgency=3, due_by=alert.due_by)
    for part in ("", "/live", "/huddle"):
        page = nurse.get(f"/c/{clinic.id}/today{part}").text
        assert "Danger to life (" in page
        assert "cant breathe and my chest hurts" in page
        assert "chills now" in page
        assert "fever 102" not in page
        assert "Our reply did not reach them: phone now." in page


def test_what_waits_is_noted_and_closed_and_the_second_is_told(
    clinic: Clinic, services: Services, nurse: Browser, browse: Callable[[User], Browser]
) -> None:
    task = waits(services, clinic)
    other = browse(add_staff(services, clinic.id, "nurse", "amal@staff.example"))
    address = f"/c/{clinic.id}/today/waiting/{task.id}"
    assert nurse.post(address, {"note": " "}).status_code == 422
    assert nurse.post(address, {"note": "rang, <b>no</b> answer"}).status_code == 303
    assert now_of(services, task).state == "open"
    assert "rang, &lt;b&gt;no&lt;/b&gt; answer" in nurse.get(f"/c/{clinic.id}/today").text
    assert nurse.post(address, {"done": "1"}).status_code == 303
    done = now_of(services, task)
    assert (done.state, done.note) == ("done", "rang, <b>no</b> answer")
    assert "has done this already" in other.post(address, {"done": "1"}).text
    late = other.post(address, {"note": "me too"})
    assert (late.status_code, "has done this already" in late.text) == (409, True)
    assert "me too</p>" in late.text, "what was written is not lost"
    assert now_of(services, task) == done
    with services.database.reading() as tx:
        found = [(each.action, each.fields) for each in audit.entries(tx, clinic.id)]
    assert found == [("close", ()), ("note", ("note",))]


def test_of_two_who_note_something_at_once_the_second_is_told_and_keeps_what_they_wrote(
    clinic: Clinic, services: Services, nurse: Browser, browse: Callable[[User], Browser]
) -> None:
    task = waits(services, clinic)
    other = browse(add_staff(services, clinic.id, "nurse", "amal@staff.example"))
    address = f"/c/{clinic.id}/today/waiting/{task.id}"
    assert nurse.post(address, {"was": "", "note": "rang, no answer"}).status_code == 303
    for answer in ({}, {"done": "1"}):
        late = other.post(address, {"was": "", "note": "daughter rings back", **answer})
        assert late.status_code == 409
        assert "Somebody else has noted something here meanwhile." in late.text
        assert "rang, no answer" in late.text
        assert "daughter rings back</textarea>" in late.text
        assert (now_of(services, task).state, now_of(services, task).note) == ("open", "rang, no answer")
    assert other.post(address, {"was": "rang, no answer", "note": "rang, no answer", "done": "1"}).status_code == 303
    assert now_of(services, task).note == "rang, no answer"


def test_a_button_pressed_twice_notes_and_closes_once(
    clinic: Clinic, services: Services, nurse: Browser, watch: Watch
) -> None:
    task = waits(services, clinic)
    address = f"/c/{clinic.id}/today/waiting/{task.id}"
    for pressed in ({"was": "", "note": "rings back"}, {"was": "rings back", "note": "rings back", "done": "1"}):
        for _ in range(2):
            assert nurse.post(address, pressed).status_code == 303
            watch.forward(timedelta(seconds=1))
    assert (now_of(services, task).state, now_of(services, task).note) == ("done", "rings back")
    with services.database.reading() as tx:
        assert [each.action for each in audit.entries(tx, clinic.id)] == ["close", "note"]


def test_what_waits_names_whose_it_is(clinic: Clinic, services: Services, nurse: Browser) -> None:
    task = waits(services, clinic, patient=enrol(services, "pembro_q3w", NOON.date()))
    assert "<bdi>Pat Example</bdi></span></h1>" in nurse.get(f"/c/{clinic.id}/today/waiting/{task.id}").text


def test_who_is_on_hold_stands_with_the_day_on_which_they_go_on_and_who_has_no_date_beside_them(
    clinic: Clinic, services: Services, nurse: Browser
) -> None:
    today = NOON.date()
    on_hold = enrol(services, "pembro_q3w", today - timedelta(days=7))
    enrol(services, "durva_periop", today - timedelta(days=50), phone="+12025550144")
    with services.database.writing() as tx:
        (plan,) = plans.all_plans_of(tx, on_hold.id)
        plans.set_plan_state(tx, plan.id, "held")
    for part in ("", "/live", "/huddle"):
        page = nurse.get(f"/c/{clinic.id}/today{part}").text
        assert page.index("On hold") < page.index("goes on Mon, May 18")
        assert ("a date must be entered" if part == "/huddle" else "nothing planned after Mon, May 18") in page
    with services.database.writing() as tx:
        plans.set_plan_state(tx, plan.id, "active")
    change(services, plan.id, Hold(today))
    for part in ("", "/live", "/huddle"):
        page = nurse.get(f"/c/{clinic.id}/today{part}").text
        assert page.index("On hold") < page.index("no end entered")


@pytest.mark.parametrize("part", ["", "/live", "/huddle"])
def test_a_hold_whose_end_is_entered_stands_there_from_its_first_day_until_that_end_has_come(
    part: str, clinic: Clinic, services: Services, nurse: Browser, watch: Watch
) -> None:
    today = NOON.date()
    pat = enrol(services, "pembro_q3w", today - timedelta(days=7))
    with services.database.reading() as tx:
        (plan,) = plans.all_plans_of(tx, pat.id)
    change(services, plan.id, Hold(today + timedelta(days=1)))
    change(services, plan.id, Resume(today + timedelta(days=20)))
    address = f"/c/{clinic.id}/today{part}"
    assert "goes on" not in nurse.get(address).text
    watch.forward(timedelta(days=1))
    assert "goes on Sun, May 24" in nurse.get(address).text
    watch.forward(timedelta(days=18))
    assert "goes on Sun, May 24" in nurse.get(address).text
    watch.forward(timedelta(days=1))
    assert "goes on" not in nurse.get(address).text


def change(services: Services, plan_id: int, made: Change) -> None:
    (entry,) = services.directory.entries
    with services.database.writing() as tx:
        plan = plans.get_plan(tx, plan_id)
        assert plan is not None
        version = plan.version
        change_plan(tx, NOON, services.library, entry, plan_id, made, by="test", reason=None, expected_version=version)


def test_words_of_a_patient_do_no_harm(clinic: Clinic, services: Services, nurse: Browser) -> None:
    task = waits(services, clinic, "unanswered")
    for part in ("", "/live", "/huddle", f"/waiting/{task.id}"):
        assert "<script>alert" not in nurse.get(f"/c/{clinic.id}/today{part}").text


def test_what_belongs_to_another_clinic_is_not_found(
    clinic: Clinic, other_clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    task = waits(services, clinic, patient=enrol_here(services, clinic))
    stranger = browse(add_staff(services, other_clinic.id, "nurse"))
    address = f"/c/{other_clinic.id}/today"
    assert stranger.get(f"{address}/waiting/{task.id}").status_code == 404
    assert stranger.post(f"{address}/waiting/{task.id}", {"done": "1"}).status_code == 404
    for part in ("", "/live", "/huddle"):
        assert "Pat Example" not in stranger.get(address + part).text
    assert now_of(services, task) == task


def enrol_here(services: Services, clinic: Clinic) -> Patient:
    entry = next(each for each in services.directory.entries if each.clinic.id == clinic.id)
    with services.database.writing() as tx:
        return enrolment.enrol(
            tx,
            NOON,
            services.library,
            entry,
            enrolment.NewPatient(
                phone="+12025550144",
                name="Pat Example",
                language="en",
                timezone="America/New_York",
                regimen_id="pembro_q3w",
                start=NOON.date(),
                consent_how="signed form",
                by="test",
            ),
        ).patient


def test_a_viewer_sees_and_changes_nothing(
    clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    task = waits(services, clinic)
    viewer = browse(add_staff(services, clinic.id, "viewer"))
    assert "It is done" not in viewer.get(f"/c/{clinic.id}/today/waiting/{task.id}").text
    assert viewer.post(f"/c/{clinic.id}/today/waiting/{task.id}", {"done": "1"}).status_code == 403


def test_who_has_gone_quiet_and_who_has_not_confirmed_stand_there(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser, watch: Watch
) -> None:
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, ask_confirmation=True)
    services.directory.refresh(services.database)
    enrol(services, "pembro_q3w", NOON.date() + timedelta(days=40))
    assert "They told us: yes" in nurse.get(f"/c/{clinic.id}/today").text
    for _ in range(3):
        phone.text("MENU")
        watch.forward(timedelta(days=2))
    assert "no text for" not in nurse.get(f"/c/{clinic.id}/today").text
    watch.forward(timedelta(days=8))
    for part in ("", "/huddle"):
        assert "no text for 10 days" in nurse.get(f"/c/{clinic.id}/today{part}").text


@pytest.mark.parametrize("part", ["", "/live", "/huddle"])
def test_stopped_senders_alarms_and_the_texts_of_today_and_then_of_tomorrow_are_told(
    part: str, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    with services.database.writing() as tx:
        (sender,) = (each for entry in clinics.entries(tx) for each in entry.senders)
        clinics.stop_sender(tx, NOON, sender.id, "suspended by the carrier")
        alarms.raise_alarm(tx, NOON, None, "scheduler_silent", {"since": "2026-05-04 15:00 UTC"})
        forecasts.add_forecast(tx, NOON, Forecast(clinic.id, sender.id, NOON.date(), 40, 50, NOON, 0, 0))
    page = nurse.get(f"/c/{clinic.id}/today{part}").text
    assert page.index("Texts of today") < page.index("40 texts, 50 segments, the last at 12:00\u202fPM")
    with services.database.writing() as tx:
        tomorrow = NOON.date() + timedelta(days=1)
        forecasts.add_forecast(tx, NOON, Forecast(clinic.id, sender.id, tomorrow, 42, 51, NOON, 3, 0))
    page = nurse.get(f"/c/{clinic.id}/today{part}").text
    assert f"{sender.address} is stopped" in page
    assert "No scheduler has shown itself since Mon, May 4, 2026, 11:00\u202fAM: no reminder goes out." in page
    assert "42 texts, 51 segments" in page
    assert "3 too late to be of use" in page
    assert "Texts of today" not in page


@pytest.mark.parametrize("part", ["", "/live", "/huddle"])
def test_the_moment_of_an_alarm_is_written_as_the_reader_writes_one(
    part: str, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    with services.database.writing() as tx:
        alarms.raise_alarm(tx, NOON, clinic.id, "overdue", {"count": 3, "oldest": "2026-05-04 15:00 UTC"})
    address = f"/c/{clinic.id}/today{part}"
    assert "the oldest since Mon, May 4, 2026, 11:00\u202fAM.<" in nurse.get(address).text
    page = nurse.get(address, headers={"Accept-Language": "es"}).text
    assert "el más antiguo desde lun, 4 de may de 2026, 11:00\u202fa.m.<" in page


def test_what_did_not_change_is_not_sent_again(clinic: Clinic, services: Services, nurse: Browser) -> None:
    waits(services, clinic)
    address = f"/c/{clinic.id}/today/live"
    first = nurse.get(address)
    assert nurse.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    waits(services, clinic, "media")
    assert nurse.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
