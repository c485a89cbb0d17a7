"""Each gate by itself, and the order they stand in. No database: a gate is a function of what it is given."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.delivery.gates import GATES, REASONS, Blocked, Case, Decision, Wait, judge
from scheduler.delivery.ways import NoWay, Way, find
from scheduler.plan.local_time import to_local
from store.clinics import Clinic, ClinicEntry, Sender, SignedRegimen
from store.messages import State
from store.outbox import CoverNow, TextToSend
from store.sent_before import SentBefore
from tests.scheduler.world import NEW_YORK, at

NOON = at(2026, 1, 5, 12)
SIGNED = SignedRegimen(1, "pembro_q3w", 1, "d", "Dr. Quinn", NOON)
SENDER = Sender(1, 1, "+12025550100", "number", "us", None, None)
CLINIC = Clinic(
    id=1,
    name="Riverside",
    program="Riverside Care",
    timezone=NEW_YORK,
    country="us",
    languages=("en",),
    default_language="en",
    phone_line="202-555-0100",
    consent_version=1,
    window_from=time(9),
    window_until=time(20),
    join_code=None,
    max_texts_per_week=7,
    content_signed_by="Dr. Quinn",
    content_signed_at=NOON,
    content_version="v",
    demo=False,
    version=1,
    consent_texts={"en": "yes"},
)
ENTRY = ClinicEntry(CLINIC, (SENDER,), (SIGNED,))
COVER = CoverNow(1, "treatment/c1/d1/visit", "visit_today", date(2026, 1, 5), "active", "planned", date(2026, 1, 5))
TEXT = TextToSend(
    id=1,
    clinic_id=1,
    contact_id=1,
    patient_id=1,
    kind="reminder",
    template="visit_today",
    args={"date": "2026-01-05"},
    priority=1,
    due_at=NOON,
    expires_at=NOON + timedelta(hours=6),
    attempts=0,
    created_at=NOON,
    language="en",
    via="sms",
    instead=None,
    fallback=None,
    opted_out_at=None,
    quarantined_at=None,
    alarmed_at=None,
    patient_state="active",
    timezone=NEW_YORK,
    window_from=None,
    window_until=None,
    travel_timezone=None,
    travel_from=None,
    travel_until=None,
    phone="+12025550143",
    covers=(COVER,),
)
BEFORE = SentBefore("delivered", None)


class Free:
    """Senders that were given nothing yet."""

    def full_until(self, sender: Sender) -> datetime | None:
        return None

    def is_slowed_hard(self, sender: Sender) -> bool:
        return False


def _judge(
    now: datetime = NOON,
    entry: ClinicEntry = ENTRY,
    before: SentBefore = BEFORE,
    category: str | None = "home-care",
    **text: Any,
) -> Decision | None:
    claimed = replace(TEXT, **text)
    return judge(Case(claimed, now, entry, before, _way(claimed, entry), category))


def _way(text: TextToSend, entry: ClinicEntry = ENTRY) -> Way | NoWay:
    return find(text, entry, Free(), None, {}, heard=False)


def _cover(**changes: Any) -> tuple[CoverNow, ...]:
    return (replace(COVER, **changes),)


def test_a_text_that_nothing_objects_to_goes() -> None:
    assert _judge() is None


@pytest.mark.parametrize(
    ("changes", "gate", "state"),
    [
        ({"opted_out_at": NOON}, "opted_out", "cancelled"),
        ({"quarantined_at": NOON}, "quarantined", "cancelled"),
        ({"phone": None}, "no_number", "cancelled"),
        ({"patient_state": "ended"}, "patient_ended", "cancelled"),
        ({"covers": _cover(plan_state="held")}, "plan_held", "cancelled"),
        ({"covers": _cover(plan_state="stopped")}, "plan_stopped", "cancelled"),
        ({"covers": _cover(event_status=None, date_now=None)}, "event_gone", "cancelled"),
        ({"covers": _cover(event_status="gone")}, "event_gone", "cancelled"),
        ({"covers": _cover(event_status="held")}, "event_held", "cancelled"),
        ({"covers": _cover(event_status="given")}, "event_done", "cancelled"),
        ({"covers": _cover(event_status="missed")}, "event_done", "cancelled"),
        ({"covers": _cover(date_now=date(2026, 1, 12))}, "event_moved", "cancelled"),
        ({"expires_at": NOON}, "too_late", "expired"),
    ],
)
def test_what_ends_a_text_for_good(changes: dict[str, Any], gate: str, state: str) -> None:
    assert _judge(**changes) == Blocked(gate, state)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", ["planned", "confirmed"])
def test_an_event_that_still_stands_is_told(status: Any) -> None:
    assert _judge(covers=_cover(event_status=status)) is None


def test_the_last_texts_of_a_plan_go_when_it_is_finished() -> None:
    assert _judge(covers=_cover(plan_state="finished")) is None


def test_a_text_for_two_plans_goes_while_one_of_them_still_means_it() -> None:
    moved = replace(COVER, plan_id=2, date_now=date(2026, 1, 12))

    assert _judge(covers=(moved, COVER)) is None
    assert _judge(covers=(moved, replace(COVER, plan_state="held"))) == Blocked("event_moved", "cancelled")


@pytest.mark.parametrize(
    "missing",
    [{"phone_line": None}, {"consent_texts": {}}, {"content_version": None}],
    ids=lambda gap: next(iter(gap)),
)
def test_a_clinic_that_is_not_live_lets_its_texts_wait(missing: dict[str, Any]) -> None:
    entry = replace(ENTRY, clinic=replace(CLINIC, **missing))

    decision = _judge(entry=entry)

    assert isinstance(decision, Wait)
    assert decision.gate == "clinic_not_live"


def test_while_every_sender_is_stopped_texts_wait() -> None:
    stopped = replace(SENDER, stopped_at=NOON, stopped_reason="account")

    decision = _judge(entry=replace(ENTRY, senders=(stopped,)))

    assert isinstance(decision, Wait)
    assert decision.gate == "sender_stopped"
    assert _judge(entry=replace(ENTRY, senders=(stopped, replace(SENDER, id=2)))) is None


@pytest.mark.parametrize("state", ["unknown", "accepted", "sent", "delivered", "undelivered", "cancelled"])
def test_after_the_confirmation_other_texts_may_go(state: State) -> None:
    assert _judge(before=SentBefore(state, None)) is None


@pytest.mark.parametrize("state", [None, "due", "claimed", "sending", "failed", "expired"])
def test_before_the_confirmation_no_other_text_goes(state: State | None) -> None:
    decision = _judge(before=SentBefore(state, None))

    assert isinstance(decision, Wait)
    assert decision.gate == "not_welcomed"
    assert _judge(before=SentBefore(state, None), kind="welcome", covers=()) is None


def test_behind_a_confirmation_that_failed_a_text_is_not_looked_at_each_minute_nor_at_night() -> None:
    def looks_again(state: State, now: datetime) -> datetime:
        decision = _judge(before=SentBefore(state, None), now=now, expires_at=None)
        assert isinstance(decision, Wait)
        return decision.until

    assert looks_again("claimed", NOON) == NOON + timedelta(minutes=1)
    assert looks_again("due", NOON) == NOON + timedelta(minutes=5)
    assert looks_again("failed", NOON) == NOON + timedelta(hours=1)
    assert looks_again("due", at(2026, 1, 5, 3)) == at(2026, 1, 5, 9)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(2026, 1, 5, 8, 59), at(2026, 1, 5, 9)),
        (at(2026, 1, 5, 20), at(2026, 1, 6, 9)),
        (at(2026, 1, 5, 3), at(2026, 1, 5, 9)),
        (at(2026, 3, 7, 23), at(2026, 3, 8, 9)),
        (at(2026, 10, 31, 23), at(2026, 11, 1, 9)),
    ],
)
def test_outside_the_window_a_text_waits_until_it_opens(now: datetime, opens: datetime) -> None:
    assert _judge(now, expires_at=None) == Wait("outside_window", opens)


def test_a_text_that_is_useless_when_the_window_opens_expires_at_once() -> None:
    assert _judge(at(2026, 1, 5, 21), expires_at=at(2026, 1, 6, 9)) == Blocked("outside_window", "expired")


def test_a_patients_own_hours_stand_in_place_of_the_clinics() -> None:
    evening = at(2026, 1, 5, 21)

    assert _judge(evening, window_from=time(18), window_until=time(22), expires_at=None) is None
    assert _judge(NOON, window_from=time(18), window_until=time(22), expires_at=None) == Wait(
        "outside_window", at(2026, 1, 5, 18)
    )


def test_the_weekly_limit_counts_seven_local_days() -> None:
    """The seventh text may go when the first of seven was due on the day seven days before, at whatever hour."""
    eighth_day = at(2026, 1, 12, 9)
    last_of_the_day_before = SentBefore("delivered", at(2026, 1, 5, 19, 59))
    first_of_the_week = SentBefore("delivered", at(2026, 1, 6, 0))

    assert _judge(eighth_day, before=last_of_the_day_before, expires_at=None) is None
    assert _judge(eighth_day, before=first_of_the_week, expires_at=None) == Wait("weekly_limit", at(2026, 1, 13, 9))


def test_over_the_weekly_limit_a_text_waits_for_tomorrow_or_expires() -> None:
    full = SentBefore("delivered", NOON - timedelta(days=1))

    assert _judge(before=full) == Blocked("weekly_limit", "expired")
    assert _judge(before=full, expires_at=NOON + timedelta(days=2)) == Wait("weekly_limit", at(2026, 1, 6, 9))
    assert _judge(before=full, kind="welcome", covers=()) is None


def test_after_danger_to_life_what_is_no_visit_waits_for_the_clinics_quiet_hours() -> None:
    """From noon until midnight, and by then the window is closed."""
    short = replace(ENTRY, clinic=replace(CLINIC, quiet_hours=2))
    alarmed = NOON - timedelta(hours=1)

    assert _judge(alarmed_at=alarmed, expires_at=None) == Wait("after_danger", NOON + timedelta(hours=11))
    assert _judge(alarmed_at=alarmed, expires_at=None, entry=short) == Wait("after_danger", NOON + timedelta(hours=1))
    assert _judge(alarmed_at=alarmed, kind="welcome", category=None, covers=(), expires_at=None) is not None
    assert _judge(alarmed_at=NOON - timedelta(hours=2), entry=short) is None


def test_what_is_of_no_use_after_the_quiet_hours_expires_by_its_shelf_life() -> None:
    assert _judge(alarmed_at=NOON) == Blocked("after_danger", "expired")


def test_a_visit_is_told_of_in_the_quiet_hours_too() -> None:
    assert _judge(alarmed_at=NOON, category="appointment") is None


def test_a_clinic_may_do_without_quiet_hours() -> None:
    assert _judge(alarmed_at=NOON, entry=replace(ENTRY, clinic=replace(CLINIC, quiet_hours=0))) is None


def test_the_deepest_reason_is_the_one_that_is_told() -> None:
    """Who opted out and is texted at night about a visit that moved: the opt-out is why."""
    assert _judge(at(2026, 1, 5, 23), opted_out_at=NOON, covers=_cover(plan_state="held"), expires_at=NOON) == Blocked(
        "opted_out", "cancelled"
    )


def test_every_gate_says_what_it_is_for_and_every_name_has_a_sentence() -> None:
    assert all(gate.__doc__ for gate in GATES)
    assert all(sentence.endswith(".") for sentence in REASONS.values())


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=365)).map(lambda gone: NEW_YEAR + gone)
ZONES = st.sampled_from([NEW_YORK, "Europe/Madrid", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])
STATES = st.sampled_from([None, "due", "claimed", "sending", "unknown", "delivered", "failed", "cancelled"])


@given(
    now=MOMENTS,
    zone=ZONES,
    shelf=st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=3)),
    out=st.booleans(),
    welcome=STATES,
    latest=st.none() | MOMENTS,
    status=st.sampled_from(["planned", "confirmed", "given", "gone", "held"]),
)
def test_what_passes_is_wanted_useful_and_inside_the_window_and_what_waits_can_still_be_useful(
    now: datetime,
    zone: str,
    shelf: timedelta | None,
    out: bool,
    welcome: Any,
    latest: datetime | None,
    status: Any,
) -> None:
    expires = None if shelf is None else now + shelf
    text = replace(
        TEXT,
        timezone=zone,
        expires_at=expires,
        opted_out_at=now if out else None,
        covers=_cover(event_status=status),
    )
    decision = judge(Case(text, now, ENTRY, SentBefore(welcome, latest), _way(text)))

    if decision is None:
        assert not out
        assert status in {"planned", "confirmed"}
        assert expires is None or now < expires
        assert time(9) <= to_local(now, zone).time() < time(20)
    else:
        assert decision.gate in REASONS
    if isinstance(decision, Wait):
        assert now < decision.until
        assert expires is None or decision.until < expires
