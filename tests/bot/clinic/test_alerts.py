"""Alerts on the screen: a danger text becomes a card, one person takes it, and it is closed with what came of it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from itsdangerous import TimestampSigner

from bot.services import Services
from store import audit, clinics, follow_ups
from store.clinics import Clinic
from store.follow_ups import FollowUp
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, Phone, Watch, enrol

DANGER = "ten trips to the loo and its only noon, see you friday"
LATER = "now there is blood in it, a lot"


def alert_of(services: Services, clinic: Clinic) -> FollowUp:
    with services.database.reading() as tx:
        (found,) = (each for each in follow_ups.open_ones(tx, clinic.id) if each.kind == "danger")
    return found


def rung(alert: FollowUp) -> dict[str, object]:
    assert alert.rung_at is not None
    return {"rung_at": alert.rung_at.isoformat()}


def words(page: str) -> str:
    """A page without the marks at what the program saw."""
    return re.sub("</?mark>", "", page)


def test_a_danger_text_is_a_card_with_its_words_its_clock_and_whom_to_phone(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    assert nurse.get(f"/c/{clinic.id}/alerts/badge").text.strip() == ""
    pat = enrol(services, "pembro_q3w", NOON.date() + timedelta(days=2))
    phone.text(DANGER)
    page = nurse.get(f"/c/{clinic.id}/alerts").text
    assert DANGER in words(page)
    assert "Stools: 10." in page
    assert '<code lang="en">call_now stool: stool: 10 stools</code>' in page
    assert pat.name in page
    assert f"Phone {phone.number}" in page
    assert 'data-since="2026-05-04T16:00:00+00:00"' in page
    badge = nurse.get(f"/c/{clinic.id}/alerts/badge").text
    assert 'data-count="1"' in badge
    assert re.search(r'data-newest="[1-9]\d+"', badge)


def test_a_spanish_sentence_that_ends_with_a_time_has_one_full_stop(
    phone: Phone, clinic: Clinic, nurse: Browser
) -> None:
    phone.text(f"{DANGER} since 9 p.m..")
    page = nurse.get(f"/c/{clinic.id}/alerts", headers={"Accept-Language": "es"}).text
    assert re.search(r"Llegó: lun, 4 de may, 12:00\sp\.m\.\s", page)
    assert "since 9 p.m.." in page, "what somebody has typed is as they typed it"


def test_an_alert_is_overdue_by_the_clock_that_runs_beside_it(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser, watch: Watch
) -> None:
    phone.text(DANGER)
    due = [f'data-due="{(NOON + timedelta(minutes=minutes)).isoformat()}"' for minutes in (60, 45)]
    for place in ("alerts", "alerts/live", "today", "today/live"):
        assert f"{due[0]} hidden" in nurse.get(f"/c/{clinic.id}/{place}").text
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, call_minutes=(0, 0, 45))
    assert f"{due[1]} hidden" in nurse.get(f"/c/{clinic.id}/alerts").text
    watch.forward(timedelta(minutes=45))
    # The time by which both are judged is the page's own, and that of whatever asks again.
    told = str(int(watch().timestamp() * 1000))
    for place in ("alerts", "today"):
        page = nurse.get(f"/c/{clinic.id}/{place}").text
        assert (due[1] in page, "hidden>overdue" in page) == (True, False)
        assert f'<body data-now="{told}"' in page
    badge = nurse.get(f"/c/{clinic.id}/alerts/badge")
    again = nurse.get(f"/c/{clinic.id}/alerts/badge", headers={"If-None-Match": badge.headers["ETag"]})
    assert (again.status_code, badge.headers["Immunotext-Now"], again.headers["Immunotext-Now"]) == (304, told, told)


def test_one_nurse_takes_it_and_the_second_is_told_who_has_it(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser, browse: Callable[[User], Browser]
) -> None:
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    other = browse(add_staff(services, clinic.id, "nurse", "amal@staff.example"))
    address = f"/c/{clinic.id}/alerts/{alert.id}/seen"
    assert nurse.post(address, rung(alert)).status_code == 303
    told = other.post(address, rung(alert), follow_redirects=True).text
    assert "The nurse (nurse) has this alert already" in told
    assert f'seen by <bdi title="nurse.{clinic.id}@staff.example">The nurse</bdi> (nurse)' in told
    seen_by = alert_of(services, clinic).seen_by
    assert seen_by == f"nurse.{clinic.id}@staff.example"
    assert 'data-count="0"' in nurse.get(f"/c/{clinic.id}/alerts/badge").text
    with services.database.reading() as tx:
        assert [(entry.actor, entry.action) for entry in audit.entries(tx, clinic.id)][:1] == [(seen_by, "see")]


def test_a_button_pressed_twice_does_what_it_says_and_nobody_was_quicker(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    address = f"/c/{clinic.id}/alerts/{alert.id}"
    for action, says in (("seen", "You have this alert."), ("close", "Closed.")):
        for _ in range(2):
            page = nurse.post(f"{address}/{action}", rung(alert) | {"note": "Comes in."}, follow_redirects=True)
            assert (page.status_code, says in page.text, "already" in page.text) == (200, True, False)
    with services.database.reading() as tx:
        done = [entry.action for entry in audit.entries(tx, clinic.id)]
    assert (done.count("see"), done.count("close")) == (1, 1)


def test_another_text_rings_again_and_nothing_is_taken_or_closed_unread(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser, watch: Watch
) -> None:
    phone.text(DANGER)
    before = alert_of(services, clinic)
    nurse.post(f"/c/{clinic.id}/alerts/{before.id}/seen", rung(before))
    watch.forward(timedelta(minutes=5))
    phone.text(LATER)
    after = alert_of(services, clinic)
    assert (after.id, after.seen_by) == (before.id, None)
    at = f"/c/{clinic.id}/alerts/{after.id}"
    taken = nurse.post(f"{at}/seen", rung(before), follow_redirects=True)
    closed = nurse.post(f"{at}/close", rung(before) | {"note": "phoned"}, follow_redirects=True)
    for answer in (taken, closed):
        assert "read it first" in answer.text
        assert LATER in words(answer.text)
    assert '">phoned</textarea>' in closed.text, "what was written is still there, to be sent when the text is read"
    assert alert_of(services, clinic) == after


def test_an_open_page_is_changed_by_another_text_alone(
    phone: Phone, clinic: Clinic, nurse: Browser, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A swap of cards that are the same would be read out again, and take the focus from a button."""
    phone.text(DANGER)
    address = f"/c/{clinic.id}/alerts/live"
    tag = nurse.get(address).headers["ETag"]
    at = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: at(signer) + 3600)
    assert nurse.get(address, headers={"If-None-Match": tag}).status_code == 304
    watch.forward(timedelta(minutes=5))
    phone.text(LATER)
    assert LATER in words(nurse.get(address, headers={"If-None-Match": tag}).text)


