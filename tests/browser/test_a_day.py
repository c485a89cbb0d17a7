"""A nurse's whole day at the console, in a real browser: from signing in with a second factor to signing out.

Then what of it waits for no live update once more, in a browser without scripts.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from passlib.totp import TOTP
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import shuts_nobody_out
from tests.browser.phones import text
from tests.browser.staff import ADMINISTRATOR, NURSE, give_password, sign_in

MOST_LOOKS = 300
"""So often a page that does not ask again by itself is asked for how far a closure is."""


@pytest.fixture
def phone(demo: str, browser: Browser) -> Iterator[Page]:
    """The simulator's page, on which somebody texts the clinic."""
    opened = browser.new_page()
    opened.goto(f"{demo}/simulator")
    yield opened
    opened.close()


def monday_in(weeks: int) -> date:
    today = datetime.now(UTC).date()
    return today + timedelta(days=7 - today.weekday() + 7 * (weeks - 1))


def test_the_whole_day(demo: str, page: Page, phone: Page) -> None:
    _sets_up_a_second_factor(page, demo)
    _enrols(page, demo)
    _answers_a_danger(page, phone)
    _answers_by_hand_and_teaches(page, phone)
    _delays_the_fourth_cycle_and_takes_it_back(page)
    _closes_a_day(page, demo)
    _prints_the_sheet(page, demo)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


def _sets_up_a_second_factor(page: Page, demo: str) -> None:
    """At the account's page; then signs out, and in again with password and code."""
    sign_in(page, demo, NURSE).goto(f"{demo}/account/second-factor")
    page.get_by_role("button", name="Set up an authenticator").click()
    key = page.get_by_text(re.compile(r"^[A-Z2-7]{4}(-[A-Z2-7]{4})+$")).inner_text()
    authenticator = TOTP(key.replace("-", ""), issuer="Immunotext")
    shuts_nobody_out(page)
    page.get_by_label("Code").fill(authenticator.generate().token)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Sign out").click()
    give_password(page, demo, NURSE)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Second factor")
    shuts_nobody_out(page)
    page.goto(f"{demo}/c/1/today")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
    give_password(page, demo, NURSE)
    page.get_by_label("Code that your authenticator shows now").fill(authenticator.generate().token)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")


def _enrols(page: Page, demo: str) -> None:
    """Somebody whose first visit is on a Monday in two weeks."""
    page.goto(f"{demo}/c/1/enrol")
    page.get_by_label("Phone number").fill("202-555-0172")
    page.get_by_label("Name").fill("Ida Clay")
    page.get_by_label("Regimen").fill("pembro_q3w")
    page.get_by_label("First day").fill(monday_in(2).isoformat())
    page.get_by_label("Time of visits").fill("09:30")
    expect(page.locator("#ahead")).to_contain_text("you have a visit on")
    page.get_by_label("How they agreed").select_option("signed form")
    page.get_by_label("The patient has agreed to this").check()
    page.get_by_label("The patient has agreed to this").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ida Clay")


def _answers_a_danger(page: Page, phone: Page) -> None:
    """The alert appears on the page that is open; it is taken, and closed with a note."""
    text(phone, "ten trips to the loo and its only noon, see you friday")
    badge = page.locator("#alert-badge a")
    expect(badge).to_contain_text("1 alert nobody has seen")
    badge.click()
    expect(page.get_by_text("ten trips to the loo")).to_be_visible()
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_text("seen by Jo Rivera (nurse)")).to_be_visible()
    page.get_by_role("link", name="Close with a note").click()
    page.get_by_label("What came of it").fill("Phoned: comes in today.")
    page.get_by_role("button", name="Close the alert").click()
    expect(page.get_by_text("No alert is open.")).to_be_visible()


def _answers_by_hand_and_teaches(page: Page, phone: Page) -> None:
    """A text that was not understood: it gets a person's answer, and the word is proposed to a colleague."""
    text(phone, "zoombugs")
    page.get_by_role("link", name="Inbox", exact=True).click()
    page.get_by_role("listitem").filter(has_text="zoombugs").get_by_role("link").click()
    page.get_by_label("Your answer").wait_for()
    page.wait_for_load_state()  # what is written before the script is there is not measured while it is written
    page.get_by_label("Your answer").fill("We will phone you at noon.")
    expect(page.locator("#measured")).to_contain_text("1 SMS")
    shuts_nobody_out(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#texts")).to_contain_text("We will phone you at noon.")
    expect(phone.locator("#texts li.out").last).to_contain_text("We will phone you at noon.")

    page.get_by_role("link", name="Inbox", exact=True).click()
    page.get_by_role("link", name="Not understood").click()
    page.get_by_role("link", name="Teach").click()
    page.get_by_label("it is about").select_option("tired")
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("main")).to_contain_text("zoombugs")
    shuts_nobody_out(page)
    page.get_by_role("button", name="Propose it to a colleague").click()
    expect(page.get_by_role("status").first).to_be_visible()
    shuts_nobody_out(page)


def _delays_the_fourth_cycle_and_takes_it_back(page: Page) -> None:
    page.get_by_role("link", name="Patients").click()
    page.get_by_role("link", name="Ida Clay").click()
    page.get_by_role("link", name="Change the plan").click()
    page.get_by_role("link", name=re.compile("Delay")).click()
    cycle = page.get_by_label("Which cycle")
    cycle.select_option(label=cycle.locator("option").nth(3).inner_text())
    page.get_by_label("By how many days").fill("14")
    expect(page.locator("#shown")).to_contain_text("Cycle 4 starts 14 days later")
    page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    page.get_by_role("link", name=re.compile("Undo this")).click()
    page.get_by_role("button", name="Take the change back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")


