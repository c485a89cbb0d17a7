"""Mail to staff, against a mail server that takes nothing out of order."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.base import Fault, Verdict
from channels.mail import Mailer
from tests.fakes.smtp import FakeSmtp

FROM = "texts@example.org"
TO = "nurse@example.org"


def test_a_message_arrives_with_its_subject_and_its_words() -> None:
    with FakeSmtp() as server:
        result = Mailer(server.url, FROM).send(TO, "Immunotext: alarm", "Nothing went out.\n.\nLook.\n")
        (letter,) = server.letters
    assert (result.verdict, result.fault) == (Verdict.ACCEPTED, Fault.NONE)
    assert (letter.sender, letter.to, letter.message["Subject"]) == (FROM, TO, "Immunotext: alarm")
    assert letter.body.splitlines() == ["Nothing went out.", ".", "Look."]
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert result.provider_id == letter.message["Message-ID"]


@pytest.mark.parametrize(
    ("answer", "verdict", "fault"),
    [
        ("550 no such box", Verdict.REFUSED, Fault.RECIPIENT_PERMANENT),
        ("451 later", Verdict.LATER, Fault.RECIPIENT_TEMPORARY),
    ],
)
def test_an_address_that_is_refused_is_tried_again_only_where_that_may_help(
    answer: str, verdict: Verdict, fault: Fault
) -> None:
    with FakeSmtp(refuse={TO: answer}) as server:
        result = Mailer(server.url, FROM).send(TO, "alarm", "words")
    assert (result.verdict, result.fault, result.code) == (verdict, fault, int(answer[:3]))
    assert TO not in result.detail


def test_a_wrong_password_is_told_as_that() -> None:
    with FakeSmtp(users={"us": "right"}) as server:
        mailer = Mailer(f"smtp://us:wrong@127.0.0.1:{server.port}", FROM)
        assert mailer.send(TO, "alarm", "words").fault is Fault.ACCOUNT
        assert mailer.look() == "The mail server refuses the user or password of SMTP_URL."
        assert server.letters == []


def test_the_right_password_is_taken_with_its_odd_characters() -> None:
    with FakeSmtp(users={"us@example.org": "p/a:s@s"}) as server:
        mailer = Mailer(f"smtp://us%40example.org:p%2Fa%3As%40s@127.0.0.1:{server.port}", FROM)
        assert mailer.look() is None
        assert mailer.send(TO, "alarm", "words").verdict is Verdict.ACCEPTED


def test_nobody_there_is_tried_again_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        mailer = Mailer(f"smtp://127.0.0.1:{taken.getsockname()[1]}", FROM)
        result = mailer.send(TO, "alarm", "words")
        assert (result.verdict, result.fault) == (Verdict.LATER, Fault.NOT_SENT)
        assert mailer.look() == "The mail server of SMTP_URL does not answer (ConnectionRefusedError)."


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = Mailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}", FROM, timeout=0.05).send(TO, "alarm", "words")
    assert (result.verdict, result.fault) == (Verdict.LATER, Fault.NOT_SENT)


def test_a_subject_of_two_lines_is_no_mail() -> None:
    with FakeSmtp() as server:
        assert Mailer(server.url, FROM).send(TO, "alarm\nBcc: all@example.org", "words").verdict is Verdict.REFUSED
        assert server.letters == []


def test_tls_is_used_where_the_server_has_it_and_from_the_first_byte_with_smtps(tmp_path: Path) -> None:
    ours, trusting = certificate(tmp_path)
    for at_once in (False, True):
        with FakeSmtp(tls=ours, tls_at_once=at_once) as server:
            assert Mailer(server.url, FROM, tls=trusting).send(TO, "alarm", "words").verdict is Verdict.ACCEPTED
            assert [letter.over_tls for letter in server.letters] == [True]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    ours, _ = certificate(tmp_path)
    with FakeSmtp(tls=ours) as server:
        result = Mailer(server.url, FROM).send(TO, "alarm", "words")
        assert (result.verdict, server.letters) == (Verdict.LATER, [])


def test_a_password_never_leaves_this_machine_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeSmtp(users={"us": "right"}) as server:
        there = ("127.0.0.1", server.port)
        connect = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda _, *rest, **more: connect(there, *rest, **more))
        mailer = Mailer("smtp://us:right@mail.example.org", FROM)
        assert mailer.send(TO, "alarm", "words").fault is Fault.ACCOUNT
        assert "smtps://" in (mailer.look() or "")
        assert server.letters == []


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for 127.0.0.1 under a certificate of its own, and the context of who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(path)
    return ours, ssl.create_default_context(cafile=str(path))
