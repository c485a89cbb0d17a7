"""The commands that touch data: a clinic from nothing to its first patient, and what is refused on the way."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.cli import main
from bot.services import Services
from channels.base import Fault, Incoming, Receipt, ReceiptState, Via
from scheduler.delivery import receipts
from tests.bot.cli.commands import CONSENT, NUMBER, Run
from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.signing import ACCOUNT_SID, AUTH_TOKEN


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).date().isoformat()


def enrol(run: Run, phone: str = "+12025550157", status: int = 0, **changed: str) -> str:
    options = {
        "name": "A. Patient",
        "regimen": "pembro_q3w",
        "start": tomorrow(),
        "time": "09:30",
        "consent": "signed form",
    } | changed
    return run("patient", "add", phone, *(f"--{name}={value}" for name, value in options.items()), status=status)


def test_a_clinic_says_what_it_lacks_until_it_is_live(run: Run) -> None:
    run("clinic", "add", "Riverside", "--timezone", "America/New_York", "--country", "us")
    (row,) = run.rows("clinic", "list")
    assert (row["live"], row["languages"]) == (False, ["en", "es"])
    assert len(row["missing"]) == 5  # type: ignore[arg-type]
    assert "Riverside cannot enrol yet. It still needs: " in enrol(run, status=1)
    run("clinic", "set", "Riverside", "--phone-line", "202-555-0143", *CONSENT)
    run("sender", "add", NUMBER, "--opt-out-by", "provider")
    assert "still lacks" in run("clinic", "approve", "Riverside", "--by", "Dr A. Person", "--content")
    assert run("clinic", "approve", "Riverside", "--by", "Dr A. Person", "--all-regimens") == "Riverside is live.\n"


def test_a_patient_is_enrolled_and_listed(clinic: Run) -> None:
    assert enrol(clinic).startswith("Enrolled as patient 1.\n")
    (row,) = clinic.rows("patient", "list")
    assert (row["name"], row["phone"], row["timezone"]) == ("A. Patient", "+12025550157", "America/New_York")
    plan, welcome = clinic.rows("patient", "show", "1")
    assert (plan["regimen"], plan["visit_time"]) == ("pembro_q3w", "09:30")
    assert (welcome["template"], welcome["state"]) == ("optin_confirm", "due")
    planned = r"A welcome \(optin_confirm\) was planned for \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00; it is"
    assert re.search(planned, clinic("message", "why", "1"))
    assert "no text: " in clinic("message", "why", "--patient", "1", "--date", str(plan["start"]))
    assert "--patient and --date" in clinic("message", "why", "1", "--patient", "1", status=2)
    assert "no patient 77" in clinic("message", "why", "--patient", "77", "--date", "2026-05-04", status=1)


@pytest.mark.parametrize(
    ("changed", "status", "sentence"),
    [
        ({"phone": "+12025550"}, 1, "The number is too short"),
        ({"phone": "+442079460958"}, 1, "This is a landline, which cannot receive texts"),
        ({"timezone": "Mars/Base"}, 2, "Invalid value for '--timezone': There is no time zone called Mars/Base"),
        ({"start": "soon"}, 2, "Invalid value for '--start': soon is not a date"),
        ({"time": "9"}, 2, "Invalid value for '--time': 9 is not a time of day"),
        ({"start": "2016-05-04"}, 2, "The first day is too far off"),
        ({"regimen": "nivo_q2w"}, 1, "Riverside has signed off no version of nivo_q2w"),
        ({"regimen": "nothing"}, 1, "There is no regimen called nothing"),
        ({"language": "fr"}, 2, "Riverside does not text in this language."),
        ({"name": " "}, 2, "Write the patient's name"),
        ({"consent": " "}, 2, "Say how the patient agreed"),
        ({"clinic": "Elsewhere"}, 1, "There is no clinic called Elsewhere"),
    ],
)
def test_who_cannot_be_enrolled_is_told_why_and_nothing_is_half_done(
    clinic: Run, changed: dict[str, str], status: int, sentence: str
) -> None:
    said = enrol(clinic, changed.pop("phone", "+12025550157"), status, **changed)
    assert said.startswith(sentence)
    assert len(said.splitlines()) == 1
    assert clinic.rows("patient", "list") == []


def test_a_second_active_patient_on_a_number_is_refused(clinic: Run) -> None:
    enrol(clinic)
    assert enrol(clinic, status=1).startswith("This number belongs to a patient who is enrolled already")


def test_ask_answers_like_the_real_thing_and_changes_nothing(clinic: Run) -> None:
    enrol(clinic)
    assert clinic("ask", "SIDE EFFECTS").startswith("You may have side effects.")
    (row,) = clinic.rows("ask", "NEXT", "--from", "+12025550157")
    assert str(row["answer"]).startswith("Your next visit is ")
    assert (row["encoding"], row["segments"]) == ("GSM-7", 1)
    clinic("ask", "STOP", "--from", "+12025550157")
    (patient,) = clinic.rows("patient", "list")
    assert not patient["opted_out"]
    assert len(clinic.rows("patient", "show", "1")) == 2


def test_ask_takes_a_text_for_what_it_means_from_that_person(clinic: Run) -> None:
    clinic("clinic", "approve", "Riverside", "--by", "Dr A. Person", "--regimen", "tecli")
    enrol(clinic, regimen="tecli")
    (row,) = clinic.rows("ask", "I have a fever of 102", "--from", "+12025550157")
    assert row["kind"] == "emergency"
    (row,) = clinic.rows("ask", "I have a fever of 102")
    assert row["kind"] == "call_now"


def test_ask_needs_a_clinic_and_a_number(run: Run) -> None:
    assert run("ask", "HELP", status=1).startswith("There is no clinic yet")
    run("clinic", "add", "Riverside", "--timezone", "America/New_York", "--country", "us")
    assert run("ask", "HELP", status=2).startswith("The clinic has no number yet")
    assert run("ask", "HELP", "--from", "banana", status=2).startswith("This is not a phone number")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (
            ["clinic", "add", "Riverside", "--timezone", "UTC", "--country", "us"],
            1,
            "There is a clinic called Riverside",
        ),
        (["clinic", "add", "Other", "--timezone", "UTC"], 2, "A clinic needs --country."),
        (["clinic", "add", "Other", "--timezone", "UTC", "--country", "zz"], 2, "There is no country pack zz"),
        (["clinic", "add", "Cancer Care", "--timezone", "UTC", "--country", "us"], 2, "Texts begin with Cancer Care,"),
        (["clinic", "set", "Riverside"], 2, "Nothing to change"),
        (["clinic", "set", "Nobody", "--program", "x"], 1, "There is no clinic called Nobody"),
        (["clinic", "set", "Riverside", "--language", "fr"], 2, "There are no texts in fr"),
        (["clinic", "set", "Riverside", "--phone-line", "banana"], 2, "banana is no phone number."),
        (["clinic", "set", "Riverside", "--fever", "warm"], 2, "Invalid value for '--fever': warm is no temp"),
        (
            ["clinic", "set", "Riverside", "--fever", "101.5"],
            2,
            "This must lie between 37.5 and 38.34 C (99.5 and 101.0 F)",
        ),
        (
            ["clinic", "set", "Riverside", "--danger-minutes", "2,7"],
            2,
            "Invalid value for '--danger-minutes': 2,7 are not",
        ),
        (["clinic", "set", "Riverside", "--call-minutes", "30,10,60"], 2, "Each step comes after the one before"),
        (["clinic", "set", "Riverside", "--danger-minutes", "2,31,60"], 2, "Nobody may be told later"),
        (["clinic", "set", "Riverside", "--call-minutes", "1,30,60"], 2, "Nobody may be told later"),
        (
            ["clinic", "set", "Riverside", "--consent-text", "I agree."],
            2,
            "Write it once in each language of the clinic: --consent",
        ),
        (
            ["clinic", "set", "Riverside", "--consent-text", "es=Acepto."],
            2,
            "Write what patients agree to in each language: it is missing in English",
        ),
        (["clinic", "set", "Riverside", "--window-from", "20:30"], 2, "The send window must end after it begins."),
        (["clinic", "approve", "Riverside", "--by", "X"], 2, "Nothing to sign off"),
        (["clinic", "approve", "Riverside", "--by", "X", "--second", "x", "--content"], 2, "--second names another"),
        (["clinic", "approve", "Riverside", "--by", "X", "--regimen", "none"], 2, "There is no regimen none"),
        (["clinic", "add", "  ", "--timezone", "UTC", "--country", "us"], 2, "Invalid value for 'NAME': Write a name"),
        (["clinic", "approve", "Riverside", "--by", " ", "--content"], 2, "Invalid value for '--by': Write a name"),
        (["clinic", "join-code", "Riverside"], 2, "Give a code, or --remove"),
        (["clinic", "join-code", "Riverside", "a!"], 2, "A join code is 3 to 20 letters and digits."),
        (["sender", "add", NUMBER], 1, "A clinic already texts from"),
        (["sender", "add", "banana"], 2, "banana is no sender"),
        (["sender", "set", "+12025550199", "--opt-out-by", "us"], 1, "No clinic texts from +12025550199"),
        (["user", "add", "nobody", "--name", "N"], 2, "nobody is not a mail address."),
        (["patient", "show", "99"], 1, "There is no patient 99"),
        (["message", "why", "99"], 1, "There is no message 99."),
        (["demo"], 2, "The demo data need DEMO=1"),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(clinic: Run, arguments: list[str], status: int, sentence: str) -> None:
    said = clinic(*arguments, status=status)
    assert said.startswith(sentence)
    assert len(said.splitlines()) == 1


def test_an_alert_stands_on_top_of_what_is_shown_of_a_patient(
    clinic: Run, make_services: Callable[[str], Services], tmp_path: Path
) -> None:
    enrol(clinic)
    services = make_services(f"sqlite:///{tmp_path}/riverside.db")
    services.directory.refresh(services.database)
    incoming = Incoming("SM1", "+12025550157", NUMBER, None, Via.SMS, "I have chest pain", 0, None)
    answer = services.desk.take(incoming)
    with services.database.writing() as tx:
        lost = Receipt("SM2", ReceiptState.UNDELIVERED, 30003, f"{answer.message_id}.1", Fault.RECIPIENT_TEMPORARY)
        receipts.apply(tx, services.clock(), services.library, lost)
    alert, *_ = clinic.rows("patient", "show", "1")
    assert (alert["kind"], alert["reply"]) == ("danger", "our reply did not reach them: phone now")
    assert str(alert["detail"]).startswith("emergency chest: ")
    for message in (alert["message"], answer.message_id):
        assert "our reply did not reach them: phone now" in clinic("message", "why", str(message))
    assert "alert" not in clinic("message", "why", "1")


def test_a_user_is_added_once(clinic: Run) -> None:
    assert clinic("user", "add", "nurse@example.org", "--name", "N. Urse") == "N. Urse is nurse of Riverside.\n"
    assert clinic("user", "add", "Nurse@example.org", "--name", "N", status=1).startswith("Somebody signs in as")


def test_a_database_of_a_newer_release_is_refused_by_every_command(clinic: Run, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/riverside.db")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'ffff'"))
    commands = (
        ["serve"],
        ["scheduler"],
        ["migrate"],
        ["clinic", "list"],
        ["clinic", "add", "Other", "--timezone", "UTC", "--country", "us"],
        ["patient", "list"],
        ["user", "add", "nurse@example.org", "--name", "N. Urse"],
        ["ask", "HELP"],
        ["message", "why", "1"],
    )
    for command in commands:
        assert clinic(*command, status=2).startswith("The database was brought to a newer release")


def test_a_database_that_was_never_migrated_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.db").touch()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    for command in ("serve", "scheduler"):
        assert run(command, status=2).startswith("The database is not at this release's migration.")
    assert run("migrate").startswith("The database is at revision ")


def test_a_file_that_is_no_database_is_refused_even_where_the_clinics_are_known_from_before(
    clinic: Run, make_services: Callable[[str], Services], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    services = make_services(f"sqlite:///{tmp_path}/riverside.db")
    services.directory.refresh(services.database)
    (tmp_path / "letter.db").write_text("Dear patient, " * 100)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/letter.db")
    for command in ("serve", "scheduler", "migrate"):
        told = "DATABASE_URL names a file that is no SQLite database. Name another file.\n"
        assert clinic(command, status=2) == told


def test_a_database_that_is_not_there_is_refused_with_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nothing.db")
    for command in (["serve"], ["scheduler"], ["clinic", "list"]):
        assert "immunotext migrate" in run(*command, status=2)


def test_another_index_key_is_refused(clinic: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_KEY", "j" * 32)
    assert clinic("serve", status=2).startswith("INDEX_KEY is not the one this database was made with.")


def test_the_demo_refuses_a_database_with_a_real_clinic(clinic: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "1")
    for command in (["serve"], ["scheduler"], ["demo"]):
        assert clinic(*command, status=2)


def test_doctor_says_how_to_mend_what_is_not_right(
    clinic: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = tmp_path / "var" / "spool"
    spool.mkdir(parents=True)
    (spool / "1.text").touch()
    monkeypatch.setenv("VAR_DIR", str(spool.parent))
    monkeypatch.setenv("TWILIO_API_BASE", "http://127.0.0.1:9")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9")
    assert main(["doctor", "--json"]) == 1
    found = {row["check"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    wrong = {name for name, row in found.items() if not row["ok"]}
    assert wrong == {"agreement", "scheduler", "spool", "operator", "public address", "twilio"}
    assert found["spool"]["what"] == f"Texts that wait in {spool}: 1."
    assert "BAA_SIGNED=1" in found["agreement"]["what"]
    assert "immunotext scheduler" in found["scheduler"]["what"]
    assert "immunotext serve" in found["public address"]["what"]
    assert "TWILIO_API_BASE" in found["twilio"]["what"]


def test_doctor_says_which_account_twilio_does_not_know(
    clinic: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9")
    with FakeTwilio() as twilio:
        monkeypatch.setenv("TWILIO_API_BASE", twilio.url)
        assert main(["doctor", "--json"]) == 1
        refused = {row["check"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
        assert main(["doctor", "--json"]) == 1
        known = {row["check"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert refused["twilio"]["what"].startswith("Twilio knows no such account")
    assert known["twilio"]["ok"]


def test_a_clinic_has_reminder_rules_of_its_own(clinic: Run) -> None:
    spec = 'days_before = 2, at = "12:00"'
    clinic("clinic", "reminders", "Riverside", "--set", f"visit_before={spec}")
    rows = clinic.rows("clinic", "reminders", "Riverside", "--set", "visit_today=off", "--regimen", "pembro_q3w")
    assert rows == [
        {"of": "clinic", "rule": "visit_before", "regimen": None, "spec": spec},
        {"of": "clinic", "rule": "visit_today", "regimen": "pembro_q3w", "spec": "off"},
    ]
    (row,) = clinic.rows("clinic", "reminders", "Riverside", "--unset", "visit_before")
    assert row["rule"] == "visit_today"


def test_a_patients_reminder_rules_are_listed_after_their_clinics(clinic: Run) -> None:
    enrol(clinic)
    clinic("clinic", "reminders", "Riverside", "--set", "between=off")
    rows = clinic.rows("patient", "reminders", "1", "--set", 'between={ day = 4, at = "11:00" }')
    assert [(row["of"], row["spec"]) for row in rows] == [("clinic", "off"), ("patient", '{ day = 4, at = "11:00" }')]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "visit_before"], "Write --set RULE=SPEC, not visit_before"),
        (["--set", "visit_soon=off"], "'visit_soon' is no reminder rule; the rules are visit_before"),
        (["--set", "visit_today=at=9"], "The rule visit_today cannot be set: 'at' must be a text in quotes."),
        (["--set", 'visit_today=at="9"'], 'write a time of day such as "09:00"'),
        (["--set", 'pill_today=at="09:00"', "--regimen", "pembro_q3w"], "would never apply, because no item is a pill"),
        (["--set", "visit_today=off", "--regimen", "nope"], "There is no regimen called nope"),
        (["--unset", "visit_today"], "Riverside has no rule visit_today of its own."),
    ],
)
def test_a_reminder_rule_that_cannot_be_set_is_told_in_a_sentence(
    clinic: Run, options: list[str], sentence: str
) -> None:
    assert sentence in clinic("clinic", "reminders", "Riverside", *options, status=2)
    assert clinic.rows("clinic", "reminders", "Riverside") == []


def test_a_clinics_days_count_for_whoever_is_enrolled_from_then_on(clinic: Run) -> None:
    start = datetime.now(UTC).date() + timedelta(days=3)
    said = clinic("clinic", "set", "Riverside", "--open", "mon-fri", "--holiday", str(start), "--holiday=2027-01-01")
    assert "Whoever is enrolled already keeps their dates" in said
    (row,) = clinic.rows("clinic", "list")
    assert (row["open"], row["holidays"]) == (["mon", "tue", "wed", "thu", "fri"], sorted([str(start), "2027-01-01"]))
    enrol(clinic, start=str(start))
    plan = clinic.rows("patient", "show", "1")[0]
    assert str(plan["start"]) == str(start)

    assert row["snap"] == "on-or-after"
    assert "already keeps their dates" in clinic("clinic", "set", "Riverside", "--snap", "nearest")
    assert clinic.rows("clinic", "list")[0]["snap"] == "nearest"

    clinic("clinic", "set", "Riverside", "--no-holiday", str(start), "--open", "mon-sun")
    assert clinic.rows("clinic", "list")[0]["holidays"] == ["2027-01-01"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--open", "weekdays"), 'write weekdays such as "mon, thu" or "mon-fri"'),
        (("--open", "fri-mon"), "weekdays must ascend from mon to sun"),
        (("--snap", "before"), "'before' is not one of 'on-or-after', 'nearest', 'none'"),
        (("--holiday", "Christmas"), "Christmas is not a date: write it as 2026-05-04."),
        (("--no-holiday", "2026-12-25"), "2026-12-25 is no holiday of Riverside"),
        (("--holiday", "2026-12-25", "--no-holiday", "2026-12-25"), "cannot be a holiday and none at once"),
    ],
)
def test_a_clinics_days_that_are_written_wrong_are_told_plainly(
    clinic: Run, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in clinic("clinic", "set", "Riverside", *arguments, status=2)
