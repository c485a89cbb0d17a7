"""Which topic a text speaks of: its keyword or an alias, alone or within a sentence, and phrases as evidence."""

import tomllib
from collections.abc import Mapping, Sequence, Set
from copy import copy
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.matcher import Lexicon, Matcher
from bot.understanding.reading import Reading
from content.library import Library
from content.model import Topic
from content.phrases import Phrase, parse, plain

_SHORTEST, _LONGEST, _TWO_SLIPS = 4, 24, 7
"""Letters of a keyword that may be misspelt, and from how many on it may be so twice (content.md A2)."""
_WHOLE_ONLY = frozenset(["io", "se", "que", "how", "what", "when", "why", "como", "cuando", "hoy", "today"])


class Named(NamedTuple):
    """A topic that a text names, with the words that do."""

    topic: Topic
    words: str
    own_keyword: bool


def read_topic_phrases() -> tuple[Mapping[str, Sequence[str]], list[tuple[str, Phrase]]]:
    """The groups of words and, by topic, the phrases of ``topic_phrases.toml``."""
    tables = tomllib.loads(Path(__file__).with_name("topic_phrases.toml").read_text("utf-8"))
    words = tables.pop("words")
    return words, [
        (topic, parse(text)) for topic, texts in tables.items() for language in ("en", "es") for text in texts[language]
    ]


class Topics:
    """Finds topics; made once."""

    def __init__(
        self, lexicon: Lexicon, phrases: Sequence[tuple[str, Phrase]], library: Library, real_words: Set[str]
    ) -> None:
        self._real_words = real_words
        self._matcher = Matcher(lexicon, phrases)
        self._take_names(library)

    def named_by(self, library: Library) -> "Topics":
        """The same with the keywords and aliases of another library, which has the same topics and languages."""
        other = copy(self)
        other._take_names(library)
        return other

    def _take_names(self, library: Library) -> None:
        self._whole: dict[str, dict[str, Named]] = {language: {} for language in library.languages}
        for topic in library.topics.values():
            for language in library.languages:
                keyword = _form(topic.keyword[language])
                for word in topic.words(language):
                    form = _form(word)
                    self._whole[language].setdefault(form, Named(topic, form, form == keyword))
        self._in_order = {
            language: sorted(self._whole.values(), key=lambda forms: forms is not own)
            for language, own in self._whole.items()
        }
        self._by_first: dict[str, list[tuple[tuple[str, ...], Named]]] = {}
        for forms in self._whole.values():
            for form, named in forms.items():
                if form not in _WHOLE_ONLY:
                    words = tuple(form.split())
                    self._by_first.setdefault(words[0], []).append((words, named))

    def words(self) -> set[str]:
        """Every word of every keyword and alias."""
        return {word for forms in self._whole.values() for form in forms for word in form.split()}

    def whole(self, text: str, language: str) -> Named | None:
        """The topic of a text that is nothing but a keyword or alias, in the person's own language first."""
        for forms in self._in_order.get(language, self._whole.values()):
            if text in forms:
                return forms[text]
        return None

    def near(self, text: str, language: str) -> Named | None:
        """The topic of a text that is one keyword or alias but for a slip or an s; real words are no slips."""
        if not _SHORTEST <= len(text) <= _LONGEST or " " in text:
            return None
        for forms in self._in_order.get(language, self._whole.values()):
            one = forms.get(f"{text}s") or forms.get(text.removesuffix("s"))
            if one is None and text not in self._real_words:
                slips = 1 if len(text) < _TWO_SLIPS else 2
                found = process.extractOne(text, forms.keys(), scorer=OSA.distance, score_cutoff=slips)
                one = forms[found[0]] if found and found[0][0] == text[0] and len(found[0]) >= _SHORTEST else None
            if one:
                return one
        return None

    def spoken_of(self, reading: Reading) -> dict[str, int]:
        """The topics of the phrases that were found, each with how many words its longest rests on, the most first."""
        found: dict[str, int] = {}
        for match in self._matcher.find(reading):
            found[match.what] = max(found.get(match.what, 0), len(match.own))
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def within(self, reading: Reading) -> list[Named]:
        """Topics named within a sentence in any language, the longest name first."""
        found: list[Named] = []
        words = reading.words
        for at, word in enumerate(words):
            for form, named in self._by_first.get(word, ()):
                if tuple(words[at : at + len(form)]) == form:
                    found.append(named)
        return sorted(found, key=lambda named: -len(named.words.split()))


def _form(word: str) -> str:
    return " ".join(plain(word).replace("-", " ").replace(".", "").split())
