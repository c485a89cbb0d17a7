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


def test_an_item_that_is_listed_twice_is_a_fault(copy: Copy) -> None:
    copy.edit("cell_therapy.toml", '"tarlatamab"', '"car t cells"')
    assert [fault.rule for fault in copy.faults()] == ["duplicate"]
