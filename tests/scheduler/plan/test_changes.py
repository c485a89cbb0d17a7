"""Changes of a plan: what each does to its days, and what cannot be done."""

from datetime import date

import pytest

from scheduler.plan.calendar import Calendar, Kind
from scheduler.plan.changes import ChangeError
from tests.scheduler.plan.changed import change, days, of_kind, planned, treatments
from tests.scheduler.plan.made import FILES


def test_a_delay_moves_all_that_follows() -> None:
    calendar = planned("pembro_q3w", "delay:cycle=3,days=7")
    assert days(calendar, 5) == ["2026-01-05", "2026-01-26", "2026-02-23", "2026-03-16", "2026-04-06"]
    assert not any(event.warnings for event in treatments(calendar, 20))


def test_a_delay_that_keeps_the_grid_moves_one_cycle_and_warns_where_the_next_is_too_close() -> None:
    calendar = planned("pembro_q3w", "delay:cycle=3,days=7,policy=keepgrid")
    assert days(calendar, 5) == ["2026-01-05", "2026-01-26", "2026-02-23", "2026-03-09", "2026-03-30"]
    assert [event.warnings for event in treatments(calendar, 5)] == [
        (),
        (),
        (),
        ("pembrolizumab: 14 days after the dose before, and at least 21 are needed",),
        (),
    ]


def test_a_delay_of_a_phase_counts_the_cycles_of_that_phase() -> None:
    calendar = planned("dostar_mono", "delay:phase=every_6_weeks,cycle=2,days=7")
    assert days(calendar, 7)[4:] == ["2026-03-30", "2026-05-18", "2026-06-29"]


def test_a_delayed_phase_takes_the_following_ones_along_except_an_entered_date() -> None:
    assert days(planned("dostar_mono", "delay:cycle=2,days=7"), 6)[3:] == ["2026-03-16", "2026-04-06", "2026-05-18"]
    entered = planned("nivo_periop", "enter:phase=adjuvant,on=2026-06-01", "delay:cycle=2,days=7")
    assert days(entered, 6)[3:] == ["2026-03-16", "2026-06-01", "2026-06-29"]


def test_courses_at_offsets_move_with_the_start_they_count_from() -> None:
    calendar = planned("bcg_swog", "delay:cycle=3,days=7")
    assert days(calendar, 9)[5:] == ["2026-02-16", "2026-04-12", "2026-04-19", "2026-04-26"]
    alone = planned("bcg_swog", "delay:cycle=3,days=3,policy=keepgrid")
    assert days(alone, 9)[6:] == ["2026-04-05", "2026-04-12", "2026-04-19"]


def test_two_clocks_stay_together_when_one_visit_is_delayed() -> None:
    events = treatments(planned("nivo_ipi_nsclc", "delay:cycle=2,days=7"), 5)
    both = [event.date.isoformat() for event in events if len(event.items) == 2]
    assert both == ["2026-01-05", "2026-02-23", "2026-04-06"]


def test_an_extra_dose_goes_with_the_visit_of_its_week() -> None:
    events = treatments(planned("poseidon", "delay:cycle=2,days=7"), 7)
    assert [event.date.isoformat() for event in events if "tremelimumab" in event.items][-1] == "2026-05-04"


def test_on_hold_nothing_is_given_and_nothing_is_told_to_be_rest() -> None:
    calendar = planned("pembro_q3w", "hold:from=2026-02-01")
    assert days(calendar) == ["2026-01-05", "2026-01-26"]
    assert of_kind(calendar, Kind.BETWEEN) == [("2026-01-06", "2026-01-25"), ("2026-01-27", "2026-01-31")]
    assert of_kind(calendar, Kind.FINISHED) == []
    assert calendar.on(date(2026, 2, 10)).kind is None


def test_treatment_goes_on_with_a_new_day_one() -> None:
    calendar = planned("pembro_q3w", "hold:from=2026-02-01", "resume:on=2026-03-16")
    assert days(calendar, 5) == ["2026-01-05", "2026-01-26", "2026-03-16", "2026-04-06", "2026-04-27"]
    assert treatments(calendar, 3)[2].cycle == 3
    assert of_kind(calendar, Kind.BETWEEN)[1] == ("2026-01-27", "2026-01-31")


