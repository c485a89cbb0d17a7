"""What differs between two versions of the content, and of a regimen, place by place."""

from dataclasses import replace

from content import comparing
from content.comparing import Difference, Place
from content.library import load
from content.regimens import parse_regimen

REGIMEN = """
id = "sample"
version = 1
title = "Sample"
verified = "yes"
confirm = "A template."
sources = ["a page"]
[items.nivolumab]
route = "iv"
off_days = "between"
[[phase]]
id = "treatment"
cycle = "14 days"
[[phase.give]]
item = "nivolumab"
days = "1"
[reminders]
visit_today = { at = "10:00" }
"""


def test_each_place_that_differs_is_named_with_what_goes_and_what_comes() -> None:
    library = load()
    wording, sign = library.wordings["en"], library.danger["fever"]
    menu = replace(wording.texts["menu"], text="Text a word.")
    changed = replace(
        library, wordings={**library.wordings, "en": replace(wording, texts={**wording.texts, "menu": menu})}
    )
    before, after = (comparing.written_out(each) for each in (library, changed))
    assert comparing.differences(before, before) == []
    place = Place("text", "menu", "en")
    assert comparing.differences(before, after) == [Difference(place, (wording.texts["menu"].text,), ("Text a word.",))]
    assert sign.phrases["es"][0].text in before


def test_values_of_a_regimen_are_compared_by_their_path_in_the_file() -> None:
    old, new = (
        _definition(text)
        for text in (REGIMEN, REGIMEN.replace("14 days", "28 days").replace("[rem", 'label = "slow"\n[rem'))
    )
    assert [(each.place.name, each.gone, each.new) for each in comparing.definition_differences(old, new)] == [
        ("phase 1.cycle", ('"14 days"',), ('"28 days"',)),
        ("phase 1.give 1.label", (), ('"slow"',)),
    ]


def _definition(text: str) -> str:
    return parse_regimen(text, "sample.toml").to_json()
