"""The reports: what a period is, what they say of it, that they name nobody, and their files."""

import csv
import io
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from bot.clinic.reports.period import Period
from bot.conversation.spool import Spooled
from bot.services import Services
from channels.base import Incoming, Via
from scheduler import alerts
from scheduler.duties.reporting import Reporting
from store import audit, clinics, follow_ups, patients
from store.clinics import Clinic
from store.follow_ups import FollowUp
from store.messages import message
from tests.bot.clinic.conftest import Browser
from tests.bot.conftest import NOON, OURS, Phone, Watch, enrol

TODAY = date(2026, 5, 4)
DANGER = "ten trips to the loo and its only noon"


def count(services: Services, days: int = 0) -> None:
    counting = Reporting(services.database, lambda: NOON + timedelta(days=days), demo=False)
    while counting.step():
        pass


def table(nurse: Browser, clinic: Clinic, report: str, **more: str) -> list[dict[str, str]]:
    answer = nurse.get(f"/c/{clinic.id}/reports/export", query_string={"report": report, **more})
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def open_alerts(services: Services, clinic: Clinic) -> list[FollowUp]:
    with services.database.reading() as tx:
        return [each for each in follow_ups.open_ones(tx, clinic.id) if each.kind == "danger"]


@pytest.mark.parametrize(
    ("given", "first", "last", "step", "bars"),
    [
        ({}, date(2026, 4, 5), TODAY, "day", 30),
        ({"since": "2026-05-01"}, date(2026, 5, 1), TODAY, "day", 4),
        ({"since": "2026-03-01", "until": "2026-05-03"}, date(2026, 3, 1), date(2026, 5, 3), "week", 10),
        ({"since": "2025-05-05"}, date(2025, 5, 5), TODAY, "month", 13),
        ({"since": "2026-05-03", "until": "2026-05-01"}, date(2026, 5, 1), date(2026, 5, 1), "day", 1),
        ({"since": "soon", "until": "2099-01-01"}, date(2026, 4, 5), TODAY, "day", 30),
        ({"since": "0001-01-01"}, TODAY - timedelta(days=3 * 366), TODAY, "month", 37),
    ],
)
def test_a_period_is_what_is_asked_for_or_the_last_thirty_days(
    given: dict[str, str], first: date, last: date, step: str, bars: int
) -> None:
    period = Period.asked(given, TODAY)
    assert (period.first, period.last, period.step, len(period.begins())) == (first, last, step, bars)


def test_what_came_and_went_is_told_without_a_word_of_it(
    phone: Phone, services: Services, clinic: Clinic, nurse: Browser
) -> None:
    page = nurse.get(f"/c/{clinic.id}/reports")
    assert "Nothing is counted yet" in page.text
    for words in ("SIDE EFFECTS", "<script>qwertz</script>", "STOP"):
        phone.text(words)
    count(services)
    page = nurse.get(f"/c/{clinic.id}/reports")
    assert page.status_code == 200
    assert "qwertz" not in page.text
    understood = {row["Taken for"]: row["Texts"] for row in table(nurse, clinic, "understood")}
    assert understood == {"a topic": "1", "not understood": "1", "STOP": "1", "All": "3"}
    (topic,) = table(nurse, clinic, "keywords")
    assert (topic["Keyword"], topic["Texts"]) == ("EFFECTS", "1")
    assert table(nurse, clinic, "texts")[-1] == {
        "When": "All", "Came in": "3", "Sent": "3", "Delivered": "0", "On the way": "3", "Failed": "0", "Not sent": "0",
    }  # fmt: skip
    assert [row["Opt-outs"] for row in table(nurse, clinic, "opt_outs")] == ["1"]
    assert table(nurse, clinic, "texts", since="2026-01-01", until="2026-01-31")[-1]["Came in"] == "0"


