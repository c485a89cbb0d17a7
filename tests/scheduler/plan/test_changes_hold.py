"""What is so after any changes whatever, and that a naive course changed by hand agrees."""

from datetime import date
from itertools import islice, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from content.library import load
from content.regimens import Regimen
from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.changes import Change, ChangeError, change_from_json, change_to_json
from tests.scheduler.plan import naive
from tests.scheduler.plan.changed import DAY, change
from tests.scheduler.plan.made import give, phase, regimen, regimens, starts

SWITCHED_TO = ["pembro_q3w", "bcg_swog", "imiq_bcc", "len_mm"]


def changed(data: st.DataObject, made: Regimen, start: date) -> list[Change]:
    """Some changes that this plan takes, on its own days."""
    taken: list[Change] = []
    for _ in range(data.draw(st.integers(0, 5))):
        calendar = Calendar(made, start, changes=taken)
        given = [
            event.date for event in islice(calendar.events(last=start + 300 * DAY), 200) if event.kind is Kind.TREATMENT
        ]
        day = data.draw(st.sampled_from(given)) if given else start
        other = day + data.draw(st.integers(-5, 40)) * DAY
        text = data.draw(
            st.sampled_from(
                [
                    f"delay:cycle={data.draw(st.integers(1, 6))},days={data.draw(st.integers(1, 20))}",
                    f"delay:cycle={data.draw(st.integers(1, 6))},days={data.draw(st.integers(1, 6))},policy=keepgrid",
                    f"hold:from={other}",
                    f"resume:on={other},cycle=new",
                    f"resume:on={other},cycle=same",
                    f"skip:date={day},counts={data.draw(st.sampled_from(['yes', 'no']))}",
                    f"move:date={day},to={other}",
                    f"close:date={day},to={other}",
                    f"switch:to={data.draw(st.sampled_from(SWITCHED_TO))},from={other}",
                    f"stop:on={other}",
                ]
            )
        )
        try:
            Calendar(made, start, changes=[*taken, change(text)])
        except ChangeError:
            continue
        taken.append(change(text))
    return taken


@given(regimens(), starts, st.data())
@settings(max_examples=80)
def test_after_any_changes_dates_ascend_names_stay_unique_and_what_is_too_close_is_flagged(
    made: Regimen, start: date, data: st.DataObject
) -> None:
    taken = changed(data, made, start)
    calendar = Calendar(made, start, changes=taken)
    events = list(calendar.events(last=start + 700 * DAY))
    assert all(one.date <= other.date for one, other in pairwise(events))
    assert len({event.name for event in events}) == len(events)
    given = [event for event in events if event.kind is Kind.TREATMENT]
    assert all(one.date < other.date for one, other in pairwise(given))
    if not taken:
        assert not any(event.warnings for event in given)
    again = Calendar(made, start, changes=[change_from_json(change_to_json(each)) for each in taken])
    assert list(again.events(last=start + 700 * DAY)) == events


@given(regimens(), starts, st.data(), st.integers(-30, 600))
@settings(max_examples=50)
def test_after_any_changes_a_range_is_the_sum_of_its_parts(
    made: Regimen, start: date, data: st.DataObject, cut: int
) -> None:
    calendar = Calendar(made, start, changes=changed(data, made, start))
    a, b, c = start - 30 * DAY, start + cut * DAY, start + 600 * DAY
    assert list(calendar.events(a, c)) == [*calendar.events(a, b), *calendar.events(b + DAY, c)]


@given(st.integers(1, 40), st.data(), starts)
@settings(max_examples=150)
def test_a_naive_course_changed_by_hand_agrees(length: int, data: st.DataObject, start: date) -> None:
    chosen = st.sets(st.integers(1, length), min_size=1, max_size=5)
    text = ", ".join(str(day) for day in sorted(data.draw(chosen)))
    made = regimen(phase("p", f"{length} days", give("drug", text), give("once", "1", in_cycles="1")))
    course = naive.Course(made, start, start + 900 * DAY)
    taken: list[Change] = []
    for _ in range(data.draw(st.integers(1, 5))):
        cycle, number = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 30))
        kinds = (
            ["delay", "alone", "skip", "move"] if course.alone else ["delay", "alone", "skip", "move", "new", "same"]
        )
        day = data.draw(st.sampled_from(course.rows[:40])).date
        other = day + data.draw(st.integers(-3, 25)) * DAY
        kind = data.draw(st.sampled_from(kinds))
        texts = {
            "delay": [f"delay:cycle={cycle},days={number}"],
            "alone": [f"delay:cycle={cycle},days={number},policy=keepgrid"],
            "new": [f"hold:from={day}", f"resume:on={other},cycle=new"],
            "same": [f"hold:from={day}", f"resume:on={other},cycle=same"],
            "skip": [f"skip:date={day},counts=no"],
            "move": [f"move:date={day},to={other}"],
        }[kind]
        attempt = [*taken, *(change(each) for each in texts)]
        try:
            Calendar(made, start, changes=attempt)
        except ChangeError:
            continue
        taken = attempt
        if kind == "delay":
            course.delay(cycle, number)
        elif kind == "alone":
            course.delay_alone(cycle, number)
        elif kind == "skip":
            course.skip(day)
        elif kind == "move":
            course.move(day, other)
        else:
            course.pause(day, other, is_new=kind == "new")
    calendar = Calendar(made, start, changes=taken)
    last = start + 200 * DAY
    rows = [
        (e.date, e.cycle, e.day, frozenset(e.items)) for e in calendar.events(last=last) if e.kind is Kind.TREATMENT
    ]
    expected = sorted((row.date, row.cycle, row.day, row.items) for row in course.rows if row.date <= last)
    assert rows == expected


def test_a_gap_that_goes_on_after_a_hold_is_there_from_whichever_day_one_looks() -> None:
    changes = [change("hold:from=2026-01-04"), change("resume:on=2026-01-06,cycle=same")]
    calendar = Calendar(load().regimens["nivo_ipi_mel"], date(2026, 1, 3), 1, changes)
    goes_on = next(event for event in calendar.events() if event.date == date(2026, 1, 6))
    assert goes_on.kind is Kind.BETWEEN
    assert next(calendar.events(date(2026, 1, 6))) == goes_on
