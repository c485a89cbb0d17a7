"""The inbox: who waits for an answer, answering by hand, and what is refused."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.services import Services
from store import audit, contacts, follow_ups, threads
from store.clinics import Clinic
from store.messages import Message
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import Phone, Watch, enrol

HOSTILE = "<script>zoombugs()</script> \u202egnp.exe =1+1"


def written(phone: Phone) -> list[Message]:
    """What is to go out to the phone, beside answers of the bot."""
    return [text for text in phone.messages() if text.direction == "out" and text.due_at]


def actions(services: Services, clinic: Clinic) -> list[tuple[str, tuple[str, ...]]]:
    with services.database.reading() as tx:
        return [(entry.action, entry.fields) for entry in reversed(audit.entries(tx, clinic.id))]


def test_what_was_not_understood_is_open_until_somebody_is_done_with_it(
    phone: Phone, clinic: Clinic, nurse: Browser
) -> None:
    phone.text("zoombugs " + HOSTILE)
    contact = phone.contact().id
    page = nurse.get(f"/c/{clinic.id}/inbox").text
    assert "1 text not understood" in page
    assert "<script>zoombugs" not in page
    talk = nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
    assert "<script>zoombugs" not in talk
    (through,) = set(re.findall(r'name="through" value="(\d+)"', talk))
    phone.text("zoombugs again")
    assert nurse.post(f"/c/{clinic.id}/inbox/{contact}/done", {"through": through}).status_code == 303
    assert "1 text not understood" in nurse.get(f"/c/{clinic.id}/inbox").text
    (through,) = set(re.findall(r'name="through" value="(\d+)"', nurse.get(f"/c/{clinic.id}/inbox/{contact}").text))
    nurse.post(f"/c/{clinic.id}/inbox/{contact}/done", {"through": through})
    assert "Nothing waits for an answer" in nurse.get(f"/c/{clinic.id}/inbox").text
    assert "zoombugs again" in nurse.get(f"/c/{clinic.id}/inbox?show=all").text


def test_done_closes_what_is_open_but_never_an_alert(
    phone: Phone, clinic: Clinic, nurse: Browser, services: Services
) -> None:
    phone.text("i cant breathe")
    phone.text("a photo", media=1)
    contact = phone.contact().id
    kinds = {task.kind for task in phone.follow_ups()}
    assert kinds >= {"danger", "media"}
    answer = nurse.post(f"/c/{clinic.id}/inbox/{contact}/done", {"through": "9"}, follow_redirects=True)
    assert "a page of their own" in answer.text
    assert {task.kind for task in phone.follow_ups()} == {"danger"}
    with services.database.reading() as tx:
        assert {task.state for task in follow_ups.about(tx, contact)} == {"open", "done"}


def test_an_answer_goes_out_in_the_words_that_were_written(
    phone: Phone, clinic: Clinic, nurse: Browser, services: Services
) -> None:
    phone.text("zoombugs")
    contact = phone.contact().id
    measured = nurse.post(f"/c/{clinic.id}/inbox/{contact}/measure", {"words": "Call us: {phone} mañana"})
    assert "1 SMS" in measured.text
    said = nurse.post(f"/c/{clinic.id}/inbox/{contact}/answer", {"words": "Please call us,\r\n {phone} mañana."})
    assert said.status_code == 303
    (text,) = written(phone)
    assert (text.kind, text.template, text.body, text.state) == (
        "reply",
        None,
        "Please call us, {phone} mañana.",
        "due",
    )
    assert ("answer", ("body",)) in actions(services, clinic)
    assert "Please call us" in nurse.get(f"/c/{clinic.id}/inbox/{contact}/texts").text


def test_the_second_of_two_who_answer_at_once_is_told(
    phone: Phone, clinic: Clinic, nurse: Browser, administrator: Browser
) -> None:
    phone.text("zoombugs")
    address = f"/c/{clinic.id}/inbox/{phone.contact().id}"
    (seen,) = re.findall(r'name="seen" type="hidden" value="(\d+)"', nurse.get(address).text)
    assert administrator.post(f"{address}/answer", {"words": "First.", "seen": seen}).status_code == 303
    told = nurse.post(f"{address}/answer", {"words": "Second.", "seen": seen})
    assert told.status_code == 422
    assert "A colleague has answered meanwhile" in told.text
    assert "Second." in told.text
    (seen,) = re.findall(r'name="seen" type="hidden" value="(\d+)"', told.text)
    assert nurse.post(f"{address}/answer", {"words": "Second.", "seen": seen}).status_code == 303
    assert [text.body for text in written(phone)] == ["First.", "Second."]


def test_an_answer_sent_twice_from_one_page_goes_once(phone: Phone, clinic: Clinic, nurse: Browser) -> None:
    phone.text("zoombugs")
    address = f"/c/{clinic.id}/inbox/{phone.contact().id}"
    (seen,) = re.findall(r'name="seen" type="hidden" value="(\d+)"', nurse.get(address).text)
    for _ in range(2):
        assert nurse.post(f"{address}/answer", {"words": "Come at nine.", "seen": seen}).status_code == 303
    assert [text.body for text in written(phone)] == ["Come at nine."]


def test_who_has_not_texted_for_a_day_gets_what_nobody_asked_for_and_strangers_nothing(
    phone: Phone, clinic: Clinic, nurse: Browser, services: Services, watch: Watch
) -> None:
    phone.text("zoombugs")
    contact = phone.contact().id
    watch.forward(timedelta(days=2))
    assert "They are not enrolled and have not texted" in nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
    nurse.post(f"/c/{clinic.id}/inbox/{contact}/answer", {"words": "Hello."})
    assert written(phone) == []
    enrol(services, "pembro_q3w", date(2026, 6, 1))
    nurse.post(f"/c/{clinic.id}/inbox/{contact}/answer", {"words": "Hello."})
    assert [text.kind for text in written(phone) if text.template is None] == ["text"]


def test_words_that_a_lock_screen_must_not_show_are_sent_only_knowingly(
    phone: Phone, clinic: Clinic, nurse: Browser, services: Services
) -> None:
    phone.text("zoombugs")
    address = f"/c/{clinic.id}/inbox/{phone.contact().id}/answer"
    warned = nurse.post(address, {"words": "Your pembrolizumab infusion is at 9."})
    assert warned.status_code == 422
    assert "lock screen" in warned.text
    assert written(phone) == []
    assert nurse.post(address, {"words": "Your infusion is at 9.", "as_it_is": "y"}).status_code == 303
    assert [text.body for text in written(phone)] == ["Your infusion is at 9."]
    assert ("answer", ("body", "as_it_is")) in actions(services, clinic)
    assert nurse.post(address, {"words": "x" * 601}).status_code == 422


@pytest.mark.parametrize(("said", "why"), [("STOP", "said STOP"), ("pause", "asked for a pause")])
def test_nobody_writes_to_who_left(
    said: str, why: str, phone: Phone, clinic: Clinic, nurse: Browser, services: Services
) -> None:
    enrol(services, "pembro_q3w", date(2026, 6, 1))
    phone.text(said)
    contact = phone.contact().id
    assert phone.contact().opted_out_at is not None
    assert why in nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
    refused = nurse.post(f"/c/{clinic.id}/inbox/{contact}/answer", {"words": "Hello."})
    assert why in refused.text
    assert [text for text in written(phone) if text.template is None] == []


def test_a_conversation_is_handed_over_noted_and_found_again(
    phone: Phone, clinic: Clinic, nurse: Browser, services: Services, browse: Callable[[User], Browser]
) -> None:
    phone.text("zoombugs")
    contact = phone.contact().id
    colleague = add_staff(services, clinic.id, "nurse", "colleague@staff.example")
    nurse.post(f"/c/{clinic.id}/inbox/{contact}/assign", {"user": str(colleague.id)})
    assert "zoombugs" not in nurse.get(f"/c/{clinic.id}/inbox?show=mine").text
    assert "zoombugs" in browse(colleague).get(f"/c/{clinic.id}/inbox?show=mine").text
    page = nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
    assert re.findall(r'<option selected value="(\d+)">', page) == [str(colleague.id)]
    second = browse(add_staff(services, clinic.id, "nurse", "second@staff.example"))
    late = second.post(f"/c/{clinic.id}/inbox/{contact}/assign", {"user": "0", "was": "0"})
    told = second.get(late.location).text
    assert "Somebody else has handed this conversation over meanwhile" in told
    assert f'<option selected value="{colleague.id}">' in told
    for role in ("viewer", "auditor"):
        helpless = add_staff(services, clinic.id, role)
        assert f"The {role}" not in nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
        handed = nurse.post(f"/c/{clinic.id}/inbox/{contact}/assign", {"user": str(helpless.id)})
        assert handed.status_code == 422
    nurse.post(f"/c/{clinic.id}/inbox/{contact}/note", {"words": "rings on Friday"})
    assert "rings on Friday" in nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
    with services.database.reading() as tx:
        assert [note.words for note in threads.notes(tx, contact)] == ["rings on Friday"]
    nurse.post(f"/c/{clinic.id}/inbox/answers", {"name": "Parking", "words": "Use gate two."})
    talk = nurse.get(f"/c/{clinic.id}/inbox/{contact}").text
    (number,) = re.findall(r'<option value="(\d+)">Parking', talk)
    assert "Use gate two." in nurse.get(f"/c/{clinic.id}/inbox/{contact}?answer={number}").text
    nurse.post(f"/c/{clinic.id}/inbox/answers/{number}/remove")
    assert "Parking" not in nurse.get(f"/c/{clinic.id}/inbox/answers").text


def test_another_clinics_conversations_and_texts_are_not_found(
    phone: Phone, clinic: Clinic, other_clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    phone.text("zoombugs")
    contact, text = phone.contact().id, phone.messages()[0].id
    stranger = browse(add_staff(services, other_clinic.id, "administrator"))
    base = f"/c/{other_clinic.id}/inbox"
    assert [stranger.get(f"{base}/{path}").status_code for path in (contact, f"{contact}/texts", f"teach/{text}")] == [
        404
    ] * 3
    for path in ("answer", "measure", "assign", "note", "done"):
        assert stranger.post(f"{base}/{contact}/{path}", {"words": "x", "user": "0", "through": "1"}).status_code == 404
    assert "zoombugs" not in stranger.get(f"{base}?show=all").text
    assert "zoombugs" not in stranger.get(f"{base}/unmatched").text
    with services.database.reading() as tx:
        assert contacts.get_contact(tx, contact) is not None
