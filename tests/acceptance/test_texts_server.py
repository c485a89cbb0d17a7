"""The running program, on each kind of database: signed forms come over HTTP as from Twilio."""

from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.serving import LINE, Server
from tests.fakes.twilio.signing import NUMBER

STATUS = "/webhooks/twilio/status"


def test_a_signed_form_gets_a_fact_and_its_repeat_the_same_and_one_row(server: Server) -> None:
    before = server.rows()
    sid = "SM" + "a" * 32
    first = server.text("SIDE EFFECTS", MessageSid=sid)
    assert first.status == 200
    assert "needle site" in first.words
    assert first.words.endswith(f"Call {LINE}. Emergency: 911.")
    assert server.text("SIDE EFFECTS", MessageSid=sid) == first
    assert server.rows() == before + 2


def test_a_forged_form_gets_403_and_leaves_no_row(server: Server) -> None:
    before = server.rows()
    assert server.text("STOP", token="forged").status == 403
    assert server.rows() == before


def test_one_text_delivered_eight_times_at_once_is_one_text(server: Server) -> None:
    before = server.rows()
    with ThreadPoolExecutor(8) as threads:
        came = list(threads.map(lambda _: server.text("FEVER", MessageSid="SM" + "b" * 32), range(8)))
    assert len({answer.raw for answer in came}) == 1
    assert came[0].status == 200
    assert server.rows() == before + 2


def test_stop_start_and_help(server: Server) -> None:
    sender = "+12025550150"
    assert server.text("STOP", sender=sender).words.startswith("Care Texts: you are opted out")
    assert server.text("STOP", sender=sender).words == ""
    assert server.text("START", sender=sender).words.startswith("Care Texts: you are signed up")
    assert server.text("HELP", sender=sender).words.startswith("Care Texts: ")


def test_spanish_comes_in_the_plain_alphabet_and_on_whatsapp_with_its_accents(server: Server) -> None:
    assert "¿Sintomas?" in server.text("EFECTOS", sender="+12025550151").words
    whatsapp = server.text("EFECTOS", sender="whatsapp:+12025550152", to=f"whatsapp:{NUMBER}")
    assert "¿Síntomas?" in whatsapp.words


def test_danger_is_answered_first(server: Server) -> None:
    assert server.text("STOP I cant breathe").words.startswith("This may be an emergency. Call 911 now.")


def test_a_receipt_is_taken(server: Server) -> None:
    params = [("MessageSid", "SM" + "c" * 32), ("MessageStatus", "delivered")]
    assert server.post(f"{STATUS}?attempt=2.1", params).status == 204


def test_it_says_how_it_is(server: Server) -> None:
    assert server.get("/healthz") == (200, "ok\n")
    status, page = server.get("/readyz")
    assert status == 200
    assert '"database":true' in page
    assert server.get("/readyz?strict=1")[0] == 503
    assert server.get("/metrics")[0] == 200
    assert server.get("/simulator")[0] == 404
