"""Finding a text of the content by any of its words, in any language."""

from collections.abc import Iterator
from dataclasses import dataclass

from content.danger import DangerSign
from content.library import Library
from content.phrases import plain

MOST = 60


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that has all the words: ``kind`` (fact, text, danger, topic), what it belongs to, and its text."""

    kind: str
    name: str
    language: str
    text: str


def find(library: Library, asked: str) -> list[Hit]:
    """What has all the words that are asked for, or words that begin so, whatever their case and accents."""
    wanted = plain(asked).split()
    if not wanted:
        return []
    found = []
    for hit in _everything(library):
        words = plain(f"{hit.name} {hit.text}")
        if all(word in words for word in wanted):
            found.append(hit)
            if len(found) == MOST:
                break
    return found


def _everything(library: Library) -> Iterator[Hit]:
    for topic in library.topics.values():
        for language in library.languages:
            yield Hit("topic", topic.id, language, ", ".join(topic.words(language)))
        for fact in topic.facts:
            for language, text in fact.text.items():
                yield Hit("fact", fact.id, language, text)
    for language, wording in library.wordings.items():
        for key, fixed in wording.texts.items():
            yield Hit("text", key, language, fixed.text)
    for sign in library.danger.values():
        yield from _phrases(sign)


def _phrases(sign: DangerSign) -> Iterator[Hit]:
    for part in (sign.phrases, sign.hints, sign.mild, sign.look_alikes):
        for language, phrases in part.items():
            for phrase in phrases:
                yield Hit("danger", sign.id, language, phrase.text)
