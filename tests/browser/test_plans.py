"""Changing a plan in a real browser: the preview that follows the form, two people at one plan, and the undo."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import shuts_nobody_out
from tests.browser.staff import ADMINISTRATOR, NURSE, sign_in

DELAY = "/c/1/plans/4/change?kind=delay"


@pytest.fixture
def nurse(demo: str, page: Page) -> Page:
    """A nurse's page, whose script must not fail."""
    return sign_in(page, demo, NURSE)


@pytest.fixture
def other(demo: str, browser: Browser) -> Iterator[Page]:
    """The page of somebody else at the same clinic."""
    opened = browser.new_page()
    yield sign_in(opened, demo, ADMINISTRATOR)
    opened.close()


def test_a_delay_is_seen_while_it_is_typed_made_and_taken_back(demo: str, nurse: Page, other: Page) -> None:
    for page in (nurse, other):
        page.goto(f"{demo}{DELAY}")
    shown = nurse.locator("#shown")
    nurse.get_by_label("By how many days").fill("14")
    expect(shown).to_contain_text("Cycle 1 starts 14 days later")
    shuts_nobody_out(nurse)
    nurse.get_by_label("By how many days").fill("")
    expect(shown).to_contain_text("as soon as the form is filled in")
    expect(nurse.get_by_role("button", name="Confirm the change")).to_have_count(0)
    nurse.get_by_label("By how many days").fill("14")
    nurse.get_by_role("button", name="Confirm the change").click()
    expect(nurse.get_by_role("status")).to_contain_text("The plan is changed.")

    other.get_by_label("By how many days").fill("21")
    expect(other.locator("#shown")).to_contain_text("Somebody else has changed this plan meanwhile.")
    expect(other.get_by_role("button", name="Confirm the change")).to_have_count(0)
    shuts_nobody_out(other)
    other.get_by_role("link", name="Look at the plan as it is now").click()
    expect(other.get_by_text("Somebody else has changed")).to_have_count(0)

    nurse.get_by_role("link", name=re.compile("Undo this")).click()
    nurse.get_by_role("button", name="Take the change back").click()
    expect(nurse.get_by_role("status")).to_contain_text("Taken back.")
    other.get_by_role("button", name="Confirm the change").click()
    expect(other.get_by_role("alert")).to_contain_text("Nothing of yours was written.")


def test_a_plan_is_changed_without_javascript(demo: str, browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    sign_in(page, demo, NURSE).goto(f"{demo}/c/1/plans/3/change?kind=move")
    page.get_by_label("To which day").fill("2199-01-01")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("#shown")).to_contain_text("Not possible:")
    page.goto(f"{demo}/c/1/plans/3/change?kind=hold")
    page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("on hold")
    page.close()
