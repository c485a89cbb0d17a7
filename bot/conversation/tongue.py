"""Which language a text is in, told by words that only one of the languages has.

The words are those of the content itself: facts, fixed texts, topics and danger signs. Nobody keeps a list of them, and
a new language brings its own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from content.library import Library
from content.phrases import plain

_WORD = re.compile(r"[a-z]{2,}")


class Tongues:
    """Tells languages apart; made once per process."""

    def __init__(self, library: Library) -> None:
        vocabularies = {language: frozenset(_vocabulary(library, language)) for language in library.languages}
        self._own: Mapping[str, frozenset[str]] = {
            language: words.difference(*(other for name, other in vocabularies.items() if name != language))
            for language, words in vocabularies.items()
        }

    def of(self, text: str) -> str | None:
        """The language that has most of the tell-tale words; None where there are none, or as many of another."""
        words = _WORD.findall(plain(text))
        counts = Counter({language: sum(word in own for word in words) for language, own in self._own.items()})
        (first, most), *others = counts.most_common(2)
        return first if most and all(most > count for _, count in others) else None


def _vocabulary(library: Library, language: str) -> Iterator[str]:
    for text in _texts(library, language):
        yield from _WORD.findall(plain(text))


def _texts(library: Library, language: str) -> Iterator[str]:
    for topic in library.topics.values():
        yield from topic.words(language)
        yield from (fact.text[language] for fact in topic.facts)
    yield from (text.text for text in library.wordings[language].texts.values())
    for sign in library.danger.values():
        for phrases in (sign.phrases, sign.mild):
            for phrase in phrases[language]:
                # A group may hold words of every language, and a part of a word is none.
                yield re.sub(r"\{\w+\}|\w+\*", " ", phrase.text).replace("_", " ")
