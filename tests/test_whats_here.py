"""What a machine lacks is left out and said in one line; with CI=true it is a failure."""

import pytest

from tests import whats_here
from tests.whats_here import Want, add_left_out, left_out, require

LACKING = Want("Teletype", lambda: None, "connect one to the serial port")


@pytest.fixture(autouse=True)
def _nothing_left_out_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whats_here, "_left_out", {})


def test_what_is_here_is_handed_on() -> None:
    assert require(Want("Teletype", lambda: "/dev/ttyS0", "")) == "/dev/ttyS0"
    assert not left_out()


def test_what_is_missing_leaves_a_test_out_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception):
            require(LACKING)
    assert left_out() == {"Teletype": "Teletype is not here, its tests were left out: connect one to the serial port."}


def test_what_every_process_of_a_run_left_out_is_said_once() -> None:
    for _ in range(2):
        add_left_out({"Teletype": "Teletype is not here."})
    assert left_out() == {"Teletype": "Teletype is not here."}


def test_ci_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Teletype is not here, and CI leaves nothing out"):
        require(LACKING)
