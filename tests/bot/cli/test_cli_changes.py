"""Commands that change what is enrolled: looked at first, made, taken back, and refused in one sentence."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from bot.cli.data import open_services
from scheduler import long_work
from tests.bot.cli.commands import Run

START = (datetime.now(UTC) + timedelta(days=10)).date()
SECOND = START + timedelta(days=21)


@pytest.fixture
def enrolled(clinic: Run) -> Run:
    """Patient 1, on pembro_q3w from the first Monday or so."""
    clinic(
        *("patient", "add", "+12025550157", "--name", "A. Patient", "--regimen", "pembro_q3w"),
        *("--start", START.isoformat(), "--consent", "signed form", "--time", "09:30"),
    )
    return clinic


def test_a_change_is_looked_at_made_and_taken_back(enrolled: Run) -> None:
    change = ("patient", "change", "1", "delay:cycle=2,days=7")

    (preview,) = enrolled.rows(*change, "--preview")
    moves = {pair["from"]["date"]: pair["to"]["date"] for pair in preview["events"]["moves"]}  # type: ignore[index]
    assert moves[SECOND.isoformat()] == (SECOND + timedelta(days=7)).isoformat()
    assert preview["refusals"] == []
    assert enrolled.rows("patient", "change", "1", "--undo", "--preview")[0]["refusals"] != []

    (changed,) = enrolled.rows(*change, "--tell", "--reason", "low counts")
    assert changed["state"] == "active"
    assert "your next visit is now" in str(changed["text"])
    assert "is changed; it is active" in enrolled("patient", "change", "1", "--undo")
    shown = [row for row in enrolled.rows("patient", "show", "1") if "change" in row]
    assert [row["change"] for row in shown] == [
        "delay:cycle=2,days=7,policy=reanchor",
        "undo delay:cycle=2,days=7,policy=reanchor",
    ]
    assert (shown[0]["reason"], shown[0]["by"]) == ("low counts", "command line")
    assert "no change that could be taken back" in enrolled("patient", "change", "1", "--undo", status=1)


def test_a_preview_is_tables_for_a_person(enrolled: Run) -> None:
    shown = enrolled("patient", "change", "1", "delay:cycle=2,days=7", "--preview")
    assert "Plan 1 of patient 1: delay:cycle=2,days=7,policy=reanchor" in shown
    assert f"{SECOND + timedelta(days=7):%a} {SECOND + timedelta(days=7)}" in shown
    assert "With --tell the patient reads: " in shown


def test_what_comes_too_soon_needs_somebody_who_answers_for_it(enrolled: Run) -> None:
    sooner = ("patient", "change", "1", f"move:date={SECOND},to={SECOND - timedelta(days=3)}")
    assert "at least 21 are needed" in enrolled(*sooner, status=1)
    assert "--override can allow it" in enrolled(*sooner, "--preview")
    assert "NAME" not in enrolled(*sooner, "--override", "nobody", status=2)
    enrolled(*sooner, "--override", "Dr. Quinn: the trial asks for it")


def test_of_who_has_died_everything_ends(enrolled: Run) -> None:
    stop = ("patient", "change", "1", f"stop:on={SECOND}")
    assert "Mind: Texts about late side effects follow until" in enrolled(*stop, "--preview")
    assert "nothing more is texted" in enrolled("patient", "died", "1")
    assert [row["state"] for row in enrolled.rows("patient", "list")] == ["ended"]
    assert "has ended already" in enrolled("patient", "died", "1", status=1)
    assert "enrolment has ended" in enrolled(*stop, status=1)
    assert "no patient 9" in enrolled("patient", "died", "9", status=1)


def test_what_is_written_wrong_is_a_matter_of_usage(enrolled: Run) -> None:
    for arguments in (
        ("patient", "change", "1"),
        ("patient", "change", "1", "delay:cycle=2,days=7", "--undo"),
        ("patient", "change", "1", "postpone:days=7"),
        ("patient", "change", "1", "switch:to=nothing,from=2030-01-01"),
        ("patient", "travel", "1", "Asia/Tokyo"),
    ):
        assert enrolled(*arguments, status=2).count("\n") >= 1


def test_nobody_and_no_plan_are_told_plainly(enrolled: Run) -> None:
    assert "no patient 9" in enrolled("patient", "change", "9", "stop:on=2030-01-01", status=1)
    assert "no plan 9" in enrolled("patient", "change", "1", "stop:on=2030-01-01", "--plan", "9", status=1)


def test_a_second_plan_has_to_be_named_from_then_on(enrolled: Run) -> None:
    enrolled("clinic", "approve", "Riverside", "--by", "Dr A. Person", "--regimen", "len_mm")
    assert "has plan 2" in enrolled("patient", "plan-add", "1", "--regimen", "len_mm", "--start", START.isoformat())

    change = ("patient", "change", "1", "delay:cycle=2,days=7")
    assert "name one with --plan" in enrolled(*change, status=1)
    enrolled(*change, "--plan", "2")
    again = ("patient", "plan-add", "1", "--regimen", "len_mm", "--start", START.isoformat())
    assert "already" in enrolled(*again, status=1)


def test_times_marks_and_journeys_are_entered(enrolled: Run) -> None:
    visit = ("patient", "visit-time", "1", SECOND.isoformat())
    assert "is at 14:00" in enrolled(*visit, "14:00")
    assert "is at 09:30, as the other visits of the plan." in enrolled(*visit)
    assert "has no visit on" in enrolled("patient", "visit-time", "1", "2030-01-01", "14:00", status=1)
    assert "only then" in enrolled("patient", "mark", "1", SECOND.isoformat(), "given", status=1)
    away = ("patient", "travel", "1", "Asia/Tokyo", "--from", START.isoformat(), "--until", SECOND.isoformat())
    assert "in Asia/Tokyo" in enrolled(*away)
    assert "at home" in enrolled("patient", "travel", "1")


def test_a_visit_of_a_plan_without_a_time_has_none(clinic: Run) -> None:
    clinic(
        *("patient", "add", "+12025550158", "--name", "B. Patient", "--regimen", "pembro_q3w"),
        *("--start", START.isoformat(), "--consent", "signed form"),
    )
    assert f"The visit on {SECOND} has no time." in clinic("patient", "visit-time", "1", SECOND.isoformat())


def test_a_closed_day_moves_who_has_a_visit_then_and_tells_who_cannot(
    enrolled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(
        *("patient", "add", "+12025550158", "--name", "B. Patient", "--regimen", "pembro_q3w"),
        *("--start", START.isoformat(), "--consent", "signed form"),
    )
    later = SECOND + timedelta(days=1)
    close = ("clinic", "close-day", "Riverside", SECOND.isoformat(), "--to", later.isoformat())

    previews = enrolled.rows(*close, "--preview")
    assert [preview["patient"] for preview in previews] == [1, 2]
    assert enrolled(*close).startswith(f"The scheduler moves the visits of {SECOND}: job 1.")
    with scheduler_at_work(monkeypatch):
        told = enrolled(*close, "--wait", status=1)
        assert "2 visits stay" in told
        assert "move with --override" in told
        reasons = [row["why_not"] for row in enrolled.rows_of(1, *close, "--wait")]
        assert ["at least 21 are needed" in str(reason) for reason in reasons] == [True, True]
        assert "2 visits moved, 0 stayed." in enrolled(*close, "--wait", "--override", "Dr. Quinn: closed")
        assert enrolled.rows(*close, "--wait") == []
        assert enrolled.rows(*close) == [{"job": 6}]
    changes = [row for number in "12" for row in enrolled.rows("patient", "show", number) if "change" in row]
    assert [(row["override_by"], row["override_reason"]) for row in changes] == [("Dr. Quinn", "closed")] * 2


def test_a_closure_is_decided_on_knowing_which_interval_gets_short(enrolled: Run) -> None:
    later = SECOND + timedelta(days=1)
    close = ("clinic", "close-day", "Riverside", SECOND.isoformat(), "--to", later.isoformat())
    third = SECOND + timedelta(days=21)
    short = f"{third}: pembrolizumab: 20 days after the dose before, and at least 21 are needed."

    shown = enrolled(*close, "--preview")
    assert f"Too soon: {short} (--override can allow it)" in shown
    assert f"Visits of {SECOND}: 0 move; 1 stay, since another treatment is too near" in shown

    shown = enrolled(*close, "--preview", "--override", "Dr. Quinn: closed")
    assert f"Too soon, and Dr. Quinn answers for it: {short}" in shown
    assert "0 move; 1 move though another treatment is too near, and Dr. Quinn answers for it; 0 cannot" in shown
    assert "NAME" not in enrolled(*close, "--override", "nobody", status=2)


def test_a_closure_tells_in_the_preview_whom_nothing_can_move_and_that_there_is_nobody(enrolled: Run) -> None:
    close = ("clinic", "close-day", "Riverside", SECOND.isoformat(), "--preview")
    third = SECOND + timedelta(days=21)

    shown = enrolled(*close, "--to", third.isoformat(), "--override", "Dr. Quinn: closed")
    assert "Not possible: The change cannot be made: " in shown
    assert "1 cannot move." in shown
    nobody = SECOND + timedelta(days=1)
    other = ("clinic", "close-day", "Riverside", nobody.isoformat(), "--to", third.isoformat(), "--preview")
    assert f"No plan has a visit on {nobody}." in enrolled(*other)
    assert enrolled.rows(*other) == []


def test_a_closure_needs_another_day(enrolled: Run) -> None:
    close = ("clinic", "close-day", "Riverside", SECOND.isoformat(), "--to", SECOND.isoformat())
    for more in ((), ("--preview",), ("--override", "Dr. Quinn: closed")):
        assert f"cannot move from {SECOND} to the same day" in enrolled(*close, *more, status=2)
    same = ("patient", "change", "1", f"move:date={SECOND},to={SECOND}")
    assert f"cannot move from {SECOND} to the same day" in enrolled(*same, status=1)
    assert [row for row in enrolled.rows("patient", "show", "1") if "change" in row] == []


@contextmanager
def scheduler_at_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody does the long work that commands ask for."""
    monkeypatch.setattr("bot.cli.changes._LOOK", 0.01)
    services, over = open_services(), Event()

    def work() -> None:
        while not over.is_set():
            now, lease = services.database.now(), timedelta(minutes=2)
            if long_work.work_slice(services.database, services.library, now, "one", lease, demo=False) == 0:
                over.wait(0.01)

    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work)
        try:
            yield
        finally:
            over.set()
        working.result()
    services.database.close()
