"""Every text of the shared vectors, measured and folded as Twilio's calculator and GOV.UK Notify do."""

import json
import os
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from content.sms_text import fold, measure

VECTORS = Path(os.environ.get("SHARED_DIR", "../shared")) / "vectors"


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return data


@pytest.mark.parametrize("vector", _read("sms_segments.json")["vectors"], ids=lambda vector: vector["id"])
def test_segments_agree_with_twilios_calculator(vector: dict[str, Any]) -> None:
    found = measure(vector["text"], smart_encoding=vector["smart_encoding"])
    assert (found.encoding, found.segments) == (vector["encoding"], vector["segments"])


@pytest.mark.parametrize("case", _read("notify_fragments.json")["fragment_cases"])
def test_fragments_agree_with_twilio_for_notifys_texts(case: dict[str, Any]) -> None:
    for text, prefix in ((case["content"], "raw_content"), (case["sent_as"], "sent_as")):
        encoding = case["twilio_encoding_of_raw" if prefix == "raw_content" else "twilio_encoding_of_sent_as"]
        found = measure(text)
        assert (found.encoding, found.segments) == (encoding, case[f"twilio_segments_of_{prefix}"])


@pytest.mark.parametrize("case", _read("notify_sanitise.json")["character_cases"], ids=lambda case: repr(case["input"]))
def test_folding_is_notifys_except_that_nothing_becomes_a_question_mark(case: dict[str, Any]) -> None:
    folded = fold(case["input"])
    if case["expect_sms"] == "?":
        assert folded == normalize("NFC", case["input"])
    elif measure(case["expect_sms"]).encoding == "GSM-7":
        assert folded == case["expect_sms"]
    else:
        # Notify keeps Welsh letters and pays for UCS-2; English and Spanish do not need them.
        assert measure(folded).encoding == "GSM-7"


@pytest.mark.parametrize("name", ["topics.json", "replies.json"])
def test_spanish_texts_fold_to_their_reviewed_gsm_form(name: str) -> None:
    entries: Any = json.loads((VECTORS.parent / "domain" / name).read_text("utf-8"))
    texts = entries if name == "replies.json" else [fact for topic in entries for fact in topic["facts"]]
    assert [text["id"] for text in texts if fold(text["es"]) != text["es_gsm"]] == []