def test_closing_needs_a_note_and_keeps_it(phone: Phone, clinic: Clinic, services: Services, nurse: Browser) -> None:
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    address = f"/c/{clinic.id}/alerts/{alert.id}/close"
    assert nurse.post(address, rung(alert) | {"note": "  "}).status_code == 422
    assert nurse.post(address, rung(alert) | {"note": "Phoned, comes in today."}).status_code == 303
    page = nurse.get(f"/c/{clinic.id}/alerts").text
    assert "No alert is open." in page
    assert "Phoned, comes in today." in page


def test_what_a_second_nurse_wrote_of_a_closed_alert_is_not_lost(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser
) -> None:
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    address = f"/c/{clinic.id}/alerts/{alert.id}/close"
    nurse.post(address, rung(alert) | {"note": "Phoned, comes in today."})
    again = nurse.post(address, rung(alert) | {"note": "Husband <b>knows</b> too."})
    assert again.status_code == 409
    assert "has closed this alert" in again.text
    assert "Husband &lt;b&gt;knows&lt;/b&gt; too.</textarea>" in again.text
    assert f'action="/c/{clinic.id}/inbox/{alert.contact_id}/note"' in again.text
    assert "Phoned, comes in today." in again.text
    assert "Husband" not in nurse.get(f"/c/{clinic.id}/alerts").text


def test_a_reply_that_did_not_arrive_stands_on_top(phone: Phone, clinic: Clinic, nurse: Browser) -> None:
    phone.text("STOP")
    phone.text(DANGER)
    assert "Our reply did not reach them: phone now." in nurse.get(f"/c/{clinic.id}/alerts").text


def test_an_alert_of_another_clinic_is_not_found(
    phone: Phone, clinic: Clinic, other_clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    stranger = browse(add_staff(services, other_clinic.id, "nurse"))
    for address in (f"/c/{other_clinic.id}/alerts/{alert.id}", f"/c/{clinic.id}/alerts/{alert.id}"):
        assert stranger.get(address).status_code == 404
    for action in ("seen", "close"):
        data = rung(alert) | {"note": "mine"}
        assert stranger.post(f"/c/{other_clinic.id}/alerts/{alert.id}/{action}", data).status_code == 404
    assert alert_of(services, clinic) == alert


def test_a_viewer_sees_and_cannot_take(
    phone: Phone, clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    viewer = browse(add_staff(services, clinic.id, "viewer"))
    assert DANGER in words(viewer.get(f"/c/{clinic.id}/alerts").text)
    assert "I have it" not in viewer.get(f"/c/{clinic.id}/alerts").text
    assert viewer.post(f"/c/{clinic.id}/alerts/{alert.id}/seen", rung(alert)).status_code == 403


def test_a_clinic_that_wants_it_lets_the_patient_know_that_somebody_has_seen_the_text(
    phone: Phone, clinic: Clinic, services: Services, nurse: Browser, administrator: Browser
) -> None:
    settings = administrator.get(f"/c/{clinic.id}/settings").text
    assert 'name="tell_seen"' in settings
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, tell_seen=True)
    phone.text(DANGER)
    alert = alert_of(services, clinic)
    for _ in range(2):
        nurse.post(f"/c/{clinic.id}/alerts/{alert.id}/seen", rung(alert))
    told = [each for each in phone.messages() if each.template == "seen"]
    assert [(each.kind, each.state, each.args) for each in told] == [
        ("reply", "due", {"who": "T.", "time": "12:00"}),
    ]
