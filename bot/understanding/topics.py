"""Which topic a text names: its keyword or an alias alone, or within a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.understanding.reading import Reading
from content.library import Library
from content.model import Topic
from content.phrases import plain

_WHOLE_ONLY = frozenset(["io", "se", "que", "how", "what", "when", "why", "como", "cuando", "hoy", "today"])


@dataclass(frozen=True, slots=True)
class Named:
    """A topic that a text names, with the words that do."""

    topic: Topic
    words: str
    own_keyword: bool


class Topics:
    """Finds topics by keyword and alias; made once."""

    def __init__(self, library: Library) -> None:
        self._topics = library.topics
        self._whole: dict[str, dict[str, Named]] = {language: {} for language in library.languages}
        for topic in library.topics.values():
            for language in library.languages:
                for word in topic.words(language):
                    form = _form(word)
                    keyword = bool(topic.keyword[language]) and form == _form(topic.keyword[language])
                    self._whole[language].setdefault(form, Named(topic, form, keyword))
        self._longest = max(len(form.split()) for forms in self._whole.values() for form in forms)

    def words(self) -> set[str]:
        """Every word of every keyword and alias."""
        return {word for forms in self._whole.values() for form in forms for word in form.split()}

    def whole(self, text: str, language: str) -> Named | None:
        """The topic of a text that is nothing but a keyword or alias, in the person's own language first."""
        for forms in self._in_order(language):
            if text in forms:
                return forms[text]
        return None

    def within(self, reading: Reading, language: str) -> list[Named]:
        """Topics named within a sentence, the longest name first."""
        found: dict[str, Named] = {}
        words = reading.words
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                form = " ".join(words[start : start + length])
                if form in _WHOLE_ONLY:
                    continue
                for forms in self._in_order(language):
                    named = forms.get(form)
                    if named:
                        found.setdefault(named.topic.id, named)
                        break
        return list(found.values())

    def _in_order(self, language: str) -> list[Mapping[str, Named]]:
        own = self._whole.get(language)
        others = [forms for name, forms in self._whole.items() if name != language]
        return [own, *others] if own is not None else list(self._whole.values())


def _form(word: str) -> str:
    return " ".join(plain(word).replace("-", " ").replace(".", "").split())
