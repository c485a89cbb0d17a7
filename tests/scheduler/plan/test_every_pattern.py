"""One row for each pattern of published schedules, P1 to P28: a regimen that has it, what is changed, and its dates.

docs/regimens.md maps the patterns to what expresses them and to the tests that look closer.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, Event, Kind
from scheduler.plan.changes import parse_change
from scheduler.plan.clinic_days import ClinicDays, Snap
from scheduler.plan.gathering import MADE_ROOM, Limits, gather, left_out
from scheduler.plan.reminders import Reminder, upcoming
from tests.scheduler.plan.made import CAPSULES, FILES, START, Definition, give, phase, regimen

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "regimens.md").read_text("utf-8")


class Row(NamedTuple):
    """``dates``: of the first events of a kind, as 01-26 or 2027-01-05 where the year is another."""

    pattern: str
    regimen: str | Regimen
    dates: str
    changes: tuple[str, ...] = ()
    kind: Kind = Kind.TREATMENT
    start: date = START
    start_cycle: int = 1
    clinic_days: ClinicDays | None = None


def mondays(snap: Snap) -> ClinicDays:
    return ClinicDays.of([0], snap=snap)


def two_phases(**more: object) -> Regimen:
    return regimen(phase("one", "21 days", cycles=2), phase("two", "14 days", **more))


BY_THE_MONTH = regimen(phase("p", "2 months"))

ROWS = [
    Row("P1", "pembro_q3w", "01-05 01-26 02-16 03-09"),
    Row("P2", "il2", "01-05 01-06 01-07 01-08 01-09 01-19 01-20 01-21 01-22 01-23"),
    Row("P2", "len_mm", "01-26 02-23", kind=Kind.REST),
    Row("P3", "imiq_ak", "01-05 01-08 01-12 01-15"),
    Row("P4", "nadofaragene", "08-31 11-30 2027-02-28 2027-05-31", start=date(2026, 8, 31)),
    Row("P5", "bcg_swog", "01-05 01-12 01-19 01-26 02-02 02-09 04-05 04-12 04-19 07-05"),
    Row("P6", "dostar_mono", "01-05 01-26 02-16 03-09 03-30 05-11"),
    Row("P7", "nivo_periop", "01-05 01-26 02-16 03-09 05-04 06-01", ("enter:phase=adjuvant,on=2026-05-04",)),
    Row("P7", "nivo_periop", "03-10", kind=Kind.WAITING),
    Row("P8", "tvec", "01-05 01-26 02-09 02-23"),
    Row("P9", "nivo_ipi_nsclc", "01-05 01-26 02-16 03-09"),
    Row("P10", "stride", "01-05 02-02 03-02"),
    Row("P11", "poseidon", "01-05 01-26 02-16 03-09 03-30 04-27 05-25"),
    Row("P12", "cemi_adj", "01-05 01-26 02-16 03-09 03-30 05-11 06-22 08-03 09-14 10-26"),
    Row("P13", "imiq_bcc", "01-06 01-07 01-08 01-09 01-10 01-13", kind=Kind.LINKED),
    Row("P14", "avelumab", "01-05 01-19 02-02"),
    Row("P15", "imiq_3x", "01-05 01-07 01-09 01-12"),
    Row("P16", "pembro_q3w", "01-05 01-26 02-16 03-30", ("switch:to=pembro_q6w,from=2026-02-16",)),
    Row("P17", BY_THE_MONTH, "01-05 03-09 05-11 07-06 09-07 11-09", clinic_days=mondays(Snap.ON_OR_AFTER)),
    Row("P17", BY_THE_MONTH, "01-05 03-02 05-04 07-06 09-07 11-02", clinic_days=mondays(Snap.NEAREST)),
    Row("P17", BY_THE_MONTH, "01-05 03-05 05-05 07-05 09-05 11-05", clinic_days=mondays(Snap.NONE)),
    Row("P18", "n803_bcg", "01-05 01-12 01-19 01-26 02-02 02-09 04-05", ("branch:id=second_induction,take=yes",)),
    Row(
        "P19",
        two_phases(waits_for="a date", minimum_wait="7 weeks"),
        "01-05 01-26 03-23",
        ("enter:phase=two,on=2026-03-23",),
    ),
    Row("P20", "pembro_q3w", "01-05 01-26 02-23 03-16", ("delay:cycle=3,days=7",)),
    Row("P20", "pembro_q3w", "01-05 01-26 03-16 04-06", ("hold:from=2026-02-01", "resume:on=2026-03-16")),
    Row("P20", "pembro_q3w", "01-05 02-16 03-09", ("skip:date=2026-01-26",)),
    Row("P20", "pembro_q3w", "01-05 01-26", ("stop:on=2026-02-01",)),
    Row("P21", "sipt", "01-05 01-19 02-02", kind=Kind.PAIRED, start=date(2026, 1, 8)),
    Row("P22", "cart", "02-21", ("enter:phase=conditioning,on=2026-02-16",), kind=Kind.LINKED),
    Row("P23", two_phases(first_gap="21 days", cycles=1), "01-05 02-16 03-09", ("skip:date=2026-01-26",)),
    Row("P23", two_phases(first_gap="21 days", cycles=1), "01-05 02-16", ("skip:date=2026-01-26,counts=yes",)),
    Row("P28", "pembro_q3w", "01-12 02-02", start=date(2026, 1, 12), start_cycle=4),
]


def events(row: Row) -> list[Event]:
    made = FILES[row.regimen] if isinstance(row.regimen, str) else row.regimen
    changes = [parse_change(text, FILES.__getitem__) for text in row.changes]
    calendar = Calendar(made, row.start, row.start_cycle, changes, row.clinic_days)
    found = (event for event in calendar.events(last=row.start + timedelta(days=500)) if event.kind is row.kind)
    return list(islice(found, len(row.dates.split())))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.pattern}-{number}" for number, row in enumerate(ROWS)])
def test_a_pattern_has_its_dates(row: Row) -> None:
    wished = [text if len(text) > 5 else f"2026-{text}" for text in row.dates.split()]
    assert [event.date.isoformat() for event in events(row)] == wished


def told(made: Regimen, until: int = 30, zone: str = "America/New_York") -> list[Reminder]:
    begin = datetime.combine(START, time(), UTC)
    return list(
        upcoming(
            Calendar(made, START),
            timezone=zone,
            window_from=time(9),
            window_until=time(20),
            visit_time=None,
            after=begin - timedelta(days=10),
            until=begin + timedelta(days=until),
        )
    )


VISITS: Definition = {"visit_tomorrow": {"at": "16:00"}}


def test_p13_twice_a_day_and_the_next_morning() -> None:
    twice = regimen(
        phase("p", "1 day", give("pill")), items={"pill": CAPSULES}, reminders={"pill_today": {"at": "09:00, 19:30"}}
    )
    assert [(each.rule, each.local_time) for each in told(twice, 2)][:2] == [
        ("pill_today", time(9)),
        ("pill_today/2", time(19, 30)),
    ]
    washed = [each.event_date for each in told(FILES["imiq_bcc"], 4) if each.rule == "cream_washoff"]
    assert washed == [date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8)]


def test_p24_the_wall_time_is_the_same_in_every_zone_and_season() -> None:
    for zone in ("America/New_York", "Australia/Lord_Howe", "Europe/Madrid"):
        times = {each.local_time for each in told(FILES["pembro_q3w"], 300, zone) if each.rule == "visit_before"}
        assert times == {time(10)}


def test_p26_two_plans_share_one_limit_and_the_visit_stays() -> None:
    pills = regimen(
        phase("p", "1 day", give("pill")), items={"pill": CAPSULES}, reminders={"pill_today": {"at": "09:00"}}
    )
    visits = regimen(phase("p", "7 days"), reminders=VISITS)
    texts = gather([*((1, each) for each in told(pills, 7)), *((2, each) for each in told(visits, 7))])
    reasons = left_out(texts, {}, Limits(3, 5))
    assert [reason for text, reason in zip(texts, reasons, strict=True) if text.reminder.rule == "visit_tomorrow"] == [
        None,
        None,
    ]
    assert MADE_ROOM in reasons


def test_p27_a_drip_a_scan_and_a_blood_test_of_one_day_are_one_text() -> None:
    made = regimen(
        phase("p", "21 days", give("drip"), give("scan")),
        paired=[{"name": "blood test", "of": "drip", "days": [0]}],
        reminders=VISITS,
    )
    texts = gather((1, each) for each in told(made, 10))
    assert [text.reminder.template for text in texts] == ["visits_tomorrow_untimed"]


def test_every_pattern_stands_on_the_page_with_tests_that_are_there() -> None:
    rows = dict(re.findall(r"^\| (P\d+) .*\| ([^|]*) \|$", DOCUMENT, re.MULTILINE))
    assert sorted(rows, key=lambda name: int(name[1:])) == [f"P{number}" for number in range(1, 29)]
    for pattern, where in rows.items():
        files = re.findall(r"`([a-z_/]+\.py)`", where)
        assert files, pattern
        for name in files:
            assert (ROOT / name).is_file(), f"{pattern}: {name}"
