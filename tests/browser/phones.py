"""Somebody at the phone on the screen, who texts the clinic."""

import re

from playwright.sync_api import Page, expect


def pick_up(phone: Page, demo: str, person: str) -> Page:
    """The same page, with the phone of this person on it."""
    phone.goto(f"{demo}/simulator")
    phone.get_by_role("link", name=re.compile(person)).click()
    # The page before it has a box for a text as well, which takes one into nowhere while this one comes.
    expect(phone.locator(".phone .bar")).to_contain_text(person)
    phone.wait_for_load_state()
    return phone


def text(phone: Page, words: str) -> None:
    """Sends them, and sees them arrive; the answer is the caller's to wait for."""
    phone.get_by_label("Your text").fill(words)
    phone.get_by_label("Your text").press("Enter")
    expect(phone.locator("#texts li.in").last).to_contain_text(words)
