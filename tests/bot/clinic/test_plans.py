"""Changing a plan in the console: what is shown, what is made, and what is refused."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from bot.clinic.plans.forms import FORMS
from bot.services import Services
from content.library import Library
from scheduler.planned import calendar_of
from store import audit, clinics, messages
from store.clinics import Clinic
from store.patients import Patient
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.clinic.planned import DELAY, START, plan_of
from tests.bot.conftest import NOON, Phone, enrol

DELAYED = "delay:cycle=2,days=7,policy=reanchor"


def visits(services: Services, patient: Patient) -> list[date]:
    calendar = calendar_of(plan_of(services, patient))
    return [event.date for event in calendar.events(START, date(2026, 8, 1)) if event.kind == "treatment"]


def seen(page: str) -> str:
    (called,) = re.findall(r'name="seen" value="([^"]*)"', page)
    return str(called)


def actions(services: Services, clinic: Clinic) -> list[str]:
    with services.database.reading() as tx:
        return [entry.action for entry in audit.entries(tx, clinic.id)]


def test_a_delay_is_shown_with_its_dates_and_texts_before_anything_is_written(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    page = nurse.post(f"{path}/change/preview", DELAY)
    assert page.status_code == 200
    for shown in ("Mon, Jun 1", "Mon, Jun 8", "The day before a visit", "your next visit is now", "Sun, Jun 7"):
        assert shown in page.text
    assert "segment" in page.text
    assert plan_of(services, patient).version == 1
    part = nurse.post(f"{path}/change/preview", DELAY, headers={"HX-Request": "true"})
    assert "Mon, Jun 8" in part.text
    assert "<html" not in part.text


def test_what_was_seen_is_made_told_and_taken_back_with_one_more_look(
    nurse: Browser, services: Services, clinic: Clinic, patient: Patient, path: str
) -> None:
    called = seen(nurse.post(f"{path}/change/preview", DELAY).text)
    assert called == DELAYED
    made = nurse.post(f"{path}/change", DELAY | {"seen": called, "tell": "y", "reason": "low counts"})
    assert made.status_code == 303
    assert visits(services, patient)[:3] == [START, date(2026, 6, 8), date(2026, 6, 29)]
    page = nurse.get(f"{path}/change").text
    assert "Cycle 2 starts 7 days later, and so does all that follows." in page
    assert "low counts" in page
    undo = nurse.get(f"{path}/change?kind=undo").text
    assert "Mon, Jun 1" in undo
    taken = nurse.post(f"{path}/change", {"kind": "undo", "version": "2", "seen": seen(undo)})
    assert taken.status_code == 303
    assert visits(services, patient)[1] == date(2026, 6, 1)
    assert "Taken back: Cycle 2 starts 7 days later" in nurse.get(f"{path}/change").text
    assert {"plan.change", "plan.undo"} <= set(actions(services, clinic))


def test_where_nothing_can_be_taken_back_the_page_says_so_under_no_empty_heading(nurse: Browser, path: str) -> None:
    page = nurse.get(f"{path}/change?kind=undo")
    assert (page.status_code, re.findall(r"<h\d[^>]*>\s*</h\d>", page.text)) == (200, [])
    assert "Not possible:" in page.text


def test_the_patient_is_told_only_where_the_box_is_ticked(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    def waiting() -> int:
        with services.database.reading() as tx:
            return sum(text.template == "visit_changed" for text in messages.conversation(tx, patient.contact_id))

    nurse.post(f"{path}/change", DELAY | {"seen": DELAYED})
    assert waiting() == 0
    nurse.post(f"{path}/change", DELAY | {"seen": DELAYED, "version": "2", "tell": "y"})
    assert waiting() == 1


def test_what_was_not_seen_is_not_made(nurse: Browser, services: Services, patient: Patient, path: str) -> None:
    for called in ("", "delay:cycle=2,days=14,policy=reanchor"):
        answer = nurse.post(f"{path}/change", DELAY | {"seen": called})
        assert answer.status_code == 422
        assert "This is not what was shown before" in answer.text
        assert seen(answer.text) == DELAYED
    assert plan_of(services, patient).version == 1


def test_of_two_nurses_the_second_is_told_and_nothing_is_overwritten(
    nurse: Browser,
    services: Services,
    clinic: Clinic,
    patient: Patient,
    path: str,
    browse: Callable[[User], Browser],
) -> None:
    other = browse(add_staff(services, clinic.id, "nurse", "second@staff.example"))
    mine, theirs = (seen(each.post(f"{path}/change/preview", DELAY).text) for each in (nurse, other))
    assert nurse.post(f"{path}/change", DELAY | {"seen": mine}).status_code == 303
    second = other.post(f"{path}/change", DELAY | {"seen": theirs})
    assert second.status_code == 409
    assert "Somebody else has changed this plan meanwhile." in second.text
    assert f"nurse.{clinic.id}@staff.example" in second.text
    assert plan_of(services, patient).version == 2
    assert visits(services, patient)[1] == date(2026, 6, 8)
    part = other.post(f"{path}/change/preview", DELAY, headers={"HX-Request": "true"}).text
    assert "Somebody else has changed this plan meanwhile." in part
    assert "Confirm the change" not in part
    # Whoever has looked at the plan as it is now may go on.
    assert other.post(f"{path}/change", DELAY | {"seen": theirs, "version": "2"}).status_code == 303
    assert visits(services, patient)[1] == date(2026, 6, 15)


CONFIRMED_TWICE: list[dict[str, object]] = [
    {"kind": "delay", "cycle": "2", "days": "7", "policy": "reanchor"},
    {"kind": "move", "date": "2026-06-01", "to": "2026-06-03", "answers_by": "Dr. Quinn", "answers_why": "agreed"},
    {"kind": "switch", "to": "nivo_q4w", "from": "2026-06-01", "cycle": "1"},
]


@pytest.mark.parametrize("change", CONFIRMED_TWICE, ids=lambda change: str(change["kind"]))
def test_a_button_pressed_twice_makes_its_change_once_and_says_so(
    change: dict[str, object], nurse: Browser, services: Services, clinic: Clinic, patient: Patient, path: str
) -> None:
    confirmed = change | {"version": "1", "changes": "0"}
    confirmed["seen"] = seen(nurse.post(f"{path}/change/preview", confirmed).text)
    assert nurse.post(f"{path}/change", confirmed).status_code == 303
    again = nurse.post(f"{path}/change", confirmed, follow_redirects=True)
    assert (again.status_code, "Nothing was done a second time." in again.text) == (200, True)
    undo = {"kind": "undo", "version": "2", "changes": "1", "seen": f"undo {confirmed['seen']}"}
    for _ in range(2):
        assert nurse.post(f"{path}/change", undo).status_code == 303
    assert "Nothing was done a second time." in nurse.get(f"{path}/change").text
    assert actions(services, clinic).count("plan.change") == actions(services, clinic).count("plan.undo") == 1


def test_what_was_not_confirmed_twice_from_one_page_is_no_repetition(
    nurse: Browser,
    services: Services,
    clinic: Clinic,
    patient: Patient,
    path: str,
    browse: Callable[[User], Browser],
) -> None:
    other = browse(add_staff(services, clinic.id, "nurse", "second@staff.example"))
    confirmed = DELAY | {"seen": DELAYED, "changes": "0"}
    assert nurse.post(f"{path}/change", confirmed).status_code == 303
    # Another person; another change; the same from a page that showed the first, when the plan was changed since.
    assert other.post(f"{path}/change", confirmed).status_code == 409
    assert nurse.post(f"{path}/change", confirmed | {"days": "14"}).status_code == 409
    assert nurse.post(f"{path}/change", confirmed | {"changes": "1"}).status_code == 409
    assert actions(services, clinic).count("plan.change") == 1
    page = nurse.get(f"{path}/change?kind=delay").text
    assert 'name="changes" value="1"' in page
    assert nurse.post(f"{path}/change", confirmed | {"version": "2", "changes": "1"}).status_code == 303
    assert visits(services, patient)[1] == date(2026, 6, 15)


def test_what_comes_too_soon_needs_a_name_and_a_reason(
    nurse: Browser, services: Services, patient: Patient, path: str
) -> None:
    sooner: dict[str, object] = {"kind": "move", "date": "2026-06-01", "to": "2026-05-25", "version": "1"}
    shown = nurse.post(f"{path}/change/preview", sooner).text
    assert "Sooner than the regimen allows:" in shown
    sooner["seen"] = seen(shown)
    incomplete: list[dict[str, object]] = [{}, {"answers_by": "Dr. Quinn"}, {"answers_why": "as agreed"}]
    for given in incomplete:
        assert nurse.post(f"{path}/change", sooner | given).status_code == 422
    assert plan_of(services, patient).version == 1
    named: dict[str, object] = {"answers_by": "Dr. Quinn", "answers_why": "as agreed with the patient"}
    assert nurse.post(f"{path}/change", sooner | named).status_code == 303
    page = nurse.get(f"{path}/change").text
    assert "<bdi>Dr. Quinn</bdi> answers for it: as agreed with the patient" in page


def test_the_answer_to_a_question_is_shown_with_the_question(nurse: Browser, patient: Patient, path: str) -> None:
    answer = {"kind": "branch", "question": "no_month_cap", "take": "yes", "version": "1"}
    shown = nurse.post(f"{path}/change/preview", answer).text
    said = "Metastatic melanoma: no cap in months? Yes."
    assert said in shown
    assert nurse.post(f"{path}/change", answer | {"seen": seen(shown)}).status_code == 303
    assert said in nurse.get(f"{path}/change").text
    assert said in nurse.get(f"{path.partition('/plans')[0]}/patients/{patient.id}").text


def test_what_nobody_can_answer_for_has_no_button(nurse: Browser, path: str) -> None:
    page = nurse.post(f"{path}/change/preview", {"kind": "stop", "on": "2031-01-01", "tail": "yes", "version": "1"})
    assert "check the year" in page.text
    assert "Confirm the change" not in page.text


def test_the_choices_fit_the_plan_as_it_stands(nurse: Browser, services: Services, patient: Patient, path: str) -> None:
    def offered() -> list[str]:
        nav = nurse.get(f"{path}/change").text.partition('<nav class="kinds"')[2].partition("</nav>")[0]
        return re.findall(r"kind=(\w+)", nav)

    assert offered() == ["delay", "move", "skip", "hold", "branch", "switch", "stop"]
    nurse.post(f"{path}/change", {"kind": "hold", "from": "2026-05-20", "version": "1", "seen": "hold:from=2026-05-20"})
    assert offered() == ["resume", "branch", "switch", "stop"]
    nurse.post(
        f"{path}/change",
        {"kind": "stop", "on": "2026-05-21", "tail": "yes", "version": "2", "seen": "stop:on=2026-05-21,tail=yes"},
    )
    assert offered() == []


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_each_kind_of_change_has_its_form_whatever_the_plan(kind: str, nurse: Browser, path: str) -> None:
    assert nurse.get(f"{path}/change?kind={kind}").status_code == 200
    empty = nurse.post(f"{path}/change", {"kind": kind})
    assert empty.status_code in {409, 422}


def test_the_rule_for_pauses_stands_beside_the_resume(nurse: Browser, services: Services, clinic: Clinic) -> None:
    held = enrol(services, "blina_mrd", START, phone="+12025550177")
    path = f"/c/{clinic.id}/plans/{plan_of(services, held).id}"
    nurse.post(f"{path}/change", {"kind": "hold", "from": "2026-05-20", "version": "1", "seen": "hold:from=2026-05-20"})
    assert "A pause of up to 7 days" in nurse.get(f"{path}/change?kind=resume").text


def test_faults_stand_beside_their_fields(nurse: Browser, path: str) -> None:
    answer = nurse.post(f"{path}/change", {"kind": "move", "date": "2026-05-11", "to": "", "version": "1"})
    assert answer.status_code == 422
    assert 'id="to-fault"' in answer.text


def test_a_newer_version_that_was_signed_off_is_offered_as_a_switch(
    nurse: Browser, services: Services, library: Library, clinic: Clinic, path: str
) -> None:
    assert "signed off version" not in nurse.get(f"{path}/change").text
    current = library.regimens["pembro_q3w"]
    newer = type(current).from_json(current.to_json().replace(f'"version":{current.version}', '"version":99'))
    services.__dict__["library"] = replace(library, regimens={**library.regimens, "pembro_q3w": newer})
    with services.database.writing() as tx:
        clinics.sign_regimen(tx, NOON, clinic.id, newer.id, newer.version, newer.digest(), "Dr. Example")
    assert "signed off version 99" in nurse.get(f"{path}/change").text
    page = nurse.get(f"{path}/change?kind=switch").text
    assert re.search(r'<option selected value="pembro_q3w">', page)
    assert "(version 99)" in page


def test_the_plan_of_another_clinic_is_not_found(
    services: Services,
    patient: Patient,
    other_clinic: Clinic,
    browse: Callable[[User], Browser],
) -> None:
    stranger = browse(add_staff(services, other_clinic.id, "administrator"))
    path = f"/c/{other_clinic.id}/plans/{plan_of(services, patient).id}"
    for page in ("change", "visits", "journey", "another", "reminders", "died"):
        answer = stranger.get(f"{path}/{page}")
        assert (answer.status_code, "Pat Example" in answer.text) == (404, False), page
    forms: dict[str, dict[str, object]] = {
        "change": DELAY | {"seen": DELAYED},
        "change/preview": DELAY,
        "visits/time": {"event": "treatment/c1/d1/visit", "at": "10:00", "version": "1"},
        "visits/mark": {"event": "treatment/c1/d1/visit", "status": "given"},
        "journey": {"home": "yes"},
        "another": {"regimen_id": "len_mm", "start": "2026-05-12"},
        "reminders": {"rule": "visit_before", "choice": "off"},
        "died": {"sure": "y"},
    }
    for page, form in forms.items():
        assert stranger.post(f"{path}/{page}", form).status_code == 404, page
    assert plan_of(services, patient).version == 1


def test_hostile_words_of_a_reason_appear_as_they_are_written(nurse: Browser, path: str) -> None:
    hostile = "<script>alert(1)</script>\u202e=1+1"
    nurse.post(f"{path}/change", DELAY | {"seen": DELAYED, "reason": hostile})
    page = nurse.get(f"{path}/change").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_days_at_home_that_move_alike_are_one_row(nurse: Browser, services: Services, clinic: Clinic) -> None:
    at_home = enrol(services, "len_mm", START, phone="+12025550177")
    path = f"/c/{clinic.id}/plans/{plan_of(services, at_home).id}"
    page = nurse.post(f"{path}/change/preview", DELAY).text
    assert "Cycle 2 days 1 to 21: lenalidomide, dexamethasone" in page
    assert "(21 texts)" in page


def test_nobody_is_asked_to_tell_a_patient_who_opted_out(
    nurse: Browser, phone: Phone, patient: Patient, path: str
) -> None:
    assert 'name="tell"' in nurse.post(f"{path}/change/preview", DELAY).text
    phone.text("STOP")
    page = nurse.post(f"{path}/change/preview", DELAY).text
    assert "They said STOP: only a START from that phone lifts it. No text reaches this number." in page
    assert 'name="tell"' not in page
