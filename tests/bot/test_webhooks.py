"""Twilio's webhooks: what is signed is answered, what is not leaves nothing, and receipts move texts on."""

import re
import threading
from collections.abc import Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.app import LARGEST_BODY, create_app
from bot.conversation.desk import NotTaken
from bot.services import Services
from scheduler.delivery import receipts
from store import messages
from store.errors import DatabaseBusy, DatabaseDown
from store.messages import Message
from tests.bot.conftest import OURS, PUBLIC_URL, TOKENS, Phone, enrol, open_clinic
from tests.fakes.twilio.signing import inbound_params, signed_form

MESSAGES = "/webhooks/twilio/messages"
STATUS = "/webhooks/twilio/status"
Params = Sequence[tuple[str, str]]


@pytest.fixture
def client(services: Services) -> FlaskClient:
    open_clinic(services)
    return create_app(services.settings, services).test_client()


@pytest.fixture
def client_on_both(services_on_both: Services) -> FlaskClient:
    open_clinic(services_on_both)
    return create_app(services_on_both.settings, services_on_both).test_client()


def post(
    client: FlaskClient, path: str, params: Params, *, token: str = TOKENS[0], base: str = PUBLIC_URL, **headers: str
) -> TestResponse:
    form = signed_form(base + path, params, token)
    return client.post(path, data=form.body, headers={**form.headers, **headers})


def text(client: FlaskClient, body: str, **fields: str) -> TestResponse:
    return post(client, MESSAGES, inbound_params(body, to=fields.pop("To", OURS), **fields))


def words(response: TestResponse) -> str:
    return ElementTree.fromstring(response.data).findtext("Message/Body") or ""


def rows(services: Services) -> int:
    with services.database.reading() as tx:
        return int(tx.conn.exec_driver_sql("SELECT count(*) FROM message").scalar() or 0)


def test_a_signed_text_gets_twiml_with_a_fact(client: FlaskClient) -> None:
    response = text(client, "SIDE EFFECTS")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert "needle site" in words(response)


def test_the_reply_asks_for_a_receipt_under_the_name_of_its_row(client: FlaskClient, services: Services) -> None:
    response = text(client, "SIDE EFFECTS")
    message = ElementTree.fromstring(response.data).find("Message")
    assert message is not None
    assert message.attrib["statusCallback"].startswith(f"{PUBLIC_URL}{STATUS}?attempt=2.1")
    with services.database.reading() as tx:
        reply = messages.get_message(tx, 2)
    assert reply is not None
    assert reply.body == words(response)


def test_the_same_message_again_gets_the_same_answer_and_leaves_one_row(
    client_on_both: FlaskClient, services_on_both: Services
) -> None:
    sid = "SM" + "a" * 32
    first = text(client_on_both, "SIDE EFFECTS", MessageSid=sid)
    again = text(client_on_both, "SIDE EFFECTS", MessageSid=sid)
    assert again.data == first.data
    assert rows(services_on_both) == 2


def test_two_deliveries_at_once_leave_one_row(client_on_both: FlaskClient, services_on_both: Services) -> None:
    app = client_on_both.application
    barrier = threading.Barrier(2)
    answers: list[bytes] = []

    def deliver() -> None:
        barrier.wait()
        answers.append(text(app.test_client(), "SIDE EFFECTS", MessageSid="SM" + "b" * 32).data)

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert len(set(answers)) == 1
    assert rows(services_on_both) == 2


@pytest.mark.parametrize("path", [MESSAGES, STATUS])
def test_what_is_forged_gets_403_and_leaves_nothing(client: FlaskClient, services: Services, path: str) -> None:
    params = [*inbound_params("STOP", to=OURS), ("MessageStatus", "delivered")]
    assert post(client, path, params, token="somebody else's").status_code == 403
    assert client.post(path, data=dict(params)).status_code == 403
    assert post(client, path, params, base="https://evil.example").status_code == 403
    assert post(client, f"{path}?attempt=1.1", params, base=f"{PUBLIC_URL}/x").status_code == 403
    assert client.post(path).status_code == 403
    assert client.post(path, data=b"\xff\xfe=\xff").status_code == 403
    assert rows(services) == 0
    assert not services.spool.holds_texts()


def test_the_host_header_is_never_believed(client: FlaskClient) -> None:
    params = inbound_params("SIDE EFFECTS", to=OURS)
    forged = post(client, MESSAGES, params, base="https://evil.example", Host="evil.example")
    assert forged.status_code == 403
    assert post(client, MESSAGES, params, Host="evil.example").status_code == 200


def test_the_token_before_is_good_while_rotating(client: FlaskClient) -> None:
    assert post(client, MESSAGES, inbound_params("HELP", to=OURS), token=TOKENS[1]).status_code == 200


def test_blank_and_unknown_fields_count_in_the_signature(client: FlaskClient) -> None:
    params = [*inbound_params("SIDE EFFECTS", to=OURS), ("FromCity", ""), ("SomethingNew", "  spaces kept ")]
    assert post(client, MESSAGES, params).status_code == 200


