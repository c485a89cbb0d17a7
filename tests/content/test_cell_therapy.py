"""Which regimens of the library are CAR T or bispecific, told by what they give."""

import pytest

from content.library import Library, load
from tests.content.conftest import Copy


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


def test_the_regimens_that_give_cells_or_bispecifics_are_known_by_their_items(library: Library) -> None:
    profiles = {name: library.cell_therapy.profile(regimen.items) for name, regimen in library.regimens.items()}
    assert {name: profile for name, profile in profiles.items() if profile} == {
        "cart": "cart",
        "blina_mrd": "bispecific",
        "blina_rr": "bispecific",
        "tebe": "bispecific",
        "tecli": "bispecific",
    }


def test_of_both_the_graver_counts(library: Library) -> None:
    assert library.cell_therapy.profile(["teclistamab", "Car T cells"]) == "cart"


def test_after_a_stop_it_counts_as_long_as_late_effects_are_told_of(library: Library) -> None:
    (told,) = {max(rule.days_after) for rule in library.regimens["cart"].reminders if rule.days_after}
    assert library.cell_therapy.days_after_stop == told


def test_days_after_a_stop_that_cannot_be_are_a_fault(copy: Copy) -> None:
    copy.edit("cell_therapy.toml", "days_after_stop = 365", "days_after_stop = -1")
    assert [fault.rule for fault in copy.faults()] == ["range"]


def test_an_item_that_is_listed_twice_is_a_fault(copy: Copy) -> None:
    copy.edit("cell_therapy.toml", '"tarlatamab"', '"car t cells"')
    assert [fault.rule for fault in copy.faults()] == ["duplicate"]
