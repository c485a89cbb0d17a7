"""What staff are told by text and by mail, in their language: from the console's catalogues, outside of any page."""

import gettext
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.clinic.locales import clock_of, locale_of
from content.plain import translated
from scheduler.duties.telling import Reader

_CATALOGUES = Path(__file__).parent / "translations"


def in_language(sentence: str, reader: Reader) -> str:
    """The sentence to this reader; what has no translation is as it is."""

    def written(value: Any) -> str:
        return clock_of(value, locale_of(*reader)) if isinstance(value, time) else str(value)

    return translated(sentence, _catalogue(reader.language).gettext, written)


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("messages", _CATALOGUES, [language], fallback=True)
