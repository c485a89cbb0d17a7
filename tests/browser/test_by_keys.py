"""The console by keyboard alone, in a real browser: what is done there takes no mouse.

`expect` and locators only look; whatever happens is a key that is pressed.
"""

import re
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.keys import enter, go_to, hand_over, sign_in, tab_to, tick, write, write_date
from tests.browser.phones import pick_up, text
from tests.browser.staff import ADMINISTRATOR, NURSE


@pytest.fixture(scope="module")
def first_visit(demo_folder: Path) -> date:
    """The day on which Kim Lee's treatment begins; the newest plan is theirs."""
    with closing(sqlite3.connect(demo_folder / "var" / "demo.db")) as database:
        (day,) = database.execute("SELECT start FROM plan ORDER BY id DESC LIMIT 1").fetchone()
    return date.fromisoformat(day)


@pytest.fixture(scope="module")
def demo_folder(demo_folder: Path) -> Path:
    """The folder of a demo whose clinic signed off the content of an earlier release."""
    with closing(sqlite3.connect(demo_folder / "var" / "demo.db")) as database, database:
        database.execute("UPDATE content_sign_off SET content_version = 'of the year before'")
    return demo_folder


def test_the_screens_are_reached_by_keys_alone(demo: str, page: Page) -> None:
    go_to(sign_in(page, demo, ADMINISTRATOR), "p", "Patients")
    page.keyboard.press("/")
    page.keyboard.type("alic")
    expect(page.get_by_role("link", name="Alice Moore")).to_be_visible()
    expect(page.get_by_role("link", name="Sam Taylor")).to_have_count(0)
    page.keyboard.press("Enter")
    enter(page.get_by_role("link", name="Alice Moore"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alice Moore")


def test_an_alert_a_delay_and_an_answer_take_no_mouse(demo: str, browser: Browser, page: Page) -> None:
    phone = browser.new_page()
    text(pick_up(phone, demo, "Kim Lee"), "ten trips to the loo and its only noon, see you friday")
    text(phone, "zoombugs")
    phone.close()
    sign_in(page, demo, NURSE)

    go_to(page, "a", "Alerts")
    card = page.get_by_role("article", name="Kim Lee")
    tab_to(card.get_by_role("button", name="I have it")).keyboard.press("Space")
    expect(card).to_contain_text("seen by Jo Rivera (nurse)")
    enter(card.get_by_role("link", name="Close with a note"))
    write(page.get_by_label("What came of it"), "Phoned: comes in today.")
    enter(page.get_by_role("button", name="Close the alert"))
    expect(page.get_by_role("status")).to_contain_text("Closed.")

    go_to(page, "p", "Patients")
    page.keyboard.press("/")
    page.keyboard.type("kim")
    page.keyboard.press("Enter")
    enter(page.get_by_role("link", name="Kim Lee"))
    enter(page.get_by_role("link", name="Change the plan"))
    enter(page.get_by_role("link", name=re.compile("Delay")))
    tab_to(page.get_by_label("Which cycle")).keyboard.press("ArrowDown")
    write(page.get_by_label("By how many days"), "14")
    expect(page.locator("#shown")).to_contain_text("Cycle 2 starts 14 days later")
    enter(page.get_by_role("button", name="Confirm the change"))
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    enter(page.get_by_role("link", name=re.compile("Undo this")))
    enter(page.get_by_role("button", name="Take the change back"))
    expect(page.get_by_role("status")).to_contain_text("Taken back.")

    go_to(page, "i", "Inbox")
    enter(page.get_by_role("listitem").filter(has_text="zoombugs").get_by_role("link").first)
    write(page.get_by_label("Your answer"), "We will phone you at noon.")
    tab_to(page.get_by_role("button", name="Send")).keyboard.press("Space")
    expect(page.locator("#texts")).to_contain_text("We will phone you at noon.")


def test_a_day_is_closed_its_visits_moved_and_all_of_them_told(demo: str, first_visit: date, page: Page) -> None:
    go_to(sign_in(page, demo, NURSE), "c", "Closed on a day")
    write_date(page.get_by_label("Closed on"), first_visit)
    write_date(page.get_by_label("Visits move to"), first_visit + timedelta(days=1))
    enter(page.get_by_role("button", name="See who is affected"))
    expect(page.get_by_role("listitem").filter(has_text="Kim Lee")).to_be_visible()
    tick(page.get_by_label("Tell each patient in one text"))
    enter(page.get_by_text("Move those too that come too near"))
    write(page.get_by_label("Who answers for it"), "Dr. Demo")
    write(page.get_by_label("Why it may be, in your own words"), "A day less is fine for her.")
    enter(page.get_by_role("button", name=re.compile("Move all visits")))
    expect(page.locator("#progress")).to_contain_text(re.compile("[1-9] visits? moved"), timeout=30_000)
    expect(page.locator("#progress")).to_contain_text("Each patient is told in one text.")


def test_a_word_is_taught_by_one_and_approved_by_another(demo: str, browser: Browser, page: Page) -> None:
    phone = browser.new_page()
    text(pick_up(phone, demo, "Sam Taylor"), "flumbots")
    phone.close()
    go_to(sign_in(page, demo, NURSE), "i", "Inbox")
    enter(page.get_by_role("link", name="Not understood"))
    enter(page.get_by_role("link", name="Teach: flumbots"))
    write(page.get_by_label("When somebody texts"), "flumbots")
    write(page.get_by_label("it is about"), "TIRED")
    enter(page.get_by_role("button", name="See what would change"))
    expect(page.get_by_role("region", name="What would change")).to_contain_text("flumbots")
    enter(page.get_by_role("button", name="Propose it to a colleague"))
    expect(page.get_by_text("waits for a second person")).to_be_visible()

    go_to(hand_over(page, demo, ADMINISTRATOR), "i", "Inbox")
    enter(page.get_by_role("link", name="Not understood"))
    enter(page.get_by_role("link", name=re.compile("flumbots.+means")))
    enter(page.get_by_role("button", name="Approve"))
    expect(page.get_by_role("status").first).to_contain_text("From now on it is understood.")


def test_content_and_a_regimen_are_signed_off_by_two(demo: str, page: Page) -> None:
    go_to(sign_in(page, demo, NURSE), "l", "Content")
    enter(page.get_by_role("button", name=re.compile("I have read version .+: propose it")))
    expect(page.get_by_role("status").first).to_contain_text("Proposed.")
    _find_regimen(page, "dostar")
    enter(page.get_by_role("button", name="I have read it: propose to sign it off"))
    expect(page.get_by_role("status").first).to_contain_text("Proposed.")

    go_to(hand_over(page, demo, ADMINISTRATOR), "l", "Content")
    enter(page.get_by_role("button", name="I have read it and sign it off"))
    expect(page.get_by_role("status").first).to_contain_text("Signed off.")
    _find_regimen(page, "dostar")
    enter(page.get_by_role("button", name="I have read it and sign it off"))
    expect(page.get_by_role("status").first).to_contain_text("Signed off.")
    expect(page.get_by_role("listitem").filter(has_text="Jo Rivera (nurse) and Amal Haddad")).to_be_visible()


def _find_regimen(page: Page, drug: str) -> None:
    """Goes to the first regimen with this drug."""
    go_to(page, "l", "Content")
    enter(page.get_by_role("link", name="Regimens"))
    expect(page.get_by_label("Find by title or drug")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("/")
    page.keyboard.type(drug)
    page.keyboard.press("Enter")
    enter(page.get_by_role("table").get_by_role("link").first)


def test_thresholds_people_and_the_keeping_of_words_are_set(demo: str, page: Page) -> None:
    go_to(sign_in(page, demo, ADMINISTRATOR), "s", "Settings")
    write(page.get_by_label("Fever: call at this temperature or above"), "100.2")
    write(page.get_by_label("Loose stools in 24 hours"), "3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_label("Loose stools in 24 hours")).to_have_value("3")

    enter(page.get_by_role("link", name="People"))
    write(page.get_by_label("Name", exact=True), "Kim Ito")
    write(page.get_by_label("E-mail address"), "kim@harbor.example")
    write(page.get_by_label("Role", exact=True), "viewer")
    enter(page.get_by_role("button", name="Add"))
    expect(page.get_by_role("status")).to_contain_text("Kim Ito can sign in now.")
    theirs = page.get_by_role("listitem").filter(has_text="Kim Ito")
    write(page.get_by_label("Role of Kim Ito"), "nurse")
    enter(theirs.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_label("Role of Kim Ito")).to_have_value("nurse")

    enter(page.get_by_role("link", name="Old texts"))
    write(page.get_by_label(re.compile("Days")), "400")
    tick(page.get_by_role("checkbox"))
    enter(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("Saved.")


def test_a_shift_is_entered_mended_and_taken_off(demo: str, page: Page) -> None:
    go_to(sign_in(page, demo, ADMINISTRATOR), "a", "Alerts")
    enter(page.get_by_role("link", name=re.compile("Rota")))
    write(page.get_by_label("Name"), "Kim Ito")
    write(page.get_by_label("Mobile number"), "12")
    tick(page.get_by_label("Monday"))
    write(page.get_by_label("From"), "0700PM")
    write(page.get_by_label("Until"), "0700AM")
    enter(page.get_by_role("button", name="Add"))
    expect(page.get_by_text("This is no number that can be texted.")).to_be_visible()
    write(page.get_by_label("Mobile number"), "202-555-0171")
    enter(page.get_by_role("button", name="Add"))
    shift = page.get_by_role("listitem").filter(has_text="Kim Ito")
    expect(shift).to_contain_text(re.compile(r"Monday:\s.+ \(the next day\)"))
    enter(shift.get_by_role("link", name="Change the shift of Kim Ito"))
    expect(page.get_by_label("Mobile number")).to_have_value("+12025550171")
    expect(page.get_by_label("From")).to_have_value("19:00")
    expect(page.get_by_label("Until")).to_have_value("07:00")
    tick(page.get_by_label("Sunday"))
    write(page.get_by_label("Until"), "0800AM")
    enter(page.get_by_role("button", name="Save"))
    expect(shift).to_contain_text(re.compile(r"Monday, Sunday:\s.+ \(the next day\)"))
    expect(shift).to_contain_text("8:00")
    enter(shift.get_by_role("button", name="Take Kim Ito off the rota"))
    expect(shift).to_have_count(0)
