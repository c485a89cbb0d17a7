"""What a text must never say, as far as words can show it: the bans of bans.py, each where it holds."""

import re

from content.checks.bans import BANS, DISCREET, REST, TELL, Ban
from content.checks.texts import Report, Written, every_text
from content.library import Library
from content.plain import Plain
from content.wording_keys import ITEMS

_BY_HAND = ("suggestion", "link")
_FIRST_TEXT = ("optin_confirm", "optin_ask")
_NO_REST = ("between", "day_between", "day_rest", "finished", "held")
_WAIT = re.compile(r"\b(lasts?|dura|duran|sigue|siguen)\b.*\b\d+ (hours|days|horas|días)\b", re.IGNORECASE)
_CALL_BEFORE = re.compile(r"\b(call|llame) (now|today|ya|hoy)\b", re.IGNORECASE)


def check(library: Library, report: Report) -> None:
    """The rules of BANS everywhere, ``discreet`` and ``rest`` where nobody asked, ``tell`` and ``wait`` in facts."""
    drugs = _drug_names(library)
    for written in every_text(library):
        for ban in BANS:
            _judge(ban, written, report)
        unasked = written.proactive or written.key in _FIRST_TEXT
        if unasked:
            _judge(DISCREET, written, report)
            if found := drugs.search(written.text):
                report.on(written, "discreet", _about(found.group(), DISCREET))
        if written.proactive or written.key in _NO_REST:
            _judge(REST, written, report)
        if written.topic and written.topic.urgent_line:
            _judge(TELL, written, report)
        if _WAIT.search(written.text) and not _CALL_BEFORE.search(written.text):
            mend = Plain("a waiting time alone reads as advice to wait (rule 2): say call today or call now first")
            report.on(written, "wait", mend)


def doubtful(library: Library, text: str) -> list[tuple[str, str]]:
    """What staff should think of once more in a text that they write by hand: the rule and the words, in any language.

    Only what anybody may read on a lock screen, brands and links: what they answer is theirs to judge.
    """
    found = [
        (ban.rule, match.group().strip())
        for ban in (DISCREET, *(ban for ban in BANS if ban.rule in _BY_HAND))
        for pattern in ban.patterns.values()
        if (match := pattern.search(text))
    ]
    if drug := _drug_names(library).search(text):
        found.append((DISCREET.rule, drug.group()))
    return list(dict.fromkeys(found))


def _judge(ban: Ban, written: Written, report: Report) -> None:
    pattern = ban.patterns.get(written.language)
    if pattern and (found := pattern.search(written.text)):
        report.on(written, ban.rule, _about(found.group().strip(), ban))


def _about(words: str, ban: Ban) -> Plain:
    return Plain("'{words}': {mend}", words=words, mend=ban.mend)


def _drug_names(library: Library) -> re.Pattern[str]:
    plain_words = {*ITEMS, "cells", "therapy", "treatment"}
    names = {
        word
        for regimen in library.regimens.values()
        for item in regimen.items
        for word in item.split()
        if len(word) > 3 and word not in plain_words
    }
    return re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b" if names else r"(?!)", re.IGNORECASE)
