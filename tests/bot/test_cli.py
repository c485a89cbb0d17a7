"""The command line: one plain sentence for each fault, JSON Lines and nothing else where JSON is asked for."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main
from bot.understanding.engine import Engine, Outcome
from tests.bot.conftest import COMMAND_ENVIRONMENT

COMMAND = str(Path(sys.executable).with_name("immunotext"))


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> "type[Stdin]":
    Stdin.monkeypatch = monkeypatch
    return Stdin


class Stdin:
    monkeypatch: pytest.MonkeyPatch

    @classmethod
    def holds(cls, data: bytes) -> None:
        cls.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.splitlines()]


def test_segments_counts_each_text_in_order(stdin: type[Stdin], capsys: pytest.CaptureFixture[str]) -> None:
    stdin.holds(b'{"text": "hello"}\n\n{"text": "Mar\\u00eda"}\n{"text": "\\u2019", "smart_encoding": true}\n')
    assert main(["segments"]) == 0
    assert rows(capsys) == [
        {"encoding": "GSM-7", "segments": 1},
        {"encoding": "UCS-2", "segments": 1},
        {"encoding": "GSM-7", "segments": 1},
    ]


def test_phone_reads_each_number_with_its_own_region_or_the_given_one(
    stdin: type[Stdin], capsys: pytest.CaptureFixture[str]
) -> None:
    stdin.holds(b'{"input": "202 555 0143"}\n{"input": "07400 123456", "default_region": "GB"}\n{"input": "banana"}\n')
    assert main(["phone", "--region", "US"]) == 0
    us, gb, none = rows(capsys)
    assert us == {"e164": "+12025550143", "can_text": True, "error": None}
    assert gb["e164"] == "+447400123456"
    assert (none["e164"], none["can_text"]) == (None, False)


@pytest.mark.parametrize("line", [b"banana", b"[1]", b"{}", b'{"text": 1}', b"[" * 100_000])
def test_a_line_that_is_none_is_named(stdin: type[Stdin], capsys: pytest.CaptureFixture[str], line: bytes) -> None:
    stdin.holds(b'{"text": "ok"}\n' + line + b"\n")
    assert main(["segments"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("Line 2 of standard input ")
    assert len(captured.err.splitlines()) == 1


def test_understand_gives_a_line_for_every_line(stdin: type[Stdin], capsys: pytest.CaptureFixture[str]) -> None:
    stdin.holds(
        b'SIDE EFFECTS\n\n{"text": "EFECTOS", "lang": "es"}\n{"a": "MENU"}\nI have chest pain\r\n\xff\n'
        b'{"text": "\\ud83d"}\n'
    )
    assert main(["understand"]) == 0
    found = rows(capsys)
    assert [row["kind"] for row in found[:3]] == ["topic", "unknown", "topic"]
    assert [row["kind"] for row in found[4:]] == ["emergency", "unknown", "unknown"]
    assert found[3]["text"] == '{"a": "MENU"}'
    assert set(found[0]) == {"text", "language", "kind", "id", "topic", "urgent_line", "matched"}
    assert (found[2]["text"], found[2]["language"]) == ("EFECTOS", "es")
    assert found[4]["text"] == "I have chest pain"


def test_understand_answers_a_line_that_comes_again_in_its_place(
    stdin: type[Stdin], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def understand(engine: Engine, text: str, *, language: str, country: str) -> Outcome:
        read.append(text)
        return was(engine, text, language=language, country=country)

    was = Engine.understand
    monkeypatch.setattr(Engine, "understand", understand)
    stdin.holds(b'C\nI have chest pain\n{"text": "C", "lang": "es"}\nC\nI have chest pain\n')
    assert main(["understand"]) == 0
    found = [(row["text"], row["language"], row["kind"]) for row in rows(capsys)]
    assert found[:3] == [("C", "en", "command"), ("I have chest pain", "en", "emergency"), ("C", "es", "command")]
    assert found[3:] == found[:2]
    assert read == ["C", "I have chest pain", "C"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["understand", "--language", "xx"], "There is no language xx"),
        (["understand", "--country", "xx"], "There is no country xx"),
        (["nothing"], "No such command 'nothing'."),
        (["segments", "--nothing"], "No such option '--nothing'."),
        (["schedule", "nothing", "--start", "2026-01-05"], "There is no regimen nothing"),
        (["schedule", "\N{PILL}" * 300, "--start", "2026-01-05"], "There is no regimen \N{PILL}"),
        (["schedule", "nothing.toml", "--start", "2026-01-05"], "There is no file nothing.toml."),
        (["schedule", "pembro_q3w", "--start", "5.1.26"], "Invalid value for '--start': 5.1.26 is not a date"),
        (["schedule", "pembro_q3w", "--start", "9999-12-01"], "Invalid value for '--start': 9999-12-01 is too far off"),
        (["schedule", "pembro_q3w"], "Missing option '--start'."),
        (
            ["schedule", "pembro_q3w", "--start", "2026-01-05", "--change", "resume:on=2026-02-01"],
            "The change cannot be made: the plan is not on hold",
        ),
        (
            ["schedule", "pembro_q3w", "--start", "2026-01-05", "--change", "switch:to=nothing,from=2026-02-01"],
            "There is no regimen nothing",
        ),
        (
            ["preview", "pembro_q3w", "--start", "2026-01-05", "--timezone", "Mars/Base"],
            "Invalid value for '--timezone': There is no time zone called Mars/Base",
        ),
        (["content", "check", "--content", "nowhere"], "There is no folder nowhere."),
        (["phone", "--region"], "Option '--region' requires an argument."),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(sentence)
    assert len(captured.err.splitlines()) == 1


def test_a_regimen_file_with_a_mistake_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text('id = "mine"\nversion = 0\n')
    assert main(["schedule", str(tmp_path / "mine.toml"), "--start", "2026-01-05"]) == 2
    assert "mine.toml:2 " in capsys.readouterr().err


def test_schedule_prints_dated_events(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule", "pembro_q3w", "--start", "2026-01-05", "--count", "2", "--json"]) == 0
    found = rows(capsys)
    assert [row["date"] for row in found if row["kind"] == "treatment"] == ["2026-01-05", "2026-01-26"]
    assert found[-1]["items"] == ["pembrolizumab"]


def test_schedule_and_preview_go_by_a_clinics_days(capsys: pytest.CaptureFixture[str]) -> None:
    days = ["pembro_q3w", "--start", "2026-01-03", "--open", "mon-fri", "--holiday", "2026-01-05", "--json"]
    assert main(["schedule", *days, "--count", "2"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["date"] for row in rows if row["kind"] == "treatment"] == ["2026-01-06", "2026-01-26"]
    assert main(["preview", *days, "--timezone", "America/New_York", "--until", "2026-01-20"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "Tue Jan 6" in rows[0]["text"]
    early = ["--start", "2026-01-05", "--change", "enter:phase=adjuvant,on=2026-03-09", "--until", "2026-03-10"]
    assert main(["preview", "nivo_periop", *early, "--timezone", "America/New_York", "--json"]) == 0
    assert "2026-03-09: neoadjuvant: 1 planned treatment day falls away (cycle 4)." in capsys.readouterr().err
    for snap, day in (("nearest", "2026-01-23"), ("none", "2026-01-24")):
        assert main(["schedule", *days, "--count", "2", "--snap", snap]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [row["date"] for row in rows if row["kind"] == "treatment"][1] == day
    assert main(["schedule", "pembro_q3w", "--start", "2026-01-05", "--open", "moon"]) == 2
    assert "write weekdays" in capsys.readouterr().err


def test_schedule_applies_changes_in_their_order_and_prints_what_comes_too_close(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = ["--change", "delay:cycle=2,days=7,policy=keepgrid", "--change", "switch:to=pembro_q6w,from=2026-03-09"]
    assert main(["schedule", "pembro_q3w", "--start", "2026-01-05", "--count", "4", *changes, "--json"]) == 0
    found = [row for row in rows(capsys) if row["kind"] == "treatment"]
    assert [row["date"] for row in found] == ["2026-01-05", "2026-02-02", "2026-02-16", "2026-03-09"]
    assert found[2]["warnings"] == ["pembrolizumab: 14 days after the dose before, and at least 21 are needed"]


def test_a_last_date_before_the_start_is_told_where_it_leaves_nothing_to_print(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = ["pembro_q3w", "--start", "2026-02-02"]
    preview = ["preview", *start, "--timezone", "America/New_York"]
    for arguments in (["schedule", *start], ["schedule", *start, "--json"], preview, [*preview, "--json"]):
        assert main([*arguments, "--until", "2026-01-05"]) == 2
        captured = capsys.readouterr()
        assert "Nothing is planned until 2026-01-05: that is before the start on 2026-02-02." in captured.err
        assert captured.out == ""
    assert main([*preview, "--until", "2026-02-01"]) == 0
    assert "Mon Feb 2" in capsys.readouterr().out


def test_a_plan_without_an_end_is_printed_for_a_year(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule", "nivo_rela", "--start", "2026-01-05"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "date",
        "end_date",
        "kind",
        "phase",
        "cycle",
        "cycle_in_phase",
        "day",
        "items",
        "warnings",
    ]
    assert lines[-1].startswith("2027-01-0") or lines[-1].startswith("2026-12")


def test_preview_prints_every_text_with_its_time_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["preview", "pembro_q3w", "--start", "2026-01-05", "--timezone", "America/New_York", "--json"]
    assert main([*arguments, "--time", "09:30", "--language", "es", "--until", "2026-02-28"]) == 0
    found = rows(capsys)
    assert {row["rule"] for row in found} >= {"visit_before", "visit_tomorrow"}
    assert all(row["encoding"] == "GSM-7" and row["segments"] == 1 for row in found)
    assert [row["due_at"] for row in found] == sorted(str(row["due_at"]) for row in found)


def test_regimens_lists_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regimens", "--json"]) == 0
    assert {"pembro_q3w", "len_mm"} <= {row["id"] for row in rows(capsys)}


def test_content_check_is_silent_on_standard_output_when_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "check"]) == 0
    assert capsys.readouterr().out == ""


def test_content_check_names_each_fault_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "check", "--content", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith("index.toml:1 ")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    for name in ("ask", "clinic", "demo", "doctor", "migrate", "patient", "schedule", "serve", "understand"):
        assert f"\n  {name} " in page


def test_a_reader_that_goes_away_is_no_fault() -> None:
    """As `immunotext segments | head -1`."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [COMMAND, "segments"], input=b'{"text": "x"}\n', stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_told_plainly() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "segments"], input=b'{"text": "x"}\n', stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"Standard output: No space left on device.\n"


@pytest.mark.parametrize("name", sorted(COMMAND_ENVIRONMENT))
def test_serve_and_scheduler_name_the_setting_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for key, value in COMMAND_ENVIRONMENT.items():
        if key != name:
            monkeypatch.setenv(key, value)
    for command in ("serve", "scheduler"):
        assert main([command]) == 2
        assert capsys.readouterr().err.startswith(f"{name} is missing")
