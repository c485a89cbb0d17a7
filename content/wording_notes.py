"""What each fixed text is for, in the words that stand behind its name in the wording file."""

import re
from collections.abc import Mapping
from functools import lru_cache

from content.library import PACKAGED

_NOTED = re.compile(r'^\[(?:reply|reminder)\."?([\w.]+)"?\]\s*#\s*(.+)$', re.MULTILINE)


@lru_cache(maxsize=1)
def notes() -> Mapping[str, str]:
    """By the keys of the texts, in English, as in "to every other danger sign"."""
    written = (PACKAGED / "wording" / "en.toml").read_text("utf-8")
    return {key: note.strip() for key, note in _NOTED.findall(written)}
