"""Teaching the bot a word: what it would change is seen first, and a second person approves it."""

import re
from collections.abc import Callable

from bot.services import Services
from store import clinics
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, Phone

WORD = "zoombugs"


def teach(browser: Browser, clinic: Clinic, text: int, phrase: str, topic: str = "tired") -> str:
    """Looks at what it would change, then proposes it; where to it led."""
    wanted = {"phrase": phrase, "language": "en", "topic": topic, "looked_at": ""}
    looked = browser.post(f"/c/{clinic.id}/inbox/teach/{text}", wanted)
    assert looked.status_code == 200, looked.text
    (seen,) = re.findall(r'name="looked_at" type="hidden" value="([^"]+)"', looked.text)
    made = browser.post(f"/c/{clinic.id}/inbox/teach/{text}", wanted | {"looked_at": seen})
    assert made.status_code == 303
    return made.location


def understood(phone: Phone, services: Services, body: str) -> tuple[str, str | None]:
    services.directory.refresh(services.database)
    outcome = phone.text(body).outcome
    assert outcome is not None
    return outcome.kind, outcome.id


def test_a_word_is_understood_once_a_second_person_approved_it(
    phone: Phone, clinic: Clinic, nurse: Browser, services: Services, browse: Callable[[User], Browser]
) -> None:
    for body in (WORD, f"{WORD.upper()}!", "zoombug cant breathe"):
        phone.text(body)
    page = nurse.get(f"/c/{clinic.id}/inbox/unmatched").text
    assert f"/c/{clinic.id}/inbox/teach/" in page
    text = phone.messages()[0].id
    form = nurse.get(f"/c/{clinic.id}/inbox/teach/{text}").text
    assert f'value="{WORD}"' in form
    assert f"CALL: {clinic.name}: {clinic.phone_line}, day or night." in form
    assert not re.search(r"\{\w+\}", form)
    looked = nurse.post(
        f"/c/{clinic.id}/inbox/teach/{text}", {"phrase": WORD, "language": "en", "topic": "tired", "looked_at": ""}
    )
    assert "2 of 2 texts that were not understood, or named a topic, would" in looked.text
    assert "cant breathe" not in looked.text
    address = teach(nurse, clinic, text, WORD)
    assert understood(phone, services, WORD) == ("unknown", None)
    mine = nurse.get(address).text
    assert "somebody else, an administrator, must approve it" in mine
    assert nurse.post(f"{address}/approve").status_code == 403
    assert understood(phone, services, WORD) == ("unknown", None)
    colleague = browse(add_staff(services, clinic.id, "administrator", "colleague@staff.example"))
    assert address in colleague.get(f"/c/{clinic.id}/today").text
    assert "a topic: TIRED" in colleague.get(address).text
    assert "From now on it is understood" in colleague.post(f"{address}/approve", follow_redirects=True).text
    assert understood(phone, services, WORD) == ("topic", "tired")
    assert "Teach</a>" not in nurse.get(f"/c/{clinic.id}/inbox/unmatched").text
    assert understood(phone, services, f"cant breathe {WORD}")[0] == "emergency"
    assert nurse.post(f"{address}/withdraw").status_code == 403
    colleague.post(f"{address}/withdraw")
    assert understood(phone, services, WORD) == ("unknown", None)


def test_a_clinic_of_one_teaches_alone_and_its_one_person_is_an_administrator(
    phone: Phone, clinic: Clinic, nurse: Browser, administrator: Browser, services: Services
) -> None:
    with services.database.writing() as tx:
        clinics.set_clinic(tx, NOON, clinic.id, approvals=1)
    phone.text(WORD)
    address = teach(nurse, clinic, phone.messages()[0].id, WORD)
    assert understood(phone, services, WORD) == ("unknown", None)
    nurse.post(f"{address}/withdraw")
    address = teach(administrator, clinic, phone.messages()[0].id, WORD)
    assert "by the same person alone" in nurse.get(address).text
    assert understood(phone, services, WORD) == ("topic", "tired")


REFUSED = [
    ("stop", "tired", "act on this word themselves"),
    ("rash", "tired", "belongs to the topic"),
    ("internal bleeding", "tired", "danger sign"),
    ("i cant breathe", "tired", "taken for: danger: an emergency"),
    ("stop texting me please", "tired", "taken for: said STOP"),
    ("a" * 41, "tired", "longer than 40"),
    (WORD, "nothing", "Not a valid choice"),
    (WORD, "", "This field is required"),
]


def test_what_must_not_be_taught_is_told_beside_the_field(phone: Phone, clinic: Clinic, nurse: Browser) -> None:
    phone.text(WORD)
    text = phone.messages()[0].id
    for phrase, topic, why in REFUSED:
        wanted = {"phrase": phrase, "language": "en", "topic": topic, "looked_at": f"en:{topic}:{phrase}"}
        answer = nurse.post(f"/c/{clinic.id}/inbox/teach/{text}", wanted)
        assert (answer.status_code, why in answer.text) == (422, True), phrase


def test_another_clinic_is_taught_nothing_and_sees_nothing(
    phone: Phone,
    clinic: Clinic,
    other_clinic: Clinic,
    nurse: Browser,
    services: Services,
    browse: Callable[[User], Browser],
) -> None:
    phone.text(WORD)
    number = teach(nurse, clinic, phone.messages()[0].id, WORD).rpartition("/")[2]
    stranger = browse(add_staff(services, other_clinic.id, "administrator"))
    base = f"/c/{other_clinic.id}/inbox/taught/{number}"
    assert stranger.get(base).status_code == 404
    assert stranger.post(f"{base}/approve").status_code == 404
    assert stranger.post(f"{base}/withdraw").status_code == 404
    assert understood(phone, services, WORD) == ("unknown", None)
