"""Closing the clinic on a day in the console: who is affected, the order, and how far it is."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.services import Services
from scheduler import closure_job, long_work
from scheduler.plan.changes import Close
from scheduler.planned import calendar_of
from store import audit, jobs, plans
from store.clinics import Clinic
from store.patients import Patient
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, enrol

CLOSED, TO = date(2026, 5, 11), date(2026, 5, 13)
DAY: dict[str, object] = {"date": CLOSED.isoformat(), "to": TO.isoformat()}


@pytest.fixture
def people(clinic: Clinic, services: Services) -> list[Patient]:
    """Ten patients with a visit on the day, and one without."""
    numbers = [f"+120255501{number}" for number in range(50, 60)]
    found = [enrol(services, "nivo_q2w", CLOSED, phone=number) for number in numbers]
    enrol(services, "nivo_q2w", date(2026, 5, 12), phone="+12025550170")
    return found


def first_visit(services: Services, patient: Patient) -> date:
    with services.database.reading() as tx:
        (plan,) = plans.all_plans_of(tx, patient.id)
    return next(event.date for event in calendar_of(plan).events() if event.kind == "treatment")


def work(services: Services) -> None:
    while long_work.work_slice(
        services.database, services.library, NOON, "test", timedelta(minutes=1), demo=False, limit=3
    ):
        pass


def test_who_is_affected_is_shown_in_parts_and_nothing_is_written(
    nurse: Browser, services: Services, clinic: Clinic, people: list[Patient]
) -> None:
    page = nurse.get(f"/c/{clinic.id}/closures/look", query_string=DAY).text
    assert page.count("Pat Example") == 5
    (further,) = set(re.findall(r'hx-get="([^"]+look[^"]+)"', page))
    part = nurse.get(further.replace("&amp;", "&"), headers={"HX-Request": "true"}).text
    assert part.count("Pat Example") == 5
    assert "<html" not in part
    while (more := re.findall(r'hx-get="([^"]+look[^"]+)"', part)) != []:
        part = nurse.get(more[0].replace("&amp;", "&"), headers={"HX-Request": "true"}).text
    assert "10 only if somebody answers for it" in part
    assert {first_visit(services, each) for each in people} == {CLOSED}


def test_all_are_moved_by_the_scheduler_and_the_page_says_how_far_it_is(
    nurse: Browser, services: Services, clinic: Clinic, people: list[Patient]
) -> None:
    answered: dict[str, object] = {"answers_by": "Dr. Quinn", "answers_why": "burst pipe"}
    ordered = nurse.post(f"/c/{clinic.id}/closures", DAY | answered | {"tell": "y", "reason": "burst pipe"})
    assert ordered.status_code == 303
    assert "waits for the scheduler" in nurse.get(ordered.location).text
    assert 'hx-trigger="every 2s"' in nurse.get(ordered.location).text
    work(services)
    page = nurse.get(ordered.location)
    assert "10 visits moved" in page.text
    assert "every 2s" not in page.text
    live = nurse.get(f"{ordered.location}/live")
    assert nurse.get(f"{ordered.location}/live", headers={"If-None-Match": live.headers["ETag"]}).status_code == 304
    assert {first_visit(services, each) for each in people} == {TO}
    assert "10 visits moved" in nurse.get(f"/c/{clinic.id}/closures").text
    with services.database.reading() as tx:
        assert "clinic.close_day" in [entry.action for entry in audit.entries(tx, clinic.id)]


def test_visits_that_stay_are_listed_with_the_reason(
    nurse: Browser,
    services: Services,
    clinic: Clinic,
    people: list[Patient],
    browse: Callable[[User], Browser],
) -> None:
    ordered = nurse.post(f"/c/{clinic.id}/closures", DAY)
    work(services)
    page = nurse.get(ordered.location).text
    assert "10 stay" in page
    assert "at least" in page
    assert page.count("/plans/") == 10
    seen = browse(add_staff(services, clinic.id, "viewer")).get(ordered.location).text
    assert (seen.count("/plans/"), seen.count(f"/c/{clinic.id}/patients/")) == (0, 10)
    assert {first_visit(services, each) for each in people} == {CLOSED}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"date": ""}, "Fill this in."),
        ({"date": "2026-05-01"}, "This day is over"),
        ({"to": CLOSED.isoformat()}, "Visits cannot move to the day that is closed."),
        ({"answers_by": "Dr. Quinn"}, "Name the person who answers for this, and the reason."),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_field(
    given: dict[str, object], fault: str, nurse: Browser, services: Services, clinic: Clinic
) -> None:
    answer = nurse.post(f"/c/{clinic.id}/closures", DAY | given)
    assert (answer.status_code, fault in answer.text) == (422, True)
    with services.database.reading() as tx:
        assert jobs.jobs_of(tx, clinic.id, closure_job.KIND, 5) == []


def test_a_day_without_visits_says_so(nurse: Browser, clinic: Clinic) -> None:
    page = nurse.get(f"/c/{clinic.id}/closures/look", query_string=DAY).text
    assert "No plan has a visit on this day." in page


def test_a_closure_ordered_twice_is_one(nurse: Browser, administrator: Browser, clinic: Clinic) -> None:
    address = f"/c/{clinic.id}/closures"
    first, again = (nurse.post(address, DAY).location for _ in range(2))
    assert first == again
    assert administrator.post(address, DAY).location != first


def test_who_only_looks_sees_closures_and_orders_none(
    services: Services, clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    viewer = browse(add_staff(services, clinic.id, "viewer"))
    page = viewer.get(f"/c/{clinic.id}/closures")
    assert (page.status_code, "See who is affected" in page.text) == (200, False)
    assert viewer.post(f"/c/{clinic.id}/closures", DAY).status_code == 403


def test_the_closure_of_another_clinic_is_not_found(
    services: Services, clinic: Clinic, other_clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    with services.database.writing() as tx:
        job = closure_job.order(tx, NOON, clinic, Close(CLOSED, TO), by="test", reason=None)
    stranger = browse(add_staff(services, other_clinic.id, "administrator"))
    for page in (f"{job.id}", f"{job.id}/live"):
        assert stranger.get(f"/c/{other_clinic.id}/closures/{page}").status_code == 404
    assert "May 11" not in stranger.get(f"/c/{other_clinic.id}/closures").text
