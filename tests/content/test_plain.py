"""Sentences that know what they were made of."""

import copy
import json
import pickle
from datetime import UTC, date, datetime, time

import pytest

from content.plain import Plain, plain_from_json, plain_to_json

DAY = date(2026, 1, 31)
SENTENCES = [
    Plain("nothing {is} filled in"),
    Plain("on hold since {day}", day=DAY),
    Plain("{who}: {why}.", who="Dr {Who}", why=Plain("on hold since {day}", day=DAY)),
    Plain("{days} days, {at}, {texts}", days=3, at=[time(9), time(19, 30)], texts=("a", Plain("b"))),
    Plain("seen at {at}", at=datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
]


def test_a_sentence_is_the_english_string() -> None:
    assert SENTENCES == [
        "nothing {is} filled in",
        "on hold since 2026-01-31",
        "Dr {Who}: on hold since 2026-01-31.",
        "3 days, 09:00, 19:30, a, b",
        "seen at 2026-01-31T14:05:00+00:00",
    ]
    assert type(str(SENTENCES[1])) is str
    assert str(ValueError(SENTENCES[1])) == "on hold since 2026-01-31"


@pytest.mark.parametrize("sentence", SENTENCES)
def test_it_keeps_what_it_was_made_of(sentence: Plain) -> None:
    for again in (
        pickle.loads(pickle.dumps(sentence)),
        copy.deepcopy(sentence),
        plain_from_json(json.loads(json.dumps(plain_to_json(sentence)))),
        Plain(sentence.template).filled(sentence.values),
    ):
        assert again == sentence
        assert isinstance(again, Plain)
        assert again.template == sentence.template
        assert plain_to_json(again) == plain_to_json(sentence)


def test_a_string_of_before_is_read_as_it_is() -> None:
    assert plain_from_json(plain_to_json("a sentence of before")) == "a sentence of before"
