"""Sentences for people that know what they were made of, so that a screen can say them in its reader's language.

What is read nowhere else than in a log or on a command line stays the English string that it is. The template is the
key of a translation: `tools.translations` finds it wherever ``Plain("...")`` stands in the sources.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, Self


class Plain(str):
    """An English sentence, made of a template with names in braces and of their values.

    ``Plain("on hold since {day}", day=day)`` is a string like any other. A value may be a string, a number, a date, a
    time of day, an aware moment, another Plain, or a list of these, which is joined by commas. A template without
    values is not filled in.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        """The sentence in English: dates as 2026-01-31, moments as they are in ISO 8601."""
        made = super().__new__(cls, put_together(template, values, _in_english))
        made.template, made.values = template, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), dict(self.values)

    def filled(self, values: Mapping[str, Any]) -> "Plain":
        """The same template with these values."""
        return Plain(self.template, **values)


def put_together(template: str, values: Mapping[str, Any], say: Callable[[Any], str]) -> str:
    """A template with what ``say`` makes of its values."""
    return template.format_map({name: say(value) for name, value in values.items()}) if values else template


def translated(said: Any, gettext: Callable[[str], str], write: Callable[[Any], str]) -> str:
    """A sentence with its template, and those of its values, as ``gettext`` has them; ``write`` writes all else."""
    match said:
        case Plain():
            return put_together(gettext(said.template), said.values, lambda each: translated(each, gettext, write))
        case list() | tuple():
            return joined(said, lambda each: translated(each, gettext, write))
    return write(said)


def days_of(count: int) -> Plain:
    """So many days, as a value of a sentence: a template has no plural of its own."""
    return Plain("1 day") if count == 1 else Plain("{count} days", count=count)


def joined(values: list[Any] | tuple[Any, ...], say: Callable[[Any], str]) -> str:
    """Several values as one."""
    return ", ".join(map(say, values))


def plain_to_json(sentence: str) -> Any:
    """A sentence as a value of JSON that `plain_from_json` reads; what is no Plain is the string that it is."""
    if not isinstance(sentence, Plain):
        return sentence
    return {"says": sentence.template, "of": {name: _stored(value) for name, value in sentence.values.items()}}


def plain_from_json(stored: Any) -> str:
    """The sentence of a `plain_to_json`; a string is what was stored before there were others."""
    read = _read(stored)
    return read if isinstance(read, str) else str(read)


def _in_english(value: Any) -> str:
    match value:
        case str():
            return str(value)
        case datetime():
            return value.isoformat(timespec="seconds")
        case time():
            return value.isoformat("minutes")
        case list() | tuple():
            return joined(value, _in_english)
    return str(value)


def _stored(value: Any) -> Any:
    match value:
        case str():
            return plain_to_json(value)
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case list() | tuple():
            return [_stored(each) for each in value]
    return value


def _read(stored: Any) -> Any:
    match stored:
        case {"says": template, "of": values}:
            return Plain(template, **{name: _read(value) for name, value in values.items()})
        case {"moment": at}:
            return datetime.fromisoformat(at)
        case {"day": day}:
            return date.fromisoformat(day)
        case {"time": at}:
            return time.fromisoformat(at)
        case list():
            return [_read(each) for each in stored]
    return stored
