"""Several reminders in one text, and which texts are left out where somebody would get too many."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.plan.calendar import Calendar
from scheduler.plan.gathering import DAILY, MADE_ROOM, WEEKLY, Gathered, Limits, gather, left_out
from scheduler.plan.reminders import Reminder, upcoming
from tests.scheduler.plan.made import CAPSULES, FILES, START, give, phase, regimen

DAY = timedelta(days=1)
TEN = datetime.combine(START, time(10), UTC)
RANKED = ["visit_tomorrow", "pill_today", "off_first", "between"]


def reminder(rule: str, day: int = 0, at: int = 10, event: str = "e", about: int = 1, **args: str) -> Reminder:
    """Due so many days after START at an hour (UTC), about a day so many days later."""
    due = TEN.replace(hour=at) + day * DAY
    event_date = START + (day + about) * DAY
    suffix = "" if not rule.startswith("visit") or "time" in args else "_untimed"
    told = {"date": event_date.isoformat(), **({"item": "pills"} if rule == "pill_today" else {}), **args}
    return Reminder(
        event, event_date, rule, rule + suffix, told, due.date(), due.time(), due, due + timedelta(hours=6), 2
    )


def one(*found: tuple[int, Reminder]) -> Gathered:
    (text,) = gather(found)
    return text


@pytest.mark.parametrize("rule", ["visit_before", "visit_tomorrow", "visit_today"])
@pytest.mark.parametrize(
    ("times", "suffix", "said"),
    [
        (["09:00", "10:30"], "", "09:00,10:30"),
        (["10:30", "09:00", None], "_partly", "09:00,10:30"),
        (["10:30", None], "_partly", "10:30"),
        ([None, None], "_untimed", None),
    ],
)
def test_the_visits_of_a_day_are_one_text(rule: str, times: list[str | None], suffix: str, said: str | None) -> None:
    found = [reminder(rule, time=at) if at else reminder(rule) for at in times]
    text = one(*((1, each._replace(event=f"e{number}")) for number, each in enumerate(found)))
    assert text.reminder.template == rule.replace("visit", "visits") + suffix
    assert text.reminder.args.get("times") == said
    assert len(text.tells) == len(times)


def test_two_plans_may_tell_of_the_same_visit() -> None:
    for told in (reminder("visit_today"), reminder("visit_today", time="10:30")):
        text = one((1, told), (2, told._replace(event="f")))
        assert text.reminder == told
        assert [plan for plan, _ in text.tells] == [1, 2]


def test_visits_of_two_plans_at_different_times_are_one_text() -> None:
    text = one((1, reminder("visit_today", time="10:30")), (2, reminder("visit_today", event="f", time="14:00")))
    assert (text.reminder.template, text.reminder.args["times"]) == ("visits_today", "10:30,14:00")


def test_visits_that_are_told_at_different_hours_of_a_day_are_told_with_the_first() -> None:
    early, late = reminder("visit_before", at=9, time="10:30"), reminder("visit_before", at=11, event="f", time="14:00")
    text = one((2, late), (1, early))
    assert (text.reminder.due_at, text.reminder.expires_at) == (early.due_at, early.expires_at)


def test_visits_of_different_kinds_at_one_time_are_a_visit() -> None:
    bladder = reminder("visit_tomorrow", time="10:30")._replace(template="bladder_tomorrow")
    text = one((1, bladder), (1, reminder("visit_tomorrow", event="f", time="10:30")))
    assert text.reminder.template == "visit_tomorrow"
    assert one((1, bladder)).reminder.template == "bladder_tomorrow"


def test_the_clock_of_the_clinic_is_told_where_any_visit_needs_it() -> None:
    one_of_them = reminder("visit_today", time="10:30", clock="clinic")
    text = one((1, one_of_them), (1, reminder("visit_today", event="f", time="14:00", clock="clinic")))
    assert text.reminder.args["clock"] == "clinic"


def test_a_blood_test_and_the_visit_of_its_day_are_one_text() -> None:
    made = regimen(
        phase("p", "21 days"),
        paired=[{"name": "blood test", "of": "drug", "days": [0]}],
        reminders={"visit_before": {"at": "10:00"}, "visit_tomorrow": {"at": "16:00"}},
    )
    found = list(
        upcoming(
            Calendar(made, START),
            timezone="America/New_York",
            window_from=time(9),
            window_until=time(20),
            visit_time=time(10, 30),
            after=TEN - 30 * DAY,
            until=TEN,
        )
    )
    texts = gather((1, each) for each in found)
    assert len(found) == 4
    assert [text.reminder.template for text in texts] == ["visits_before_partly", "visits_tomorrow_partly"]


def test_capsules_and_pills_at_one_moment_are_one_text() -> None:
    capsules, pills = reminder("pill_today", item="capsules"), reminder("pill_today", event="f", item="pills")
    assert one((1, capsules), (2, capsules)).reminder.template == "pill_today"
    text = one((1, capsules), (2, pills))
    assert (text.reminder.template, text.reminder.args) == ("pills_today", {"item": "capsules", "other": "pills"})
    three = one((1, capsules), (2, pills), (3, reminder("pill_today", item="injections")))
    assert (three.reminder.template, three.reminder.args) == ("pill_today", {"item": "treatment"})


def test_what_is_told_of_other_days_or_by_other_rules_stays_apart() -> None:
    found = [
        reminder("visit_before"),
        reminder("visit_before", about=2),
        reminder("visit_today", about=1),
        reminder("between"),
        reminder("pill_today", item="pills"),
        reminder("pill_today", at=19, item="pills"),
    ]
    assert len(gather((1, each) for each in found)) == len(found)


def _week(*rules: str) -> list[Gathered]:
    """One text a day by these rules."""
    return gather((1, reminder(rule, day, about=30)) for day, rule in enumerate(rules))


def test_a_full_day_takes_no_more() -> None:
    texts = gather((1, reminder("between", at=hour, about=hour)) for hour in range(9, 14))
    assert left_out(texts, {}, Limits(3, 20)) == [None, None, None, DAILY, DAILY]


def test_a_full_week_takes_no_more_until_its_first_day_is_seven_days_ago() -> None:
    assert left_out(_week(*["pill_today"] * 9), {}, Limits(1, 5)) == [None] * 5 + [WEEKLY] * 2 + [None] * 2


def test_what_went_out_before_counts() -> None:
    before = {START.toordinal() - back: 1 for back in range(1, 7)}
    assert left_out(_week(*["pill_today"] * 3), before, Limits(3, 6)) == [WEEKLY, None, None]


def test_a_visit_of_the_coming_days_has_its_place_kept() -> None:
    rules = ["pill_today"] * 5 + ["visit_tomorrow"]
    assert left_out(_week(*rules), {}, Limits(3, 3)) == [None, None, MADE_ROOM, MADE_ROOM, MADE_ROOM, None]


def test_a_visit_later_on_the_day_has_its_place_kept() -> None:
    texts = gather([(1, reminder("pill_today", at=9, item="pills")), (1, reminder("visit_tomorrow", at=16))])
    assert left_out(texts, {}, Limits(1, 7)) == [MADE_ROOM, None]


texts_of_days = st.lists(
    st.tuples(st.integers(0, 20), st.integers(8, 20), st.sampled_from(RANKED)), max_size=60, unique=True
).map(lambda rows: gather((n, reminder(rule, day, at, about=n + 40)) for n, (day, at, rule) in enumerate(rows)))
limits = st.builds(Limits, st.integers(1, 4), st.integers(1, 8))


def _kept(texts: list[Gathered], reasons: list[str | None]) -> list[Gathered]:
    return [text for text, reason in zip(texts, reasons, strict=True) if reason is None]


@given(texts_of_days, limits)
def test_no_limit_is_ever_passed(texts: list[Gathered], most: Limits) -> None:
    a_day = Counter(text.day for text in _kept(texts, left_out(texts, {}, most)))
    assert max(a_day.values(), default=0) <= most.per_day
    for day in list(a_day):
        assert sum(a_day[day + later] for later in range(7)) <= most.per_week


@given(texts_of_days, limits)
def test_a_visit_is_left_out_only_where_visits_alone_fill_the_day_or_the_week(
    texts: list[Gathered], most: Limits
) -> None:
    reasons = left_out(texts, {}, most)
    visits = Counter(text.day for text in _kept(texts, reasons) if text.reminder.rule == "visit_tomorrow")
    for text, reason in zip(texts, reasons, strict=True):
        if reason is not None and text.reminder.rule == "visit_tomorrow":
            weeks = [sum(visits[text.day - back + later] for later in range(7)) for back in range(7)]
            assert visits[text.day] == most.per_day or max(weeks) == most.per_week


@given(texts_of_days, limits, st.integers(0, 20))
def test_deciding_step_by_step_leaves_out_the_same(texts: list[Gathered], most: Limits, day: int) -> None:
    """As planning does: up to a day with six days of what comes, and from there on with what went out."""
    whole = left_out(texts, {}, most)
    cut = START.toordinal() + day
    first = [text for text in texts if text.day < cut]
    seen = [text for text in texts if text.day < cut + 6]
    early = left_out(seen, {}, most)[: len(first)]
    told = Counter(text.day for text in _kept(first, early))
    assert early + left_out(texts[len(first) :], told, most) == whole


def test_every_reminder_is_in_one_text_and_texts_are_in_due_order() -> None:
    made = regimen(
        phase("p", "7 days", give("drug"), give("capsule", "1-5")),
        items={"capsule": CAPSULES},
        reminders={"visit_tomorrow": {"at": "16:00"}, "pill_today": {"at": "09:00"}, "off_first": {"at": "10:00"}},
    )
    found = []
    for plan_id, each in ((1, made), (2, FILES["pembro_q3w"])):
        of_plan = upcoming(
            Calendar(each, START),
            timezone="Europe/Madrid",
            window_from=time(9),
            window_until=time(20),
            visit_time=time(11),
            after=TEN,
            until=TEN + 100 * DAY,
        )
        found += [(plan_id, told) for told in of_plan]
    texts = gather(found)
    assert Counter(each for text in texts for each in _names(text)) == Counter(map(_name, found))
    assert all(early.reminder.due_at <= late.reminder.due_at for early, late in pairwise(texts))


def _names(text: Gathered) -> list[Any]:
    return [_name(each) for each in text.tells]


def _name(told: tuple[int, Reminder]) -> tuple[int, str, str, date]:
    plan_id, each = told
    return plan_id, each.event, each.rule, each.event_date