def test_a_short_pause_goes_on_in_the_same_cycle_to_its_full_number_of_days() -> None:
    calendar = planned("blina_mrd", "hold:from=2026-01-15", "resume:on=2026-01-20,cycle=same")
    first = [event for event in treatments(calendar) if event.cycle == 1]
    assert [event.day for event in first] == list(range(1, 29))
    assert (first[9].date, first[10].date, first[-1].date) == (date(2026, 1, 14), date(2026, 1, 20), date(2026, 2, 6))
    assert of_kind(calendar, Kind.REST)[0] == ("2026-02-07", "2026-02-20")
    assert calendar.on(date(2026, 2, 8)).day == 30


def test_a_long_pause_starts_a_new_cycle_and_the_broken_one_does_not_count() -> None:
    calendar = planned("blina_mrd", "hold:from=2026-01-15", "resume:on=2026-01-25")
    events = treatments(calendar)
    assert [(event.cycle, event.day) for event in events[9:11]] == [(1, 10), (2, 1)]
    assert events[10].date == date(2026, 1, 25)
    assert len({event.cycle for event in events}) == 5
    assert of_kind(calendar, Kind.REST)[0] == ("2026-02-22", "2026-03-07")


def test_a_pause_in_which_nothing_was_missed_changes_nothing_in_the_same_cycle() -> None:
    calendar = planned("pembro_q3w", "hold:from=2026-01-30", "resume:on=2026-02-10,cycle=same")
    assert days(calendar, 3) == ["2026-01-05", "2026-01-26", "2026-02-16"]
    assert of_kind(calendar, Kind.BETWEEN)[1:3] == [("2026-01-27", "2026-01-29"), ("2026-02-10", "2026-02-15")]


def test_weekdays_stay_weekdays_over_a_pause_and_the_weeks_are_not_made_up_for() -> None:
    same = planned("imiq_bcc", "hold:from=2026-01-20", "resume:on=2026-01-28,cycle=same")
    assert len(days(same)) == 24
    assert days(same)[-1] == "2026-02-13"
    assert {event.date.weekday() for event in treatments(same)} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("counts", "rest"), [("no", ["2026-03-30", "2026-04-20"]), ("yes", ["2026-03-30", "2026-04-13"])]
)
def test_a_skipped_dose_counts_or_does_not(counts: str, rest: list[str]) -> None:
    calendar = planned("nivo_ipi_mel", f"skip:date=2026-01-26,counts={counts}")
    assert days(calendar, 5) == ["2026-01-05", "2026-02-16", "2026-03-09", *rest]
    assert treatments(calendar, 4)[3].phase == ("induction" if counts == "no" else "maintenance")


def test_one_visit_moves_and_the_others_stay() -> None:
    calendar = planned("pembro_q3w", "move:date=2026-01-26,to=2026-01-28")
    assert days(calendar, 3) == ["2026-01-05", "2026-01-28", "2026-02-16"]
    assert treatments(calendar, 2)[1].name == "treatment/c2/d1/visit"
    assert "19 days after" in treatments(calendar, 3)[2].warnings[0]
    back = planned("pembro_q3w", "move:date=2026-01-26,to=2026-01-28", "move:date=2026-01-28,to=2026-01-26")
    assert days(back, 3) == days(planned("pembro_q3w"), 3)


def test_a_visit_moves_and_the_pills_of_its_day_stay() -> None:
    calendar = planned("avelumab", "branch:id=axitinib,take=yes", "move:date=2026-01-19,to=2026-01-21")
    items = {event.date.day: event.items for event in treatments(calendar, 20)}
    assert (items[19], items[21]) == (("axitinib",), ("avelumab", "axitinib"))


def test_a_collection_moves_with_its_infusion() -> None:
    calendar = planned("sipt", "delay:cycle=2,days=7", start=date(2026, 1, 8))
    assert [day for day, _ in of_kind(calendar, Kind.PAIRED)] == ["2026-01-05", "2026-01-26", "2026-02-09"]


def test_a_closed_day_moves_a_visit_and_leaves_other_plans_alone() -> None:
    assert days(planned("pembro_q3w", "close:date=2026-01-26,to=2026-01-27"), 3)[1] == "2026-01-27"
    assert days(planned("pembro_q3w", "close:date=2026-01-27,to=2026-01-28"), 9) == days(planned("pembro_q3w"), 9)
    assert days(planned("len_mm", "close:date=2026-01-06,to=2026-01-07"), 9) == days(planned("len_mm"), 9)


def test_a_stop_ends_the_plan_on_its_day() -> None:
    calendar = planned("pembro_q3w", "stop:on=2026-02-16")
    assert days(calendar) == ["2026-01-05", "2026-01-26"]
    assert [event.name for event in calendar.events() if event.kind is Kind.FINISHED] == ["stopped"]
    assert of_kind(calendar, Kind.FINISHED) == [("2026-02-16", "None")]


