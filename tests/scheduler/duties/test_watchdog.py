"""Each rule of the watchdog by itself: what is wrong and what is not, from facts alone."""

import re
import string
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.duties.watchdog import RULES, Facts, Finding, Limits, judge, refused_run, written, wrong
from store.health import Heartbeat, ProcessKind, Vitals
from store.watching import Behind, Passage
from tests.house import ROOT

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # a Monday
LIMITS = Limits()
S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def beat(
    process: str = "s1",
    kind: ProcessKind = "scheduler",
    ago: timedelta = S,
    began: timedelta = 10 * H,
    host: str = "one",
    ended: bool = False,
    **vitals: Any,
) -> Heartbeat:
    return Heartbeat(process, host, kind, NOW - ago, NOW - began, ended, Vitals(**vitals))


SCHEDULER = beat()
WEB = beat("w1", "web")


def found(*beats: Heartbeat, **facts: Any) -> dict[str, Mapping[str, Any]]:
    return {each.kind: each.detail for each in judge(Facts(NOW, beats, **facts), LIMITS)}


def test_where_all_is_well_nothing_is_wrong() -> None:
    assert found(SCHEDULER, WEB, passages=[Passage(1, 300, 0)]) == {}


@pytest.mark.parametrize(
    ("beats", "silent"),
    [
        ([beat(ago=59 * S), WEB], False),
        ([beat(ago=60 * S), WEB], True),
        ([beat(ago=5 * M), beat("s2"), WEB], False),
        # Told to end: not missed by itself, but nobody sends now.
        ([beat(ago=5 * M, ended=True), WEB], True),
        # Nobody ever was there: missed since the first of those who look began.
        ([beat("w1", "web", began=59 * S)], False),
        ([beat("w1", "web", began=60 * S)], True),
        # All were stopped for the night, and start again one after the other.
        ([beat(ago=9 * H, ended=True), beat("w1", "web", began=5 * S)], False),
    ],
)
def test_no_scheduler_has_shown_itself_for_a_minute(beats: Sequence[Heartbeat], silent: bool) -> None:
    assert ("scheduler_silent" in found(*beats)) is silent


def test_the_silence_is_told_from_the_last_sign_of_life() -> None:
    assert found(beat(ago=5 * M), WEB)["scheduler_silent"] == {"since": written(NOW - 5 * M)}


def test_a_web_process_is_missed_like_a_scheduler() -> None:
    assert "web_silent" in found(SCHEDULER)
    assert "web_silent" in found(SCHEDULER, beat("w1", "web", ago=2 * M))
    assert found(SCHEDULER, WEB) == {}


@pytest.mark.parametrize(
    ("beats", "died"),
    [
        ([beat("s1", ago=2 * M), beat("s2")], ["s1"]),
        ([beat("s1", ago=2 * M, ended=True), beat("s2")], None),
        # Another began afterwards in its place.
        ([beat("s1", ago=2 * M), beat("s2", began=M)], None),
        ([beat("s1", ago=2 * M), beat("s2", ago=3 * M), beat("s3", began=M), beat("s4")], ["s1"]),
        # None is left: that is the silence, told once.
        ([beat("s1", ago=2 * M)], None),
    ],
)
def test_one_that_died_while_others_live_is_missed_until_another_takes_its_place(
    beats: Sequence[Heartbeat], died: list[str] | None
) -> None:
    detail = found(WEB, *beats).get("scheduler_died")
    assert (detail and detail["processes"]) == died


def test_a_web_process_that_died_beside_others_is_missed() -> None:
    assert found(SCHEDULER, WEB, beat("w2", "web", ago=2 * M))["web_died"]["processes"] == ["w2"]


def test_what_waits_too_long_is_told_clinic_by_clinic() -> None:
    late = [Behind(1, 3, NOW - 20 * M), Behind(4, 1000, NOW - 2 * H)]
    findings = judge(Facts(NOW, [SCHEDULER, WEB], overdue=late, passages=[Passage(1, 1, 0), Passage(4, 9, 0)]), LIMITS)
    assert findings == [
        Finding("overdue", 1, {"count": 3, "oldest": written(NOW - 20 * M)}),
        Finding("overdue", 4, {"count": 1000, "oldest": written(NOW - 2 * H)}),
    ]
    assert "unplanned" in found(SCHEDULER, WEB, unplanned=late[:1])
    assert "unknown_waiting" in found(SCHEDULER, WEB, unknown=late[:1])