def test_every_report_can_be_taken_away_and_no_other(clinic: Clinic, nurse: Browser) -> None:
    page = nurse.get(f"/c/{clinic.id}/reports").text
    for report in ("texts", "answers", "urgent", "seen", "segments"):
        assert f"report={report}&amp;" in page
    for report in ("texts", "failed", "kept", "answers", "understood", "keywords", "opt_outs", "urgent", "seen"):
        table(nurse, clinic, report)
    assert nurse.get(f"/c/{clinic.id}/reports/export?report=patients").status_code == 404


def test_the_price_of_a_segment_makes_the_cost(
    phone: Phone, services: Services, clinic: Clinic, administrator: Browser, nurse: Browser
) -> None:
    phone.text("SIDE EFFECTS")
    count(services)
    address = f"/c/{clinic.id}/reports/price"
    assert table(nurse, clinic, "segments")[-1]["Cost"] == ""
    assert nurse.post(address, {"price": "1"}).status_code == 403
    for wrong in ("-1", "11", "much", "nan", "snan", "1e40", "0.0000004", "0,01160001"):
        refused = administrator.post(address, {"price": wrong})
        assert (refused.status_code, refused.text.count('class="fault"')) == (422, 1), wrong
    answer = administrator.post(f"{address}?since=2026-05-01&clinic_id=7", {"price": "0,015"})
    assert (answer.status_code, answer.location) == (303, f"/c/{clinic.id}/reports?since=2026-05-01&until=2026-05-04")
    assert 'value="0.015"' in administrator.get(f"/c/{clinic.id}/reports").text
    segments, cost = (table(nurse, clinic, "segments")[-1][column] for column in ("SMS", "Cost"))
    assert float(cost) == round(int(segments) * 0.015, 2)
    with services.database.reading() as tx:
        (change,) = (each for each in audit.entries(tx, clinic.id) if "segment_micros" in each.fields)
        found = clinics.find_clinic(tx, clinic.id)
    assert (change.actor.partition(".")[0], found and found.segment_micros) == ("administrator", 15_000)


def test_of_two_who_save_the_price_at_once_the_second_is_told_what_is_there_now(
    services: Services, clinic: Clinic, administrator: Browser
) -> None:
    address = f"/c/{clinic.id}/reports/price"
    assert 'name="was" type="hidden" value=""' in administrator.get(f"/c/{clinic.id}/reports").text
    for _ in range(2):  # a button pressed twice
        assert administrator.post(address, {"price": "0.015", "was": ""}).status_code == 303
    second = administrator.post(address, {"price": "0,02", "was": ""})
    assert second.status_code == 409
    assert "On your page: 0,02<" in second.text
    assert 'value="0.015"' in second.text
    assert "Price of a segment <span" in second.text
    assert "The administrator</bdi> (administrator)" in second.text
    with services.database.reading() as tx:
        assert [each.fields for each in audit.entries(tx, clinic.id)] == [("segment_micros",)]
    assert administrator.post(address, {"price": "0.02", "was": "15000"}).status_code == 303


def test_another_clinics_counts_are_not_among_ours(
    phone: Phone, services: Services, clinic: Clinic, other_clinic: Clinic, nurse: Browser
) -> None:
    phone.text("SIDE EFFECTS")
    count(services)
    assert nurse.get(f"/c/{other_clinic.id}/reports/export?report=texts").status_code == 404
    assert table(nurse, clinic, "texts")[-1]["Came in"] == "1"


def test_c_and_r_that_waited_for_the_database_are_counted_with_the_others(
    phone: Phone, services: Services, clinic: Clinic, nurse: Browser
) -> None:
    enrol(services, "pembro_q3w", TODAY + timedelta(days=2))
    first = Incoming("SM" + "f" * 32, phone.number, OURS, None, Via.SMS, "HELP", 0, None)
    services.spool.put(Spooled(first, NOON, "Care Texts: ..."))  # whatever comes now lies down behind it
    for words in ("C", "PAUSE", "R"):
        assert phone.says(words).startswith("I saved your text")
    assert services.desk.replay()
    replies = {each.template for each in phone.messages() if each.kind == "reply"}
    assert replies == {"help", "kept+confirmed", "kept+paused", "kept+change_asked"}
    count(services)
    assert table(nurse, clinic, "answers")[-1] == {"When": "All", "C: they come": "1", "R: another time": "1"}


