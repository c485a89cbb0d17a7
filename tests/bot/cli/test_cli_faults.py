"""Who enrols on the command line hears of all that is wrong at once, one sentence a line."""

from datetime import UTC, datetime, timedelta

from tests.bot.cli.commands import NUMBER, Run

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
RIGHT = {"name": "A. Patient", "regimen": "pembro_q3w", "start": TOMORROW, "consent": "signed form"}


def told(run: Run, phone: str, status: int, **changed: str) -> list[str]:
    options = (f"--{name.replace('_', '-')}={value}" for name, value in (RIGHT | changed).items())
    return run("patient", "add", phone, *options, status=status).splitlines()


def begin_as(lines: list[str], *beginnings: str) -> bool:
    return len(lines) == len(beginnings) and all(map(str.startswith, lines, beginnings))


def test_all_that_cannot_be_read_is_told_at_once(clinic: Run) -> None:
    lines = told(clinic, NUMBER, 2, start="soon", time="9", timezone="Mars/Base", cycle="0")
    assert begin_as(
        lines,
        "Invalid value for '--start': soon is not a date: write it as 2026-05-04.",
        "Invalid value for '--time': 9 is not a time of day",
        "Invalid value for '--timezone': There is no time zone called Mars/Base",
        "Invalid value for '--cycle': 0 is not in the range",
    )


def test_all_that_is_missing_is_told_at_once(clinic: Run) -> None:
    lines = clinic("patient", "add", "--start", "soon", status=2).splitlines()
    missing = [line for line in lines if line.startswith("Missing ")]
    assert [line.split("'")[1] for line in missing] == ["PHONE", "--name", "--regimen", "--consent"]
    assert [line for line in lines if line not in missing] == [
        "Invalid value for '--start': soon is not a date: write it as 2026-05-04."
    ]


def test_what_click_finds_without_reading_a_value_is_still_one_sentence(clinic: Run) -> None:
    assert begin_as(told(clinic, NUMBER, 2, nonsense="1"), "No such option")
    assert begin_as(clinic("patient", "add", "1", "2", "3", status=2).splitlines(), *["Missing option"] * 4)
    assert "PHONE" in clinic("patient", "add", "--help")


def test_all_that_keeps_somebody_from_being_enrolled_is_told_at_once(clinic: Run) -> None:
    wrong = {"name": " ", "consent": " ", "language": "fr", "start": "2016-05-04", "window_from": "09:00"}
    assert begin_as(
        told(clinic, "+12025550", 2, **wrong),
        "Write the patient's name",
        "Say how the patient agreed",
        "Riverside does not text in this language.",
        "Give the hours for texts",
        "The first day is too far off",
        "The number is too short",
    )
    assert clinic.rows("patient", "list") == []


def test_what_stands_in_the_way_is_refused_and_is_no_wrong_usage(clinic: Run) -> None:
    lines = told(clinic, "+12025550", 1, regimen="nivo_q2w", cycle="12")
    assert begin_as(lines, "Riverside has signed off no version of nivo_q2w", "The number is too short")


def test_another_regimens_cycles_are_not_held_against_one_that_nobody_knows(clinic: Run) -> None:
    clinic("clinic", "approve", "Riverside", "--by", "Dr A. Person", "--regimen", "cemi_adj")
    assert begin_as(told(clinic, NUMBER, 1, regimen="nothing", cycle="400"), "There is no regimen", "A clinic here")


def test_a_number_and_a_code_that_others_have_are_told_together(clinic: Run) -> None:
    told(clinic, "+12025550157", 0, code="A1")
    told(clinic, "+12025550158", 0, code="B2")
    assert begin_as(
        told(clinic, "+12025550157", 1, code="B2"),
        "This number belongs to a patient who is enrolled already",
        "Another patient of this clinic has this code",
    )


def test_a_plan_that_is_over_is_found_when_nothing_else_is_wrong(clinic: Run) -> None:
    clinic("clinic", "approve", "Riverside", "--by", "Dr A. Person", "--regimen", "cemi_adj")
    long_ago = (datetime.now(UTC) - timedelta(days=5 * 360)).date().isoformat()
    over = {"regimen": "cemi_adj", "start": long_ago}
    assert begin_as(told(clinic, "+12025550157", 2, **over), "Nothing of this plan is left to remind of")
    assert begin_as(told(clinic, "+12025550", 2, **over, name=" "), "Write the patient's name", "The number is")
