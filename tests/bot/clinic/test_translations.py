"""Every sentence of the console in every language of it, with the same placeholders, and compiled."""

import re

import pytest

from tools import translations

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_catalogue_is_in_step_with_the_sources(language: str) -> None:
    catalog = translations.found(language)
    assert translations.untranslated(catalog) == [], "translate them, then run `make translations`"
    written = translations.catalogue_file(language).read_bytes()
    compiled = translations.compiled_file(language).read_bytes()
    assert written == translations.written(catalog), "run `make translations`"
    assert compiled == translations.compiled(catalog), "run `make translations`"


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    for message in translations.found(language):
        sources = message.id if isinstance(message.id, tuple | list) else [message.id]
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        expected = {name for source in sources for name in PLACEHOLDER.findall(str(source))}
        for string in strings:
            assert set(PLACEHOLDER.findall(str(string))) <= expected, message.id
