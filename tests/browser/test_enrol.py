"""Enrolment in a real browser: how much it takes, and what appears beside it."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.staff import NURSE, sign_in

MOST = 14


class Hand:
    """A nurse who counts every field that is filled in or passed, every choice and every key."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def writes(self, text: str) -> None:
        """Into what has the focus, and on to the next field."""
        self.page.keyboard.type(text)
        self.moves_on()

    def moves_on(self) -> None:
        self.page.keyboard.press("Tab")
        self.count += 1

    def presses(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.count += 1


def test_a_nurse_enrols_in_under_15_interactions(demo: str, page: Page) -> None:
    sign_in(page, demo, NURSE)
    page.goto(f"{demo}/c/1/enrol")
    hand = Hand(page)
    expect(page.get_by_label("Phone number")).to_be_focused()
    expect(page.locator("#ahead")).to_contain_text("Choose a regimen and the first day")
    monday = datetime.now(UTC).date() + timedelta(days=14)

    hand.writes("202-555-0171")
    hand.writes("Ann Bell")
    hand.moves_on()  # no code of the clinic
    hand.writes("pembrolizumab every 3")
    page.get_by_label("First day").fill(monday.isoformat())
    page.get_by_label("Time of visits").fill("09:30")
    hand.count += 2
    expect(page.locator("#ahead")).to_contain_text("you have a visit on")
    expect(page.locator("#ahead table.month").first).to_be_visible()
    page.get_by_label("How they agreed").select_option("signed form")
    hand.count += 1
    page.get_by_label("How they agreed").press("Tab")
    hand.count += 1
    expect(page.get_by_label("The patient has agreed to this")).to_be_focused()
    hand.presses("Space")
    hand.presses("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Ann Bell")
    expect(page.get_by_text("Enrolled.")).to_be_visible()
    assert hand.count <= MOST