def test_each_report_says_of_a_small_case_what_was_worked_out_by_hand(
    phone: Phone, services: Services, clinic: Clinic, nurse: Browser, watch: Watch
) -> None:
    """Two patients over three days; a third is a stranger. What every number comes from stands beside it."""
    enrol(services, "pembro_q3w", TODAY + timedelta(days=2), phone=phone.number)
    other = Phone(services, "+12025550177")
    gone = enrol(services, "pembro_q3w", TODAY + timedelta(days=2), phone=other.number)
    for words in ("C", "C", "R", "EFFECTS", "qwertz"):
        phone.text(words)
    Phone(services, "+12025550179").text("C")  # a stranger's: it confirms nothing
    watch.forward(timedelta(days=1))
    phone.text(DANGER)  # call now, seen after 12 minutes
    watch.forward(timedelta(minutes=12))
    (alert,) = open_alerts(services, clinic)
    with services.database.writing() as tx:
        alerts.see(tx, watch(), alert, alert.rung_at or NOON, "ines@harbor.example")
    watch.forward(timedelta(hours=1))
    phone.text("STOP")  # the last text before was the reply `call_now`
    Phone(services, "+12025550178").text("i want to die")  # a crisis of a stranger, nobody sees it
    with services.database.writing() as tx:
        patients.end_patient(tx, watch(), gone.id, "moved")  # two patients on two days, one on the third
        for template, state, code in (("confirmed", "delivered", None), ("unknown", "undelivered", 30003)):
            newest = sa.select(sa.func.max(message.c.id)).where(message.c.template == template).scalar_subquery()
            tx.conn.execute(sa.update(message).where(message.c.id == newest).values(state=state, error_code=code))
    watch.forward(timedelta(days=1))
    count(services, 2)

    def report(name: str) -> list[tuple[str, ...]]:
        return [tuple(row.values()) for row in table(nurse, clinic, name)]

    assert report("texts")[-4:] == [
        ("Mon, May 4", "6", "6", "1", "4", "1", "1"),  # not sent: the first text of who said STOP the day after
        ("Tue, May 5", "3", "3", "0", "3", "0", "0"),
        ("Wed, May 6", "0", "0", "0", "0", "0", "0"),
        ("All", "9", "9", "1", "7", "1", "1"),
    ]
    assert report("failed") == [("30003", "The phone could not be reached", "1", "0.1111")]
    assert report("kept") == [("opted_out", "This number opted out.", "1")]
    assert report("answers")[-1] == ("All", "2", "1")
    assert {name: texts for name, texts, _share in report("understood")} == {
        "a command": "4", "a topic": "1", "not understood": "1", "danger: call now": "1", "STOP": "1",
        "danger: a crisis": "1", "All": "9",
    }  # fmt: skip
    assert report("keywords") == [("C", "command", "3"), ("EFFECTS", "topic", "1"), ("R", "command", "1")]
    assert report("opt_outs") == [("call_now", "1", "1", "1000.0")]
    # Two alerts in five days of patients, which are 0.71 weeks.
    assert report("urgent")[-2:] == [("Wed, May 6", "0", "0", "0.1", "0.0"), ("All", "1", "1", "0.7", "280.0")]
    assert [row[1:] for row in report("seen")] == [("1", "1", "", "", ""), ("1", "0", "12.0", "12.0", "12.0")]
    assert report("segments")[-1] == ("All", "11", "0", "")  # two each for both dangers, one for every other reply
