"""What a clinic's settings must be, for the console and the command line alike."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from channels.phone import read_number
from content.library import Library
from content.plain import Plain
from store.clinic_entry import Clinic

REGIONS: Mapping[str, str] = {"us": "US", "uk": "GB", "mx": "MX", "au": "AU", "ca": "CA"}
"""The region of a number that is written without its country, by country pack."""


class WrongSetting(Exception):
    """A setting is not as it must be; the message is one plain sentence, ``field`` the setting's name."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def checked(library: Library, fields: Mapping[str, Any], before: Clinic | None = None) -> dict[str, Any]:
    """The settings as the store takes them. ``before``: the clinic that they change. Raises WrongSetting."""
    taken = dict(fields)
    country = taken.get("country", before.country if before else None)
    if country is not None and country not in library.countries:
        raise WrongSetting(
            "country",
            Plain("There is no country pack {pack}: there are {known}.", pack=country, known=[*library.countries]),
        )
    for language in taken.get("languages", ()):
        if language not in library.languages:
            raise WrongSetting(
                "languages",
                Plain(
                    "There are no texts in {language}: there are {known}.",
                    language=language,
                    known=[*library.languages],
                ),
            )
    if "languages" in taken:
        taken["default_language"] = taken["languages"][0]
    if "phone_line" in taken and read_number(taken["phone_line"] or "", REGIONS.get(country or "", "US")).e164 is None:
        raise WrongSetting("phone_line", Plain("{number} is no phone number.", number=taken["phone_line"]))
    opens = taken.get("window_from", before.window_from if before else time(9))
    closes = taken.get("window_until", before.window_until if before else time(20))
    if opens >= closes:
        raise WrongSetting("window_until", Plain("The send window must end after it begins."))
    return taken
