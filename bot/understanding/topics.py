"""Which topic a text speaks of: its keyword or an alias, alone or within a sentence, and phrases as evidence."""

import tomllib
from collections.abc import Mapping, Sequence, Set
from copy import copy
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.matcher import Lexicon, Matcher
from bot.understanding.reading import Reading
from bot.understanding.spelling import by_ear, sound
from content.library import Library
from content.model import Topic
from content.phrases import Phrase, parse, plain

_SHORTEST, _LONGEST, _TWO_SLIPS = 4, 24, 7
"""Letters of a keyword that may be misspelt, and from how many on it may be so twice (content.md A2)."""
_LETTERS_A_SLIP, _LETTERS_A_SOUND = 6, 3
"""Letters of a keyword of several words for each slip in it; of any for each that is another and sounds the same."""
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
        self._in_order = {own: sorted(self._whole, key=lambda other: other != own) for own in self._whole}
        self._by_letter: dict[tuple[str, str], list[str]] = {}
        """What may be misspelt, by its language and its first letter, which is held to be right."""
        for language, forms in self._whole.items():
            for form in forms:
                if len(form) >= _SHORTEST:
                    self._by_letter.setdefault((language, form[0]), []).append(form)
        self._by_ear: dict[str, list[Named]] = {}
        for forms in self._whole.values():
            for form, named in forms.items():
                self._by_ear.setdefault(_heard(form), []).append(named)
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
        for own in self._in_order.get(language, self._whole):
            if text in self._whole[own]:
                return self._whole[own][text]
        return None

    def near(self, text: str, language: str) -> Named | None:
        """The topic of a text that is one keyword or alias but for slips, an s or a spelling by ear.

        Real words are no slips.
        """
        if not _SHORTEST <= len(text) <= _LONGEST:
            return None
        one_word, misspelt = " " not in text, not self._real_words >= set(text.split())
        for own in self._in_order.get(language, self._whole):
            forms = self._whole[own]
            one = (forms.get(f"{text}s") or forms.get(text.removesuffix("s"))) if one_word else None
            if one is None and misspelt:
                slips = (1 if len(text) < _TWO_SLIPS else 2) if one_word else len(text) // _LETTERS_A_SLIP
                likely = self._by_letter.get((own, text[0]), ())
                found = process.extractOne(text, likely, scorer=OSA.distance, score_cutoff=slips)
                one = forms[found[0]] if found else None
            if one:
                return one
        return self._alike(text, misspelt=misspelt)

    def _alike(self, text: str, *, misspelt: bool) -> Named | None:
        """What sounds the same and is written not all too differently: "clinicle trails".

        Words that many write, "igado" and "pastiya", count as real ones: of those nothing but silent letters and such
        as sound the same may differ.
        """
        alike = self._by_ear.get(_heard(text), ())
        if not misspelt:
            return next((named for named in alike if by_ear(named.words) == by_ear(text)), None)
        apart = [(OSA.distance(text, named.words), named) for named in alike]
        best = min(apart, key=itemgetter(0), default=None)
        return best[1] if best and best[0] <= len(text) // _LETTERS_A_SOUND else None

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
        by_first = self._by_first
        for at in [at for at, word in enumerate(words) if word in by_first]:
            for form, named in by_first[words[at]]:
                if tuple(words[at : at + len(form)]) == form:
                    found.append(named)
        return sorted(found, key=lambda named: -len(named.words.split()))


def _heard(text: str) -> str:
    """How it sounds, in one breath, one or many."""
    return sound(text.replace(" ", "").removesuffix("s"))


def _form(word: str) -> str:
    return " ".join(plain(word).replace("-", " ").replace(".", "").split())
