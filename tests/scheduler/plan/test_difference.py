"""What a change shows: the events and the texts that appear, move and disappear."""

from datetime import UTC, date, datetime, time
from typing import Any

from scheduler.plan import difference
from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.reminders import upcoming
from tests.scheduler.plan.changed import planned
from tests.scheduler.plan.made import START


def test_a_change_shows_what_appears_moves_and_disappears() -> None:
    before, after = (
        planned("nivo_ipi_mel"),
        planned("nivo_ipi_mel", "skip:date=2026-02-16", "move:date=2026-03-09,to=2026-03-10"),
    )
    shown = difference.events(before, after, START, date(2026, 4, 14))
    given = [event for event in shown.disappears if event.kind is Kind.TREATMENT]
    assert [event.name for event in given] == ["induction/c3/d1/visit"]
    assert [event.name for event in shown.appears if event.kind is Kind.TREATMENT] == ["induction/c5/d1/visit"]
    moved = [(old.date.isoformat(), new.date.isoformat()) for old, new in shown.moves if old.kind is Kind.TREATMENT]
    assert moved == [("2026-03-09", "2026-03-10"), ("2026-03-30", "2026-04-20"), ("2026-04-13", "2026-05-04")]
    assert not difference.events(before, before, START, date(2027, 1, 1))


def test_a_change_shows_the_texts_that_move() -> None:
    settings: dict[str, Any] = {"timezone": "UTC", "window_from": time(9), "window_until": time(20), "visit_time": None}

    def texts(calendar: Calendar, after: datetime, until: datetime) -> Any:
        return upcoming(calendar, after=after, until=until, **settings)

    shown = difference.reminders(
        planned("pembro_q3w"),
        planned("pembro_q3w", "hold:from=2026-02-01"),
        datetime(2026, 1, 20, tzinfo=UTC),
        datetime(2026, 2, 20, tzinfo=UTC),
        texts,
    )
    assert [(each.rule, each.event_date.isoformat()) for each in shown.disappears] == [
        ("between", "2026-01-27"),
        ("visit_before", "2026-02-16"),
        ("visit_tomorrow", "2026-02-16"),
        ("visit_today", "2026-02-16"),
    ]
    assert not shown.moves
