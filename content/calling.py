"""What says to call: the words for it, in texts of either kind."""

import re

from content.model import Fact

CALL = {"en": r"\bcall\b|\bemergency:", "es": r"\bllam(e|ar)\b|\bemergencia:"}
"""By language, what says it; in any case of letters."""
NUMBER = re.compile(r"\d{3,}|\d-\d|\b\d\d \d\d\b")
"""A phone number that is written out, as only a service of one country has it."""

_OURS = frozenset({"phone", "emergency", "crisis", "poison"})


def says_to_call(fact: Fact) -> bool:
    """Whether a fact says to call who treats the patient, or for help; not where it is some service's own number."""
    if not fact.placeholders & _OURS and any(map(NUMBER.search, fact.text.values())):
        return False
    return any(re.search(words, fact.text.get(language, ""), re.IGNORECASE) for language, words in CALL.items())