@pytest.mark.parametrize(
    ("went", "kept", "waits", "unplanned", "silent"),
    [
        (0, 300, 0, 0, True),
        (1, 300, 0, 0, False),
        (0, 4, 0, 0, False),
        (0, 0, 5, 0, True),
        (0, 0, 0, 5, True),
        (0, 2, 2, 1, True),
        (0, 0, 0, 0, False),
    ],
)
def test_nothing_went_out_though_texts_were_due(went: int, kept: int, waits: int, unplanned: int, silent: bool) -> None:
    """Whatever the reason: failed, expired, waiting, or not even made ready."""
    facts = {
        "passages": [Passage(1, went, kept), Passage(2, 50, 0)],
        "overdue": [Behind(1, waits, NOW - H)] if waits else [],
        "unplanned": [Behind(1, unplanned, NOW - H)] if unplanned else [],
    }
    detail = found(SCHEDULER, WEB, **facts).get("nothing_sent")
    assert detail == ({"count": kept + waits + unplanned, "minutes": 60} if silent else None)


def test_a_clock_that_is_off_is_told_with_its_host() -> None:
    right = beat("w1", "web", clock=NOW - S + 10 * S)
    assert found(SCHEDULER, right) == {}
    slow = beat("s2", host="two", clock=NOW - S - 90 * S)
    fast = beat("w2", "web", host="three", clock=NOW - S + 11 * S)
    assert found(SCHEDULER, WEB, slow, fast)["clock_skew"] == {"hosts": ["three", "two"], "seconds": -90}


@pytest.mark.parametrize(
    ("webs", "refused"),
    [
        ([(5, S, None)], 5),
        ([(4, S, None)], 4),
        # Accepted since: we hear.
        ([(5, M, S)], 0),
        ([(5, M, 2 * M)], 5),
        # Counted over all web processes, where none has accepted any since.
        ([(3, M, None), (2, 2 * M, 3 * M)], 5),
        ([(3, M, None), (0, None, S)], 0),
        # Long ago: nobody calls us any more, which this cannot know.
        ([(9, H, None)], 0),
    ],
)
def test_a_run_of_refused_calls_is_one_that_no_accepted_call_ends(
    webs: Sequence[tuple[int, timedelta | None, timedelta | None]], refused: int
) -> None:
    beats = [
        beat(
            f"w{number}",
            "web",
            refused=run,
            refused_at=None if refused_ago is None else NOW - refused_ago,
            accepted_at=None if accepted_ago is None else NOW - accepted_ago,
        )
        for number, (run, refused_ago, accepted_ago) in enumerate(webs)
    ]
    assert refused_run(Facts(NOW, beats), LIMITS) == refused
    assert ("deaf" in found(SCHEDULER, *beats)) is (refused >= 5)


def test_what_lies_in_a_spool_or_cannot_be_put_there_is_told_with_its_host() -> None:
    holds = beat("w2", "web", host="two", spooled=3, spool_writable=True, disk_free_mb=900)
    full = beat("s2", host="three", spooled=0, spool_writable=False, disk_free_mb=499)
    assert found(SCHEDULER, WEB, holds, full) == {
        "spool_waiting": {"count": 3, "hosts": ["two"]},
        "spool_unwritable": {"hosts": ["three"]},
        "disk_full": {"hosts": ["three"], "mb": 499},
    }


def test_two_processes_of_a_host_tell_of_one_spool() -> None:
    detail = found(beat(spooled=3), beat("w1", "web", spooled=3))["spool_waiting"]
    assert detail == {"count": 3, "hosts": ["one"]}


def test_a_stopped_sender_is_told() -> None:
    findings = judge(Facts(NOW, [SCHEDULER, WEB], stopped={4: [7, 9]}), LIMITS)
    assert findings == [Finding("sender_stopped", 4, {"count": 2, "senders": [7, 9]})]
    assert wrong("sender_stopped", findings[0].detail).endswith("(sender 7, 9).")


def test_every_rule_has_its_words_for_all_that_it_finds() -> None:
    everything = [
        *judge(
            Facts(
                NOW,
                [
                    beat("s1", ago=2 * M),
                    beat("s2", clock=NOW + H, spooled=1, spool_writable=False, disk_free_mb=1),
                    beat("w1", "web", ago=2 * M),
                    beat("w2", "web", refused=9, refused_at=NOW),
                ],
                [Behind(1, 9, NOW)],
                [Behind(1, 9, NOW)],
                [],
                [Behind(1, 9, NOW)],
                {1: [1]},
            ),
            LIMITS,
        ),
        *judge(Facts(NOW, [beat(ago=H), WEB]), LIMITS),
        *judge(Facts(NOW, [SCHEDULER]), LIMITS),
    ]
    assert {each.kind for each in everything} == RULES.keys()
    for each in everything:
        named = {name for _, name, _, _ in string.Formatter().parse(RULES[each.kind].wrong) if name}
        assert named <= each.detail.keys()
        assert "{" not in wrong(each.kind, each.detail)


def test_a_kind_of_another_release_is_told_by_its_name() -> None:
    assert wrong("ghost", {"count": 1}) == "ghost"


def test_the_page_for_operators_has_every_rule() -> None:
    page = (ROOT / "docs/watching.md").read_text("utf-8").partition("## Look")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", page) == list(RULES)
