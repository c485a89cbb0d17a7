"""Every phone number of the shared vectors, read as libphonenumber reads it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from channels.phone import read_number

VECTORS = Path(os.environ.get("SHARED_DIR", "../shared")) / "vectors"


def _read(name: str, rows: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))[rows]
    return data


# Rows on which Google's own two builds disagree depend on the age of their data.
STABLE = [vector for vector in _read("phone_numbers.json", "vectors") if vector["js_agrees"]]


@pytest.mark.parametrize("vector", STABLE, ids=lambda vector: vector["id"])
def test_a_number_is_read_as_libphonenumber_reads_it(vector: dict[str, Any]) -> None:
    number = read_number(vector["input"], vector["default_region"])
    assert number.e164 == (vector["e164"] if vector["valid"] else None)
    assert number.can_text == vector["sms_plausible"]


@pytest.mark.parametrize("region", ["GB", "US"])
@pytest.mark.parametrize("case", _read("notify_phone.json", "cases"), ids=lambda case: repr(case["input"]))
def test_notifys_numbers_are_read_as_libphonenumber_reads_them(case: dict[str, Any], region: str) -> None:
    number = read_number(case["input"], region)
    assert number.e164 == case["plain_libphonenumber"][region]
    if case["group"] == "uk_landline":
        assert not number.can_text
