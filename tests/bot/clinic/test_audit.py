"""The audit: filtered, a page at a time, and as a file that a spreadsheet opens harmlessly."""

import ast
import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clinic.audited import SENTENCES, TELLING
from bot.clinic.exports import cell
from bot.services import Services
from store import audit
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON, Phone, enrol

ROOT = Path(__file__).parents[3]


@pytest.fixture
def auditor(clinic: Clinic, other_clinic: Clinic, services: Services, browse: Callable[[User], Browser]) -> Browser:
    with services.database.writing() as tx:
        for number in range(120):
            actor = "=cmd|' /C calc'!A0" if number % 2 else "ines@harbor.example"
            audit.record(tx, NOON + timedelta(days=number), clinic.id, actor, "change", "plan", number, ["visit_time"])
        audit.record(tx, NOON, other_clinic.id, "somebody@other.example", "change", "plan", 1, ["name"])
    return browse(add_staff(services, clinic.id, "auditor"))


def rows(answer: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.decode("utf-8-sig"))))


def test_the_newest_come_first_and_the_older_page_by_page(clinic: Clinic, auditor: Browser) -> None:
    first = auditor.get(f"/c/{clinic.id}/audit").text
    assert ("plan 119" in first, "plan 69" in first) == (True, False)
    older = first[first.index("before=") :].partition("&")[0].partition('"')[0]
    assert "plan 69" in auditor.get(f"/c/{clinic.id}/audit?{older}").text
    assert "other.example" not in first


def test_it_is_filtered_by_who_what_and_when(clinic: Clinic, auditor: Browser) -> None:
    found = rows(
        auditor.get(
            f"/c/{clinic.id}/audit/export",
            query_string={"actor": "ines@harbor.example", "since": "2026-05-06", "until": "2026-05-10"},
        ).data
    )
    assert [row["subject_id"] for row in found] == ["6", "4", "2"]
    assert rows(auditor.get(f"/c/{clinic.id}/audit/export", query_string={"subject": "contact"}).data) == []
    assert auditor.get(f"/c/{clinic.id}/audit", query_string={"since": "soon", "before": "x"}).status_code == 200


def test_it_is_read_by_patient_and_taken_away_so(
    clinic: Clinic, services: Services, phone: Phone, administrator: Browser
) -> None:
    pat = enrol(services, "pembro_q3w", NOON.date(), phone=phone.number)
    phone.text("STOP")
    with services.database.writing() as tx:
        audit.record(tx, NOON, clinic.id, "ines@harbor.example", "change", "clinic", pat.id, ["quiet_hours"])
    everything = administrator.get(f"/c/{clinic.id}/audit").text
    assert everything.count(f'href="/c/{clinic.id}/audit?patient={pat.id}"') == 2
    page = administrator.get(f"/c/{clinic.id}/audit?patient={pat.id}").text
    assert ("Enrolled the patient." in page, "Changed the settings." in page) == (True, False)
    found = rows(administrator.get(f"/c/{clinic.id}/audit/export?patient={pat.id}").data)
    assert [(row["action"], row["subject_id"]) for row in found] == [
        ("consent.withdrawn", str(pat.contact_id)),
        ("patient.enrol", str(pat.id)),
    ]
    assert administrator.get(f"/c/{clinic.id}/audit?patient={pat.id + 1}").status_code == 404


def test_whatever_is_entered_has_a_sentence() -> None:
    entered = [
        (call.args[4].value, call.args[5].value)
        for folder in ("bot", "scheduler")
        for file in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "audit.record"
        and isinstance(call.args[4], ast.Constant)
        and isinstance(call.args[5], ast.Constant)
    ]
    assert len(entered) > 40
    assert [each for each in entered if each not in SENTENCES and each[0] not in TELLING] == []


def test_a_cell_never_becomes_a_formula(clinic: Clinic, auditor: Browser) -> None:
    answer = auditor.get(f"/c/{clinic.id}/audit/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert {row["actor"] for row in rows(answer.data)} == {"'=cmd|' /C calc'!A0", "ines@harbor.example"}
    assert "=cmd" in auditor.get(f"/c/{clinic.id}/audit").text


@pytest.mark.parametrize(
    ("value", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("a\x00b", "ab"), (None, ""), (-3, -3), ("plain", "plain")],
)
def test_what_a_cell_holds(value: object, written: object) -> None:
    assert cell(value) == written