def _closes_a_day(page: Page, demo: str) -> None:
    """The new patient's first visit comes too near to the next one so: somebody answers for that by name."""
    first = monday_in(2)
    page.goto(f"{demo}/c/1/closures")
    page.get_by_label("Closed on").fill(first.isoformat())
    page.get_by_label("Visits move to").fill((first + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="See who is affected").click()
    affected = page.get_by_role("listitem").filter(has_text="Ida Clay")
    expect(affected.locator(".badge")).to_have_text("too near to another treatment")
    page.get_by_text("Move those too that come too near").click()
    page.get_by_label("Who answers for it").fill("Dr. Demo")
    page.get_by_label("Why it may be, in your own words").fill("A day less is fine for her.")
    page.get_by_role("button", name=re.compile("Move all visits")).click()
    expect(page.locator("#progress")).to_contain_text("1 visit moved", timeout=30_000)
    expect(page.locator("#progress")).to_contain_text("No visit stayed.")


def _prints_the_sheet(page: Page, demo: str) -> None:
    """On one page of paper, without what only a screen needs."""
    page.goto(f"{demo}/c/1/today")
    page.get_by_role("link", name="Sheet for the huddle").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert len(re.findall(rb"/Type /Page\b", page.pdf(format="Letter"))) == 1
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation").first).to_be_hidden()
    page.emulate_media(media="screen")


def test_the_day_needs_no_script(demo: str, browser: Browser, phone: Page) -> None:
    page = sign_in(browser.new_page(java_script_enabled=False), demo, ADMINISTRATOR)
    _enrols_without_a_script(page)
    text(phone, "woke up and there is raw skin stuck to the sheet")
    expect(phone.locator("#texts li.out").last).to_contain_text("911")
    _takes_and_closes_an_alert(page)
    _answers_without_a_script(page, phone)
    _delays_a_plan_found_by_name(page)
    _closes_a_day_without_a_script(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
    page.close()


def _enrols_without_a_script(page: Page) -> None:
    """What is missing is told on the page that comes back, and what was written stands there."""
    page.get_by_role("link", name="Enrol", exact=True).click()
    page.get_by_label("Phone number").fill("202-555-0173")
    page.get_by_label("Name").fill("Ned Poole")
    page.get_by_label("Regimen").fill("nivo_rela")
    page.get_by_label("First day").fill(monday_in(4).isoformat())
    page.get_by_label("Time of visits").fill("09:30")
    page.get_by_label("How they agreed").select_option("signed form")
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.locator(".fault").first).to_be_visible()
    page.get_by_label("The patient has agreed to this").check()
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ned Poole")


def _takes_and_closes_an_alert(page: Page) -> None:
    page.get_by_role("link", name="Alerts", exact=True).click()
    expect(page.get_by_text("raw skin stuck to the sheet")).to_be_visible()
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_text("seen by Amal Haddad (administrator)")).to_be_visible()
    page.get_by_role("link", name="Close with a note").click()
    page.get_by_label("What came of it").fill("Phoned: comes in now.")
    page.get_by_role("button", name="Close the alert").click()
    expect(page.get_by_text("No alert is open.")).to_be_visible()


def _answers_without_a_script(page: Page, phone: Page) -> None:
    text(phone, "snorfles")
    page.get_by_role("link", name="Inbox", exact=True).click()
    page.get_by_role("listitem").filter(has_text="snorfles").get_by_role("link").click()
    page.get_by_label("Your answer").fill("We will phone you at three.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#texts")).to_contain_text("We will phone you at three.")


def _delays_a_plan_found_by_name(page: Page) -> None:
    page.get_by_role("link", name="Patients").click()
    page.get_by_role("searchbox").fill("poole")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Ned Poole").click()
    page.get_by_role("link", name="Change the plan").click()
    page.get_by_role("link", name=re.compile("Delay")).click()
    page.get_by_label("By how many days").fill("14")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("#shown")).to_contain_text("Cycle 1 starts 14 days later")
    page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    page.get_by_role("link", name=re.compile("Undo this")).click()
    page.get_by_role("button", name="Take the change back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back.")


def _closes_a_day_without_a_script(page: Page) -> None:
    first = monday_in(4)
    page.get_by_role("link", name="Closures").click()
    page.get_by_label("Closed on").fill(first.isoformat())
    page.get_by_label("Visits move to").fill((first + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="See who is affected").click()
    expect(page.get_by_role("listitem").filter(has_text="Ned Poole")).to_be_visible()
    page.get_by_text("Move those too that come too near").click()
    page.get_by_label("Who answers for it").fill("Dr. Demo")
    page.get_by_label("Why it may be, in your own words").fill("A day less is fine for him.")
    page.get_by_role("button", name=re.compile("Move all visits")).click()
    progress = page.locator("#progress")
    expect(progress).to_be_visible()
    for _ in range(MOST_LOOKS):
        if progress.get_by_text("done", exact=True).count():
            break
        page.reload()
    expect(progress).to_contain_text("1 visit moved")
