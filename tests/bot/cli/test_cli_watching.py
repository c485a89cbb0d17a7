"""The commands around the watch: who is on call, what is wrong, and what an outage did."""

import json
from datetime import timedelta

import pytest

from bot.cli import main
from bot.cli.data import open_services
from store import alarms, audit, notices, outages
from store.database import Database
from store.on_call import Recipient
from store.outages import Account
from tests.bot.cli.commands import Run
from tests.fakes.smtp import FakeSmtp

PHONE, EMAIL = "+12025550171", "nurses@example.org"


@pytest.fixture
def database(clinic: Run) -> Database:
    return open_services().database


def test_people_are_put_on_call_listed_and_taken_off_and_the_audit_says_so(clinic: Run, database: Database) -> None:
    assert "Nobody is on call" in clinic("clinic", "on-call", "Riverside")
    rows = clinic.rows("clinic", "on-call", "Riverside", "--add-phone", PHONE, "--add-email", EMAIL)
    assert rows == [{"means": "text", "address": PHONE}, {"means": "mail", "address": EMAIL}]
    assert clinic.rows("clinic", "on-call", "Riverside", "--add-phone", PHONE) == rows
    assert clinic.rows("clinic", "on-call", "Riverside", "--remove", PHONE) == rows[1:]
    assert "is not on call at Riverside" in clinic("clinic", "on-call", "Riverside", "--remove", PHONE, status=1)
    with database.reading() as tx:
        entries = [(each.action, each.fields) for each in audit.entries(tx, 1) if each.subject == "on call"]
    assert entries == [("remove", ("address",)), ("add", ("mail",)), ("add", ("text",))]


@pytest.mark.parametrize(("option", "value"), [("--add-phone", "555-0171"), ("--add-email", "nurses")])
def test_what_nothing_can_be_sent_to_is_told_at_once(clinic: Run, option: str, value: str) -> None:
    assert value in clinic("clinic", "on-call", "Riverside", option, value, status=2)


def test_alarms_are_shown_with_what_to_do_and_the_exit_status_says_whether_one_is_open(
    clinic: Run, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert clinic("alarms") == "No alarm is open.\n"
    now = database.now()
    with database.writing() as tx:
        opened = alarms.raise_alarm(tx, now, 1, "overdue", {"count": 3, "oldest": "2026-03-02 15:00 UTC"})
        assert opened is not None
        notices.add_notice(tx, now, "a", None, Recipient("mail", EMAIL), "alarm", "words")
        (held,) = notices.claim(tx, now, now, now + timedelta(minutes=1), "me", 1)
        notices.settle(tx, now, held, "me", "failed", "the mail server refuses the address")
    assert main(["alarms"]) == 1
    shown = capsys.readouterr().out
    assert "Texts overdue: 3, the oldest since 2026-03-02 15:00 UTC." in shown
    assert "was not told: the mail server refuses the address." in shown
    assert EMAIL not in shown
    (row,) = clinic.rows_of(1, "alarms")
    assert (row["kind"], row["clinic"], row["over"]) == ("overdue", "Riverside", None)
    with database.writing() as tx:
        alarms.clear(tx, now, opened.id)
    assert clinic.rows("alarms") == []
    (row,) = clinic.rows("alarms", "--all")
    assert row["over"] is not None


def test_downtime_is_shown_clinic_by_clinic(clinic: Run, database: Database) -> None:
    assert clinic("downtime") == "There was none.\n"
    now = database.now()
    with database.writing() as tx:
        outages.note_outage(tx, now - timedelta(days=40, hours=2), now - timedelta(days=40))
        outages.note_outage(tx, now - timedelta(hours=2), now - timedelta(hours=1))
        first, _ = outages.unreported(tx)
        outages.keep_report(tx, now, first.id, (Account(1, due=9, late=7, expired=2),))
    rows = clinic.rows("downtime")
    assert [(row["clinic"], row["due"], row["late"], row["expired"]) for row in rows] == [
        ("Riverside", 9, 7, 2),
        (None, None, None, None),
    ]
    since = (now - timedelta(days=1)).date().isoformat()
    assert len(clinic.rows("downtime", "--since", since)) == 1


def test_doctor_says_when_nobody_would_be_told_and_tries_the_mail_server(
    clinic: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWILIO_API_BASE", "http://127.0.0.1:9")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9")

    def found() -> dict[str, dict[str, object]]:
        capsys.readouterr()
        assert main(["doctor", "--json"]) == 1
        return {row["check"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}

    before = found()
    assert "OPERATOR_PHONE or OPERATOR_EMAIL" in str(before["operator"]["what"])
    assert "mail" not in before
    clinic("clinic", "on-call", "Riverside", "--add-email", EMAIL)
    assert "SMTP_URL and MAIL_FROM" in str(found()["mail"]["what"])
    monkeypatch.setenv("OPERATOR_EMAIL", "operator@example.org")
    monkeypatch.setenv("MAIL_FROM", "texts@example.org")
    with FakeSmtp() as post:
        monkeypatch.setenv("SMTP_URL", post.url)
        after = found()
    assert (after["operator"]["ok"], after["mail"]["ok"]) == (True, True)
    assert not found()["mail"]["ok"]
