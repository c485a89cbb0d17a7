"""What `schedule` and `preview` draw where a person reads them, and that programs get rows as ever."""

from collections.abc import Callable

import pytest

from bot.cli import main
from content.library import Library

Drawn = Callable[..., str]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], library: Library) -> Drawn:
    """Runs a command on a terminal of 100 columns without colours."""
    monkeypatch.setattr("bot.cli.treatment.is_terminal", lambda: True)
    monkeypatch.setattr("bot.cli.treatment.load", lambda: library)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    return run


def test_a_schedule_has_a_calendar_of_its_months(drawn: Drawn) -> None:
    out = drawn("schedule", "len_mm", "--start", "2026-01-05", "--until", "2026-02-20")
    assert "January 2026" in out
    assert "February 2026" in out
    assert "12○13○14○15○16○17○18○" in out
    assert "26·27·28·29·30·31·" in out
    assert "○  treatment at home" in out
    assert "rest until 2026-02-01" in out


def test_a_schedule_shows_what_is_wrong_with_a_date(drawn: Drawn) -> None:
    change = "move:date=2026-01-26,to=2026-01-20"
    out = drawn("schedule", "pembro_q3w", "--start", "2026-01-05", "--count", "2", "--change", change)
    assert "15 days after the dose before" in out


def test_a_preview_counts_the_texts_of_each_week(drawn: Drawn) -> None:
    out = drawn(
        *("preview", "pembro_q3w", "--start", "2026-01-05", "--timezone", "Europe/Madrid", "--time", "09:30"),
        *("--until", "2026-01-30"),
    )
    assert " 5●" in out
    assert "■■ 2 texts in this week" in out
    assert "Mon Jan  5  09:00  01-05 08:00  Example Clinic: your visit is today at 9:30 AM." in out
    assert "7 texts, 7 SMS, at most 2 in a week (that of Dec 29, 2025)" in out


def test_a_preview_says_what_the_limits_leave_out(drawn: Drawn) -> None:
    out = drawn(
        *("preview", "imiq_bcc", "--start", "2026-01-05", "--timezone", "America/New_York", "--until", "2026-01-20")
    )
    assert "left out" in out
    assert "seven days" in out


def test_a_preview_takes_changes(drawn: Drawn) -> None:
    arguments = ("preview", "pembro_q3w", "--start", "2026-01-05", "--timezone", "America/New_York")
    out = drawn(*arguments, "--until", "2026-02-10", "--change", "delay:cycle=2,days=7")
    assert "you have a visit on Mon Feb 2" in out.replace("visit on Mon Feb 2.", "you have a visit on Mon Feb 2")


def test_a_course_longer_than_a_year_is_drawn_for_its_first_months(drawn: Drawn) -> None:
    assert "more months" in drawn("schedule", "pembro_q3w", "--start", "2026-01-05")


def test_nothing_to_show_is_no_error(drawn: Drawn) -> None:
    assert drawn("schedule", "pembro_q3w", "--start", "2026-01-05", "--change", "stop:on=2026-01-05") == ""