def test_a_switch_keeps_what_was_and_gives_the_new_regimen_day_one_on_its_day() -> None:
    events = treatments(planned("pembro_q3w", "switch:to=pembro_q6w,from=2026-02-16"), 5)
    assert [event.date.isoformat() for event in events] == [
        "2026-01-05",
        "2026-01-26",
        "2026-02-16",
        "2026-03-30",
        "2026-05-11",
    ]
    assert [event.cycle for event in events] == [1, 2, 3, 4, 5]
    assert len({event.name for event in events}) == 5


def test_the_cap_of_a_drug_counts_from_its_first_dose_over_a_switch() -> None:
    same = treatments(planned("pembro_q3w", "switch:to=pembro_q6w,from=2026-02-16"))
    other = treatments(planned("nivo_q2w", "switch:to=pembro_q6w,from=2026-02-16"))
    assert same[-1].date < date(2028, 1, 5) <= other[-1].date < date(2028, 2, 16)


def test_a_switch_too_soon_after_the_last_dose_is_flagged() -> None:
    events = treatments(planned("pembro_q6w", "switch:to=pembro_q3w,from=2026-01-26"), 3)
    assert events[1].warnings == ("pembrolizumab: 21 days after the dose before, and at least 42 are needed",)
    next_day = treatments(planned("pembro_q6w", "switch:to=pembro_q3w,from=2026-01-06"), 2)
    assert next_day[1].warnings == ("pembrolizumab: 1 day after the dose before, and at least 42 are needed",)


def test_a_stop_during_a_hold_brings_nothing_back_that_was_on_hold() -> None:
    calendar = planned("pembro_q3w", "hold:from=2026-01-28", "stop:on=2026-05-01")
    assert days(calendar) == ["2026-01-05", "2026-01-26"]
    assert of_kind(calendar, Kind.FINISHED) == [("2026-05-01", "None")]


def test_a_phase_waits_for_its_date_and_starts_on_it() -> None:
    waiting = planned("pembro_tnbc")
    assert of_kind(waiting, Kind.WAITING) == [("2026-06-02", "None")]
    assert of_kind(waiting, Kind.FINISHED) == []
    entered = planned("pembro_tnbc", "enter:phase=adjuvant,on=2026-07-13")
    assert days(entered)[8:10] == ["2026-07-13", "2026-08-03"]
    assert of_kind(entered, Kind.WAITING) == []
    assert len(days(entered)) == 17


def test_an_entered_date_ends_an_open_phase_before_it() -> None:
    calendar = planned("tecli", "enter:phase=every_2_weeks,on=2026-03-01")
    assert days(calendar, 11)[-4:] == ["2026-02-15", "2026-02-22", "2026-03-01", "2026-03-15"]


@pytest.mark.parametrize(
    ("regimen_id", "changes", "told"),
    [
        ("nivo_periop", ["on=2026-03-10"], []),
        ("nivo_periop", ["on=2026-03-09"], ["neoadjuvant: 1 planned treatment day falls away (cycle 4)"]),
        ("nivo_periop", ["on=2026-02-10"], ["neoadjuvant: 2 planned treatment days fall away (cycles 3 to 4)"]),
        (
            "nivo_periop",
            ["on=2026-02-10", "skip:date=2026-01-26"],
            ["3 planned treatment days fall away (cycles 3 to 5)"],
        ),
        ("nivo_periop", ["skip:date=2026-02-16,counts=yes", "on=2026-02-10"], ["1 planned treatment day falls away"]),
        ("nivo_periop", ["on=2026-02-10", "on=2026-05-04"], []),
        # Staff decide when the weekly doses end: nothing is lost that had an end of its own.
        ("tecli", ["phase=every_2_weeks,on=2026-03-01"], []),
        ("tecli", ["phase=every_2_weeks,on=2026-01-09"], ["step_up: 1 planned treatment day falls away (cycle 1)"]),
    ],
)
def test_what_an_early_date_leaves_out_of_the_phases_before_it_is_told(
    regimen_id: str, changes: list[str], told: list[str]
) -> None:
    made = [text.replace("on=", "phase=adjuvant,on=") if text.startswith("on=") else text for text in changes]
    made = [text if ":" in text else f"enter:{text}" for text in made]
    begins = [event for event in planned(regimen_id, *made).events(last=date(2026, 6, 1)) if event.kind is Kind.PHASE]
    found = [warning for event in begins for warning in event.warnings]
    assert len(found) == len(told)
    assert all(sentence in warning for warning, sentence in zip(found, told, strict=True))


