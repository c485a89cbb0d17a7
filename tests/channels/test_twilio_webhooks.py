"""What Twilio posts, read; what it posts amiss, refused in a sentence; and how it is answered."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Fault, Incoming, ReceiptState, Via
from channels.twilio import (
    NotAReceipt,
    NotAText,
    parse_incoming,
    parse_receipt,
    receipt_address,
    render_answer,
)
from tests.fakes.twilio.signing import NUMBER, PATIENT, inbound_params

SID = "SM" + "1342fe1b2c904d1ab04f0fc7a58abca9"
SERVICE = "MG" + "a" * 32
RECEIPT = [("SmsSid", SID), ("SmsStatus", "sent"), ("MessageStatus", "sent"), ("MessageSid", SID), ("From", NUMBER)]


def incoming(body: str = "SIDE EFFECTS", **fields: str) -> Incoming:
    return parse_incoming(inbound_params(body, **{"MessageSid": SID} | fields))


def without(params: list[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in params if name not in names]


def receipt_params(**fields: str) -> list[tuple[str, str]]:
    return list((dict(RECEIPT) | fields).items())


def test_a_text_is_read() -> None:
    assert incoming() == Incoming(SID, PATIENT, NUMBER, None, Via.SMS, "SIDE EFFECTS", 0, None)


def test_a_text_through_a_messaging_service_names_it() -> None:
    text = incoming(MessagingServiceSid=SERVICE, OptOutType="STOP")
    assert (text.service, text.opt_out_type) == (SERVICE, "STOP")


def test_a_whatsapp_text_is_from_the_same_number() -> None:
    text = parse_incoming(inbound_params("HOLA", sender=f"whatsapp:{PATIENT}", to=f"whatsapp:{NUMBER}", WaId="1202"))
    assert (text.via, text.sender, text.recipient) == (Via.WHATSAPP, PATIENT, NUMBER)


def test_a_mexican_whatsapp_number_is_the_one_that_was_enrolled() -> None:
    text = parse_incoming(inbound_params("HOLA", sender="whatsapp:+5215512345678", to=f"whatsapp:{NUMBER}"))
    assert text.sender == "+525512345678"


def test_a_photo_without_words_is_a_text() -> None:
    params = without(inbound_params("", NumMedia="1", MediaUrl0="https://api.twilio.com/x"), "Body")
    text = parse_incoming(params)
    assert (text.body, text.media) == ("", 1)


def test_a_text_to_a_short_code_is_read() -> None:
    assert parse_incoming(inbound_params("HELP", to="20255", MessagingServiceSid=SERVICE)).recipient == "20255"


def test_fields_that_twilio_adds_later_are_passed_over() -> None:
    assert incoming(BrandNewField="x" * 10_000) == incoming()


@pytest.mark.parametrize(("said", "count"), [("0", 0), ("3", 3), ("999999", 10), ("-1", 0), ("many", 0), ("٣", 0)])
def test_the_number_of_pictures_is_bounded(said: str, count: int) -> None:
    assert incoming(NumMedia=said).media == count


def test_a_body_is_never_refused_but_made_fit_for_a_database() -> None:
    assert incoming("I can't\x00 breathe").body == "I can't breathe"
    assert incoming("x" * 100_000).body == "x" * 4096
    assert incoming("bleeding \ud800").body == "bleeding ?"


@pytest.mark.parametrize("said", ["", "stop", "BUY", "STOP "])
def test_an_opt_out_type_that_twilio_does_not_give_is_none(said: str) -> None:
    assert incoming(OptOutType=said).opt_out_type is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("MessageSid", ""),
        ("MessageSid", "banana"),
        ("MessageSid", SID + "\n"),
        ("MessageSid", "SM" + "a" * 100),
        ("From", ""),
        ("From", "12025550143"),
        ("From", "22395"),
        ("From", "PHARMACY"),
        ("From", "messenger:12345"),
        ("From", PATIENT + "\n"),
        ("From", "+" + "1" * 40),
        ("To", ""),
        ("To", "+1202555014x"),
        ("To", "1" * 9),
        ("MessagingServiceSid", "AC" + "a" * 32),
        ("MessagingServiceSid", "MG" + "a" * 100),
    ],
)
def test_a_form_that_is_no_text_is_refused_without_repeating_it(field: str, value: str) -> None:
    with pytest.raises(NotAText, match=field) as refusal:
        incoming(**{field: value})
    assert not value or value not in str(refusal.value)


@pytest.mark.parametrize("field", ["MessageSid", "From", "To"])
def test_a_form_without_a_field_that_every_text_has_is_refused(field: str) -> None:
    with pytest.raises(NotAText, match=field):
        parse_incoming(without(inbound_params("HELP"), field))


def test_a_receipt_is_read() -> None:
    receipt = parse_receipt(RECEIPT, [("attempt", "17.2")])
    assert (receipt.provider_id, receipt.state, receipt.code, receipt.attempt, receipt.fault) == (
        SID,
        ReceiptState.SENT,
        None,
        "17.2",
        Fault.NONE,
    )


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("21610", Fault.OPTED_OUT),
        ("30006", Fault.RECIPIENT_PERMANENT),
        ("30034", Fault.SENDER),
        ("30099", Fault.NOT_SAID),
        ("", Fault.NOT_SAID),
    ],
)
@pytest.mark.parametrize("state", ["undelivered", "failed"])
def test_a_receipt_says_why_a_text_did_not_arrive(state: str, code: str, fault: Fault) -> None:
    receipt = parse_receipt(receipt_params(MessageStatus=state, ErrorCode=code), [])
    assert (receipt.state, receipt.code, receipt.fault) == (ReceiptState(state), int(code) if code else None, fault)


@pytest.mark.parametrize("state", list(ReceiptState))
def test_every_state_is_read(state: ReceiptState) -> None:
    assert parse_receipt(receipt_params(MessageStatus=state.value), []).state is state


@pytest.mark.parametrize("said", ["accepted", "scheduled"])
def test_what_twilio_has_only_taken_is_queued(said: str) -> None:
    assert parse_receipt(receipt_params(MessageStatus=said), []).state is ReceiptState.QUEUED


def test_states_rank_as_a_text_lives_through_them() -> None:
    order = [ReceiptState.QUEUED, ReceiptState.SENDING, ReceiptState.SENT, ReceiptState.DELIVERED, ReceiptState.READ]
    assert [state.rank for state in order] == sorted({state.rank for state in ReceiptState})
    ends = {ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.FAILED, ReceiptState.CANCELED}
    assert len({state.rank for state in ends}) == 1


@pytest.mark.parametrize("attempt", ["", "17", "17.x", "17.2.3", "-1.2", "٣.٢", "1" * 30 + ".1", "17.2\n"])
def test_an_attempt_that_is_not_ours_is_none(attempt: str) -> None:
    assert parse_receipt(RECEIPT, [("attempt", attempt)]).attempt is None


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": ""},
        {"MessageSid": "banana"},
        {"MessageStatus": ""},
        {"MessageStatus": "received"},
        {"MessageStatus": "teleported"},
    ],
)
def test_a_form_that_is_no_receipt_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(NotAReceipt):
        parse_receipt(receipt_params(**fields), [])


@given(params=st.lists(st.tuples(st.sampled_from(["MessageSid", "From", "To", "Body", "NumMedia", "x"]), st.text())))
def test_no_form_does_more_than_be_refused(params: list[tuple[str, str]]) -> None:
    with pytest.raises(NotAText):
        parse_incoming(params)
    with pytest.raises(NotAReceipt):
        parse_receipt(params, params)


def test_the_address_for_receipts_carries_the_attempt_and_asks_for_repeats() -> None:
    address = receipt_address("https://texts.example.org/webhooks/twilio/status", "17.2")
    assert address == "https://texts.example.org/webhooks/twilio/status?attempt=17.2#rc=3&rp=5xx,ct,rt"


@pytest.mark.parametrize("body", [None, "", "\x00\x1b"])
def test_nothing_to_say_is_an_empty_response(body: str | None) -> None:
    root = ElementTree.fromstring(render_answer(body, "https://texts.example.org/status"))
    assert (root.tag, list(root)) == ("Response", [])


def test_an_answer_is_one_message_that_asks_for_its_receipt() -> None:
    address = receipt_address("https://texts.example.org/status", "17.1")
    root = ElementTree.fromstring(render_answer("Call <your clinic> & rest", address))
    (message,) = root
    assert message.attrib == {"statusCallback": address}
    assert [(child.tag, child.text) for child in message] == [("Body", "Call <your clinic> & rest")]


def test_an_answer_without_a_callback_has_no_attributes() -> None:
    assert ElementTree.fromstring(render_answer("HELP", None))[0].attrib == {}


@given(body=st.text(min_size=1), callback=st.one_of(st.none(), st.from_regex(r"https://[a-z]+/[ -~]*", fullmatch=True)))
def test_every_answer_is_well_formed(body: str, callback: str | None) -> None:
    said = "".join(ElementTree.fromstring(render_answer(body, callback)).itertext())
    sayable = "".join(char for char in body if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff"))
    # An XML parser reads every line break as \n.
    assert said == sayable[:1600].replace("\r\n", "\n").replace("\r", "\n")


def test_an_answer_that_twilio_would_refuse_for_its_length_is_cut() -> None:
    assert len("".join(ElementTree.fromstring(render_answer("é" * 2000, None)).itertext())) == 1600
