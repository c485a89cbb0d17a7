"""What is entered beside a plan in the console: visits, a journey, another plan, reminders of their own, a death."""

import re
from datetime import time

from markupsafe import escape

from bot.services import Services
from store import patients, plans, reminder_rules
from store.clinics import Clinic
from store.patients import Patient
from tests.bot.clinic.conftest import Browser
from tests.bot.clinic.planned import DELAY, plan_of
from tests.bot.conftest import NOON, Watch, enrol


def test_the_time_of_a_visit_is_entered_for_one_visit(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    page = nurse.get(f"{path}/visits").text
    assert "Mon, Jun 1" in page
    name = re.findall(r'name="event" value="([^"]+)"', page)[1]
    assert nurse.post(f"{path}/visits/time", {"event": name, "at": "14:15", "version": "1"}).status_code == 303
    assert plan_of(services, patient).visit_times[name].time == time(14, 15)
    assert nurse.post(f"{path}/visits/time", {"event": name, "at": "8:00", "version": "1"}).status_code in {409, 422}
    later: dict[str, object] = {"event": name, "at": "15:15", "version": "1"}
    second = nurse.post(f"{path}/visits/time", later)
    said = re.sub(r"(<[^>]*>|\s)+", " ", second.text)
    assert second.status_code == 409
    assert "You have changed this plan yourself meanwhile" in said
    assert "the time of a visit. It is now: Cycle 2 day 1: pembrolizumab on Mon, Jun 1: 2:15 PM The nurse" in said
    older = nurse.post(f"{path}/change/preview", DELAY).text
    assert "Changed the time of a visit. The nurse (nurse), Mon, May 4" in re.sub(r"(<[^>]*>|\s)+", " ", older)
    assert 'value="15:15"' in second.text
    assert nurse.post(f"{path}/visits/time", {"event": "none", "at": "15:15", "version": "2"}).status_code == 422
    hold: dict[str, object] = {"kind": "hold", "from": "2026-05-20", "version": "2", "seen": "hold:from=2026-05-20"}
    assert nurse.post(f"{path}/change", hold).status_code == 303
    third = nurse.post(f"{path}/visits/time", later | {"version": "2"})
    said = re.sub(r"(<[^>]*>|\s)+", " ", third.text)
    assert "On hold from Wed, May 20. It is now: Cycle 2 day 1: pembrolizumab on Mon, Jun 1: on hold The nurse" in said


def test_a_visit_of_today_is_marked_and_the_mark_taken_back(
    nurse: Browser, services: Services, clinic: Clinic, watch: Watch
) -> None:
    today = enrol(services, "pembro_q3w", NOON.date(), phone="+12025550177")
    path = f"/c/{clinic.id}/plans/{plan_of(services, today).id}"
    name = "treatment/c1/d1/visit"

    plan_id = plan_of(services, today).id

    def status() -> str:
        with services.database.reading() as tx:
            row = plans.get_event(tx, plan_id, name)
        assert row is not None
        return row.status

    for was, mark in (("planned", "given"), ("given", "planned"), ("planned", "missed"), ("planned", "missed")):
        assert nurse.post(f"{path}/visits/mark", {"event": name, "status": mark, "was": was}).status_code == 303
        assert status() == mark
    assert nurse.get(f"{path}/visits").text.count('name="was" value="missed"') == 1
    second = nurse.post(f"{path}/visits/mark", {"event": name, "status": "given", "was": "planned"})
    assert (second.status_code, status()) == (409, "missed")
    assert "It is now: Cycle 1 day 1: pembrolizumab on Mon, May 4: missed <span" in second.text
    assert "The nurse</bdi> (nurse), Mon, May 4, 12:00\u202fPM</span>" in second.text
    assert nurse.post(f"{path}/visits/mark", {"event": name, "status": "gone"}).status_code == 422
    later = "treatment/c2/d1/visit"
    assert nurse.post(f"{path}/visits/mark", {"event": later, "status": "given", "was": "planned"}).status_code == 422


def test_a_journey_is_entered_and_ended(nurse: Browser, services: Services, patient: Patient, path: str) -> None:
    def zone() -> str | None:
        with services.database.reading() as tx:
            found = patients.get_patient(tx, patient.id)
        assert found is not None
        return found.travel_timezone

    away: dict[str, object] = {"zone": "Asia/Tokyo", "first": "2026-05-10", "last": "2026-05-24"}
    assert nurse.post(f"{path}/journey", away).status_code == 303
    assert zone() == "Asia/Tokyo"
    assert "Asia/Tokyo" in nurse.get(f"{path}/journey").text
    entered = {"was": "Asia/Tokyo 2026-05-10 2026-05-24"}
    second = nurse.post(f"{path}/journey", away | {"zone": "America/Denver"})
    assert (second.status_code, zone()) == (409, "Asia/Tokyo")
    for told in ("It is now: Asia/Tokyo, from Sun, May 10", "The nurse", 'selected value="America/Denver"'):
        assert told in second.text
    assert second.text.count(f'name="was" type="hidden" value="{entered["was"]}"') == 1
    assert nurse.post(f"{path}/journey", {"home": "yes"}).status_code == 409
    assert nurse.post(f"{path}/journey", away | entered | {"last": "2026-05-09"}).status_code == 422
    assert nurse.post(f"{path}/journey", away | {"zone": "Nowhere/Else"}).status_code == 422
    assert nurse.post(f"{path}/journey", {"home": "yes"} | entered).status_code == 303
    assert zone() is None


def test_a_second_plan_is_added_beside_the_first(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    twice = nurse.post(f"{path}/another", {"regimen_id": "pembro_q3w", "start": "2026-05-12", "start_cycle": "1"})
    assert twice.status_code == 422
    assert "change that one" in twice.text
    added = nurse.post(f"{path}/another", {"regimen_id": "len_mm", "start": "2026-05-12", "start_cycle": "2"})
    assert added.status_code == 303
    assert (plan_of(services, patient).regimen_id, plan_of(services, patient).start_cycle) == ("len_mm", 2)
    assert nurse.get(added.location).status_code == 200


def test_a_patient_has_reminders_of_their_own_and_loses_them_again(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    def own() -> list[tuple[str, str]]:
        with services.database.reading() as tx:
            return [(each.rule, each.spec) for each in reminder_rules.of_patient(tx, patient.id)]

    of_two_days: dict[str, object] = {"rule": "visit_before", "choice": "own", "days": "2", "at": "08:30"}
    assert nurse.post(f"{path}/reminders", of_two_days).status_code == 303
    ((rule, spec),) = own()
    assert (rule, 'days_before = 2, at = "08:30"' in spec) == ("visit_before", True)
    page = nurse.get(f"{path}/reminders").text
    assert "their own" in page
    assert f'name="was" value="{escape(spec)}"' in page
    for theirs in ("off", "own", "same"):
        second = nurse.post(f"{path}/reminders", of_two_days | {"choice": theirs, "at": "16:00", "was": "off"})
        assert (second.status_code, own()) == (409, [(rule, spec)])
        assert "It is now: Days before a visit: at a time of their own <span" in second.text
    of_two_days["was"] = spec
    for name, wrong in (("at", "25:00"), ("days", "90"), ("rule", "nothing"), ("rule", "")):
        assert nurse.post(f"{path}/reminders", of_two_days | {name: wrong}).status_code == 422
    assert nurse.post(f"{path}/reminders", of_two_days | {"choice": "off"}).status_code == 303
    assert own() == [("visit_before", "off")]
    assert nurse.post(f"{path}/reminders", of_two_days | {"choice": "same", "was": "off"}).status_code == 303
    assert own() == []


def test_a_death_ends_everything_once_it_is_said_on_purpose(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    assert nurse.post(f"{path}/died").status_code == 422
    assert plan_of(services, patient).state == "active"
    assert nurse.post(f"{path}/died", {"sure": "y"}).status_code == 303
    with services.database.reading() as tx:
        ended = patients.get_patient(tx, patient.id)
    assert ended is not None
    assert (ended.state, plan_of(services, patient).state) == ("ended", "stopped")
    for page in ("change", "visits", "journey", "another", "reminders", "died"):
        assert "This plan cannot be changed" in nurse.get(f"{path}/{page}").text
    assert "cannot be changed" in nurse.post(f"{path}/change", DELAY).text