def test_a_date_before_the_minimum_wait_is_flagged() -> None:
    calendar = planned("il2", "enter:phase=second_course,on=2026-03-02")
    first = treatments(calendar)[10]
    assert first.warnings == ("second_course: 38 days after the last dose, and 49 days must pass",)
    late_enough = planned("il2", "enter:phase=second_course,on=2026-03-13")
    assert not any(event.warnings for event in treatments(late_enough))


def test_a_branch_is_never_taken_by_itself() -> None:
    assert of_kind(planned("il2"), Kind.WAITING) == [("2026-01-24", "None")]
    assert of_kind(planned("il2", "branch:id=second_course,take=no"), Kind.FINISHED) == [("2026-01-24", "None")]
    assert len(days(planned("bcg_swog"))) == 27
    assert len(days(planned("bcg_swog", "branch:id=one_year,take=yes"))) == 15
    back = planned("bcg_swog", "branch:id=one_year,take=yes", "branch:id=one_year,take=no")
    assert days(back) == days(planned("bcg_swog"))


def test_a_year_of_infusions_ends_before_its_anniversary() -> None:
    found = days(planned("pembro_q3w", "branch:id=adjuvant,take=yes"))
    assert (len(found), found[-1]) == (18, "2026-12-28")


def test_changes_apply_to_a_plan_joined_in_the_middle() -> None:
    changes = [change("delay:cycle=5,days=7")]
    calendar = Calendar(FILES["dostar_mono"], date(2026, 3, 9), start_cycle=4, changes=changes)
    assert days(calendar, 3) == ["2026-03-09", "2026-04-06", "2026-05-18"]


@pytest.mark.parametrize(
    ("made", "changes", "why"),
    [
        ("blina_mrd", ["delay:cycle=5,days=7"], "there is no cycle 5 in this plan"),
        ("dostar_mono", ["delay:phase=induction,cycle=1,days=7"], 'no phase "induction" is planned'),
        ("tebe", ["delay:cycle=5,days=7,policy=keepgrid"], "delay it by less, or with policy=reanchor"),
        ("pembro_q3w", ["resume:on=2026-02-01"], "not on hold"),
        ("pembro_q3w", ["hold:from=2026-02-01", "hold:from=2026-03-01"], "on hold since 2026-02-01 already"),
        ("pembro_q3w", ["hold:from=2026-02-01", "resume:on=2026-01-31"], "cannot go on before that"),
        (
            "pembro_q3w",
            ["hold:from=2026-02-01", "resume:on=2026-03-01", "hold:from=2026-02-15"],
            "a new hold begins later",
        ),
        ("pembro_q3w", ["skip:date=2026-01-06"], "nothing is given on 2026-01-06"),
        ("pembro_q3w", ["move:date=2026-01-06,to=2026-01-07"], "there is no visit on 2026-01-06"),
        ("len_mm", ["move:date=2026-01-06,to=2026-01-07"], "there is no visit on 2026-01-06"),
        ("blina_mrd", ["move:date=2026-03-30,to=2026-03-31"], "delay the cycle instead"),
        ("pembro_q3w", ["move:date=2026-01-26,to=2026-02-16"], "not before the next visit, on 2026-02-16"),
        ("pembro_q3w", ["move:date=2026-01-26,to=2026-01-05"], "not after the visit before it, on 2026-01-05"),
        ("pembro_q3w", ["stop:on=2026-02-01", "delay:cycle=2,days=1"], "the plan was stopped on 2026-02-01"),
        ("pembro_q3w", ["switch:to=nivo_q2w,from=2026-01-05"], "switch after that day"),
        ("pembro_q3w", ["enter:phase=adjuvant,on=2026-07-01"], 'no phase "adjuvant" waits for a date'),
        ("nivo_periop", ["enter:phase=surgery,on=2026-07-01"], "waits for a date: adjuvant"),
        ("nivo_periop", ["enter:phase=adjuvant,on=2026-01-05"], "adjuvant comes after that day"),
        ("pembro_tnbc", ["enter:phase=adjuvant_6_weeks,on=2026-08-01"], "answer the choice it depends on first"),
        ("pembro_q3w", ["branch:id=weekly,take=yes"], "the choices are no_month_cap, adjuvant"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(made: str, changes: list[str], why: str) -> None:
    with pytest.raises(ChangeError) as caught:
        planned(made, *changes)
    assert why in str(caught.value)