@pytest.mark.parametrize("path", [f"{MESSAGES}/", f"/{MESSAGES}", f"{STATUS}/"])
def test_no_path_is_redirected(client: FlaskClient, path: str) -> None:
    assert client.post(path).status_code == 404


def test_get_is_not_taken(client: FlaskClient) -> None:
    assert client.get(MESSAGES).status_code == 405


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": "no-id"},
        {"From": "somebody"},
        {"To": "12"},
        {"MessagingServiceSid": "XX1"},
    ],
)
def test_a_signed_form_that_is_no_text_is_told_so_and_leaves_nothing(
    client: FlaskClient, services: Services, fields: dict[str, str]
) -> None:
    params = [(name, value) for name, value in inbound_params("HELP", to=OURS) if name not in fields]
    response = post(client, MESSAGES, [*params, *fields.items()])
    assert response.status_code == 400
    assert re.fullmatch(r"[A-Z][^<>]*\.\n", response.text)
    assert rows(services) == 0


def test_a_huge_body_is_not_read(client: FlaskClient, services: Services) -> None:
    response = post(client, MESSAGES, inbound_params("x" * LARGEST_BODY, to=OURS))
    assert response.status_code == 413
    assert rows(services) == 0


def test_too_many_fields_are_not_read(client: FlaskClient) -> None:
    assert post(client, MESSAGES, [(f"Field{number}", "x") for number in range(600)]).status_code == 403


def test_whatsapp_and_pictures_pass(client: FlaskClient, services: Services) -> None:
    whatsapp = text(client, "EFECTOS", From="whatsapp:+12025550143", To=f"whatsapp:{OURS}")
    assert "¿Síntomas?" in words(whatsapp)
    picture = text(client, "", NumMedia="1", MediaUrl0="https://example.org/x", MediaContentType0="image/jpeg")
    assert "photos" in words(picture) or "fotos" in words(picture)
    assert rows(services) == 4


def test_silence_is_an_empty_document(client: FlaskClient) -> None:
    text(client, "STOP")
    response = text(client, "STOP")
    assert response.status_code == 200
    assert response.text.endswith("<Response/>")


def test_what_cannot_be_kept_anywhere_is_asked_for_again(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(_: object) -> None:
        raise NotTaken

    monkeypatch.setattr(services.desk, "take", nowhere)
    assert text(client, "STOP").status_code == 503


def receipt(
    client: FlaskClient, state: str, attempt: str, *, sid: str = "SM" + "c" * 32, **fields: str
) -> TestResponse:
    params = {"MessageSid": sid, "MessageStatus": state, **fields}
    return post(client, f"{STATUS}?attempt={attempt}", list(params.items()))


def test_a_receipt_moves_the_reply_on_and_never_back(client: FlaskClient, services: Services) -> None:
    text(client, "SIDE EFFECTS")
    for state in ("delivered", "sent", "queued"):
        assert receipt(client, state, "2.1").status_code == 204
    with services.database.reading() as tx:
        reply = messages.get_message(tx, 2)
        known = messages.history(tx, 2)
    assert reply is not None
    assert (reply.state, reply.provider_id) == ("delivered", "SM" + "c" * 32)
    assert [change.state for change in known] == ["delivered"]


def test_a_receipt_that_met_another_at_the_same_text_is_applied_once_more(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text(client, "SIDE EFFECTS")
    really, calls = receipts.apply, []

    def busy_at_first(*given: Any, **more: Any) -> Message | None:
        calls.append(given)
        if len(calls) == 1:
            raise DatabaseBusy("busy")
        return really(*given, **more)

    monkeypatch.setattr(receipts, "apply", busy_at_first)
    assert receipt(client, "delivered", "2.1").status_code == 204
    assert len(calls) == 2


def test_a_receipt_of_something_else_is_taken_and_forgotten(client: FlaskClient) -> None:
    assert receipt(client, "delivered", "999.1").status_code == 204
    assert receipt(client, "delivered", "not-ours").status_code == 204


def test_an_odd_receipt_is_told_so(client: FlaskClient) -> None:
    assert receipt(client, "exploded", "2.1").status_code == 400


def test_a_receipt_is_asked_for_again_while_the_database_is_away(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise DatabaseDown("The database cannot be reached.")

    monkeypatch.setattr(services.database, "writing", gone)
    assert receipt(client, "delivered", "2.1").status_code == 503


def test_an_opt_out_that_twilio_reports_is_taken_over(client: FlaskClient, services: Services) -> None:
    phone = Phone(services)
    enrol(services, "pembro_q3w", date(2026, 5, 5))
    text(client, "SIDE EFFECTS", From=phone.number)
    reply = phone.messages()[-1]
    receipt(client, "failed", f"{reply.id}.1", ErrorCode="21610")
    assert phone.contact().opted_out_at is not None
