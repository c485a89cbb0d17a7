"""The settings of a clinic, as `immunotext clinic` changes and lists them."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

from bot.services import Services
from tests.bot.cli.commands import NUMBER, Run


def test_a_join_code_is_set_and_taken_away(clinic: Run) -> None:
    assert (
        clinic("clinic", "join-code", "Riverside", "sunrise") == "Text JOIN SUNRISE to ask Riverside for reminders.\n"
    )
    assert clinic.rows("clinic", "list")[0]["join_code"] == "SUNRISE"
    clinic("clinic", "join-code", "Riverside", "--remove")
    assert clinic.rows("clinic", "list")[0]["join_code"] is None


def test_the_quiet_hours_and_who_answers_stop_are_settings(
    clinic: Run, make_services: Callable[[str], Services], tmp_path: Path
) -> None:
    assert clinic("clinic", "set", "Riverside", "--quiet-hours", "0") == "Changed Riverside: quiet_hours.\n"
    assert "Twilio" in clinic("sender", "set", NUMBER, "--opt-out-by", "provider")
    services = make_services(f"sqlite:///{tmp_path}/riverside.db")
    services.directory.refresh(services.database)
    (entry,) = services.directory.entries
    assert entry.clinic.quiet_hours == 0
    assert [sender.opt_out_by for sender in entry.senders] == ["provider"]


def test_thresholds_and_the_minutes_of_an_alert_are_settings(clinic: Run) -> None:
    clinic(
        *("clinic", "set", "Riverside", "--fever", "99.5", "--too-cold", "35.5", "--stools", "3"),
        *("--danger-minutes", "0, 5,10", "--gone-quiet-days", "14"),
    )
    (row,) = clinic.rows("clinic", "list")
    assert (row["fever_c"], row["too_cold_c"], row["stools"], row["gone_quiet_days"]) == (37.5, 35.5, 3, 14)
    assert (row["danger_minutes"], row["call_minutes"]) == ([0, 5, 10], [10, 30, 60])
    clinic("clinic", "set", "Riverside", "--fever", "usual")
    assert clinic.rows("clinic", "list")[0]["fever_c"] is None


def test_every_threshold_and_every_time_to_wait_goes_back_to_the_usual_one(clinic: Run) -> None:
    options = ("--fever", "--too-cold", "--stools", "--danger-minutes", "--call-minutes", "--gone-quiet-days")
    names = ("fever_c", "too_cold_c", "stools", "danger_minutes", "call_minutes", "gone_quiet_days")

    def settings() -> list[object]:
        (row,) = clinic.rows("clinic", "list")
        return [row[name] for name in names]

    before = settings()
    own = ("99.5", "35.5", "3", "1,2,3", "4,5,6", "14")
    clinic("clinic", "set", "Riverside", *chain.from_iterable(zip(options, own, strict=True)))
    assert not {*map(str, before)} & {*map(str, settings())}
    clinic("clinic", "set", "Riverside", *chain.from_iterable((option, "usual") for option in options))
    assert settings() == before
    for option, wrong in (("--fever", "12"), ("--stools", "99"), ("--call-minutes", "4"), ("--gone-quiet-days", "0")):
        assert "or usual." in clinic("clinic", "set", "Riverside", option, wrong, status=2)


def test_whether_a_patient_is_told_that_somebody_has_seen_their_text_is_a_setting(clinic: Run) -> None:
    assert clinic.rows("clinic", "list")[0]["tell_seen"] is False
    assert clinic("clinic", "set", "Riverside", "--tell-seen") == "Changed Riverside: tell_seen.\n"
    assert clinic.rows("clinic", "list")[0]["tell_seen"] is True
    assert clinic("clinic", "set", "Riverside", "--no-tell-seen") == "Changed Riverside: tell_seen.\n"


def test_how_long_words_are_kept_and_what_a_segment_costs_are_settings(clinic: Run) -> None:
    assert clinic.rows("clinic", "list")[0]["keep_words_days"] == 90
    changed = clinic("clinic", "set", "Riverside", "--keep-words", "365", "--segment-price", "0.0116")
    assert changed == "Changed Riverside: keep_words_days, segment_micros.\n"
    assert clinic.rows("clinic", "list")[0]["keep_words_days"] == 365
    clinic("clinic", "set", "Riverside", "--keep-words", "always")
    assert clinic.rows("clinic", "list")[0]["keep_words_days"] is None
    for option, wrong in (("--keep-words", "6"), ("--keep-words", "9" * 5000), ("--segment-price", "NaN")):
        assert "is no" in clinic("clinic", "set", "Riverside", option, wrong, status=2)
