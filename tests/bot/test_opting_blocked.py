"""What the provider blocks only START lifts, texted from that phone: nothing else is believed, and staff hear of it."""

from datetime import UTC, date, datetime

import pytest

from scheduler import consent
from store import follow_ups
from tests.bot.conftest import Phone, enrol

START = date(2026, 5, 5)
NOW = datetime(2026, 5, 1, 16, tzinfo=UTC)


@pytest.fixture
def blocked(phone: Phone) -> Phone:
    """A patient of whom the provider said 21610."""
    enrol(phone.services, "pembro_q3w", START)
    block(phone)
    return phone


def block(phone: Phone) -> None:
    contact = phone.contact()
    with phone.services.database.writing() as tx:
        consent.stop(tx, NOW, phone.services.library, contact, "provider", source="provider", by="provider")


@pytest.mark.parametrize("words", ["RESUME", "please text me again", "start again please"])
def test_words_that_the_provider_does_not_take_for_start_bring_no_texts_back(blocked: Phone, words: str) -> None:
    blocked.text(words)
    assert blocked.contact().opt_out_reason == "provider"


def test_staff_read_that_start_is_needed(blocked: Phone) -> None:
    for task in blocked.follow_ups():
        close(blocked, task.id)
    assert blocked.text("RESUME").body is None
    assert [(task.kind, task.detail) for task in blocked.follow_ups()] == [("other", consent.START_NEEDED)]


@pytest.mark.parametrize("words", ["START", " unstop "])
def test_start_brings_them_back(blocked: Phone, words: str) -> None:
    blocked.text(words)
    assert blocked.contact().opted_out_at is None


def test_a_block_that_stands_after_all_is_an_opt_out_again_and_staff_read_what_is_needed(blocked: Phone) -> None:
    blocked.text("START")
    block(blocked)
    assert blocked.contact().opt_out_reason == "provider"
    assert consent.START_NEEDED in [task.detail for task in blocked.follow_ups()]


def close(phone: Phone, task_id: int) -> None:
    with phone.services.database.writing() as tx:
        follow_ups.close_follow_up(tx, NOW, task_id, "nurse")
