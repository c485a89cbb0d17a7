"""What a person types, read into a number, or refused with a sentence that says what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.phone import is_e164, read_number, without_old_prefix


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("+12025550143", None, "+12025550143"),
        (" +1 (202) 555-0143 ", None, "+12025550143"),
        ("202.555.0143", "US", "+12025550143"),
        ("202-555-0143", "us", "+12025550143"),
        ("1 202 555 0143", "US", "+12025550143"),
        ("tel:+1-202-555-0143", None, "+12025550143"),
        ("011 44 7400 123456", "US", "+447400123456"),
        ("+44 (0)7400 123456", None, "+447400123456"),
        ("whatsapp:+12025550143", None, "+12025550143"),
        ("+1\xa0202\xa0555\xa00143", None, "+12025550143"),
        ("\u202a+12025550143\u202c", None, "+12025550143"),
        ("+12025550143\x00", None, "+12025550143"),
        ("+１２０２５５５０１４３", None, "+12025550143"),
        ("+١٢٠٢٥٥٥٠١٤٣", None, "+12025550143"),
        ("55 1234 5678", "MX", "+525512345678"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
    ],
)
def test_a_number_that_takes_texts_is_read_into_e164(typed: str, region: str | None, e164: str) -> None:
    number = read_number(typed, region)
    assert (number.e164, number.can_text, number.error) == (e164, True, None)


@pytest.mark.parametrize(
    ("typed", "region", "advice"),
    [
        ("", "US", "not a phone number"),
        ("call me", "US", "not a phone number"),
        ("202 555 0143", None, "country code"),
        ("202 555 0143", "ZZ", "country code"),
        ("+0123456789", None, "country code"),
        ("555-0143", "US", "too short"),
        ("911", "US", "too short"),
        ("+1202555014399", None, "too long"),
        ("202-555-0143 / 202-555-0144", "US", "too long"),
        ("1" * 1_000, "US", "too long"),
        ("+1 123 555 0143", None, "check each digit"),
        ("+1 202 555 0143 ext. 7", None, "extension"),
        ("tel:+12025550143;ext=7", None, "extension"),
        ("+52 1 55 1234 5678", None, "+52 and the ten digits"),
        ("044 55 1234 5678", "MX", "+52 and the ten digits"),
    ],
)
def test_what_is_no_number_is_refused_with_what_to_do(typed: str, region: str | None, advice: str) -> None:
    number = read_number(typed, region)
    assert (number.e164, number.can_text) == (None, False)
    assert number.error is not None
    assert advice in number.error


@pytest.mark.parametrize(
    ("typed", "e164", "advice"),
    [
        ("+44 20 7946 0991", "+442079460991", "landline"),
        ("+54 11 2345 6789", "+541123456789", "+54 9"),
        ("+1 800 356 9377", "+18003569377", "toll free"),
        ("+1 500 555 0006", "+15005550006", "Twilio's test numbers"),
    ],
)
def test_a_valid_number_that_takes_no_texts_is_read_and_says_why(typed: str, e164: str, advice: str) -> None:
    number = read_number(typed)
    assert (number.e164, number.can_text) == (e164, False)
    assert number.error is not None
    assert advice in number.error


@given(typed=st.text(), region=st.sampled_from([None, "US", "MX", "zz", ""]))
def test_whatever_is_typed_gives_e164_or_a_sentence(typed: str, region: str | None) -> None:
    number = read_number(typed, region)
    assert number.e164 is None or is_e164(number.e164)
    assert number.can_text == (number.error is None)
    assert number.e164 is not None or not number.can_text


@given(
    digits=st.from_regex(r"\A[2-9][0-9]{9}\Z"), noise=st.sampled_from(["{}", "whatsapp:+1{}", " +1 {}\u200f", "+1{}\n"])
)
def test_reading_a_number_that_was_read_changes_nothing(digits: str, noise: str) -> None:
    once = read_number(noise.format(digits), "US")
    if once.e164:
        assert read_number(once.e164) == once


@pytest.mark.parametrize("text", ["+12025550143", "+4474001234", "+390236618300"])
def test_the_form_of_e164_is_known(text: str) -> None:
    assert is_e164(text)


@pytest.mark.parametrize(
    "text", ["", "12025550143", "+02025550143", "+1202555014x", "+12025550143\n", "+1٢025550143", "+" + "1" * 16]
)
def test_what_has_not_the_form_of_e164_is_known(text: str) -> None:
    assert not is_e164(text)


def test_whatsapps_old_mexican_form_becomes_the_number_that_was_enrolled() -> None:
    assert without_old_prefix("+5215512345678") == "+525512345678"
    assert without_old_prefix("+525512345678") == "+525512345678"
    assert without_old_prefix("+12025550143") == "+12025550143"
