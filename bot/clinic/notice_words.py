"""What staff are told by text and by mail, in their language: from the console's catalogues, outside of any page."""

import gettext
import re
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.clinic.locales import HALF_OF_DAY, MOMENT_OF_YEAR, clock_of, locale_of, moment_of
from content.plain import translated
from scheduler.duties.telling import Reader

_CATALOGUES = Path(__file__).parent / "translations"
_TWO_STOPS = re.compile(rf"({HALF_OF_DAY})\.(?!\.)")


def in_language(sentence: str, reader: Reader) -> str:
    """The sentence to this reader; what has no translation is as it is."""
    locale = locale_of(reader.language, reader.country)

    def written(value: Any) -> str:
        match value:
            case datetime():
                return moment_of(value, reader.zone, MOMENT_OF_YEAR, locale)
            case time():
                return clock_of(value, locale)
        return str(value)

    return _TWO_STOPS.sub(r"\1", translated(sentence, _catalogue(reader.language).gettext, written))


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("messages", _CATALOGUES, [language], fallback=True)
