"""A phone number as a person writes it, read into E.164, and whether a text can reach it.

Only the E.164 form leaves this module: nothing of what was typed (prefixes, direction marks, other digits) survives.
"""

import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_OLD_MEXICAN = re.compile(r"\A\+521([0-9]{10})\Z")
_TWILIO_TEST_NUMBER = re.compile(r"\+1500555000[0-9]")

_EXAMPLE = "for example +1 202 555 0143"
_NOT_A_NUMBER = f"This is not a phone number: write it with its country code, {_EXAMPLE}."
_NO_COUNTRY = f"The country code is missing or does not exist: write the number with it, {_EXAMPLE}."
_TOO_SHORT = "The number is too short: check that no digit is missing."
_TOO_LONG = "The number is too long: write one number, without more digits than it has."
_NOT_IN_USE = "No phone has this number: check each digit."
_EXTENSION = "A text cannot reach an extension: write the number of a mobile phone, with nothing after it."
_OLD_MEXICAN_FORM = "Mexican numbers no longer have 1, 044 or 045 before them: write +52 and the ten digits."
_TEST_NUMBER = "This is one of Twilio's test numbers, which nobody holds: write the number of a mobile phone."
_LANDLINE = "This is a landline, which cannot receive texts: write the number of a mobile phone."
_ARGENTINE_LANDLINE = (
    "This is a landline, which cannot receive texts: write a mobile number with 9 after the country code, +54 9."
)
_OTHER_KIND = "This kind of number ({kind}) cannot receive texts: write the number of a mobile phone."

SENTENCES = (
    _NOT_A_NUMBER,
    _NO_COUNTRY,
    _TOO_SHORT,
    _TOO_LONG,
    _NOT_IN_USE,
    _EXTENSION,
    _OLD_MEXICAN_FORM,
    _TEST_NUMBER,
    _LANDLINE,
    _ARGENTINE_LANDLINE,
)
"""What an `error` says, but for the kinds of numbers that nobody is likely to type: for whoever translates them."""

_UNPARSED = {
    NumberParseException.INVALID_COUNTRY_CODE: _NO_COUNTRY,
    NumberParseException.TOO_SHORT_AFTER_IDD: _TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: _TOO_SHORT,
    NumberParseException.TOO_LONG: _TOO_LONG,
}
_IMPOSSIBLE = {
    ValidationResult.TOO_SHORT: _TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: _TOO_SHORT,
    ValidationResult.TOO_LONG: _TOO_LONG,
}
# In North America a number does not tell whether it is a mobile: its type is FIXED_LINE_OR_MOBILE.
_CAN_TEXT = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number read: ``e164`` is None unless the number is valid, ``error`` says what to do unless ``can_text``."""

    e164: str | None
    can_text: bool
    error: str | None


def is_e164(text: str) -> bool:
    """Whether the text has the form of E.164, a plus and 7 to 15 ASCII digits; not whether anybody has the number."""
    return _E164.fullmatch(text) is not None


def without_old_prefix(e164: str) -> str:
    """The number without the 1 that Mexican mobiles had after +52 until 2019 and that WhatsApp still writes."""
    return _OLD_MEXICAN.sub(r"+52\1", e164)


def read_number(text: str, default_region: str | None = None) -> PhoneNumber:
    """Read what a person typed; ``default_region`` (ISO 3166, "US") is the country of a number without country code.

    Never raises. A number counts as one for texts when it is valid and its type is mobile or, as in North America,
    cannot be told from a mobile.
    """
    try:
        number = phonenumbers.parse(text, default_region.upper() if default_region else None)
    except NumberParseException as error:
        return _unreadable(_UNPARSED.get(error.error_type, _NOT_A_NUMBER))
    if number.extension:
        return _unreadable(_EXTENSION)
    if not phonenumbers.is_valid_number(number):
        return _unreadable(_why_invalid(number))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    kind = phonenumbers.number_type(number)
    if kind in _CAN_TEXT:
        return PhoneNumber(e164, True, None)
    return PhoneNumber(e164, False, _why_no_text(e164, kind))


def _unreadable(error: str) -> PhoneNumber:
    return PhoneNumber(None, False, error)


def _why_invalid(number: phonenumbers.PhoneNumber) -> str:
    if number.country_code == 52 and re.fullmatch(r"(1|0?4[45])\d{10}", str(number.national_number)):
        return _OLD_MEXICAN_FORM
    return _IMPOSSIBLE.get(phonenumbers.is_possible_number_with_reason(number), _NOT_IN_USE)


def _why_no_text(e164: str, kind: int) -> str:
    if _TWILIO_TEST_NUMBER.fullmatch(e164):
        return _TEST_NUMBER
    if kind == PhoneNumberType.FIXED_LINE:
        return _ARGENTINE_LANDLINE if e164.startswith("+54") else _LANDLINE
    return _OTHER_KIND.format(kind=PhoneNumberType.to_string(kind).lower().replace("_", " "))
