"""The phone on the screen in a real browser: a stranger texts, enrols somebody, and sees reminders arrive."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.accessible import shuts_nobody_out
from tests.browser.phones import text

FIRST_FACT = "You may have side effects."
MANY_JUMPS = 90_000
"""Milliseconds in which the demo's clock, jumping every two seconds, passes the texts of everybody else."""


def test_side_effects_is_answered_with_a_fact(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    text(page, "SIDE EFFECTS")
    answer = page.locator("#texts li.out").last
    expect(answer).to_contain_text(FIRST_FACT)
    expect(answer).to_contain_text("Delivered")
    expect(page.get_by_text("No texts yet. Try")).to_have_count(0)
    expect(page.get_by_label("Your text")).to_have_value("")


def test_a_text_begun_while_another_is_on_its_way_stays_in_the_box(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    on_its_way: list[Route] = []
    page.route("**/simulator/text", lambda route: on_its_way.append(route))
    with page.expect_request("**/simulator/text"):
        page.get_by_label("Your text").fill("MENU")
        page.get_by_label("Your text").press("Enter")
    page.get_by_label("Your text").fill("and one more")
    with page.expect_response("**/simulator/live?*"):
        on_its_way[0].continue_()
    expect(page.locator("#texts li.in").last).to_contain_text("MENU")
    expect(page.get_by_label("Your text")).to_have_value("and one more")


def test_a_danger_sign_in_a_chatty_text_is_never_answered_with_a_menu(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    text(page, "hi! lovely weather, but my chest hurts and i cant breathe. see you friday")
    expect(page.locator("#texts li.out").last).to_contain_text("Call 911 now")


def test_stop_and_start_are_confirmed(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    text(page, "STOP")
    expect(page.locator("#texts li.out").last).to_contain_text("opted out")
    text(page, "START")
    expect(page.locator("#texts li.out").last).to_contain_text("signed up")


def test_who_is_enrolled_gets_the_confirmation_and_then_the_reminders(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    page.get_by_text("Enrol someone").click()
    page.get_by_label("Phone number").fill("+1 202 555 0181")
    page.get_by_label("First name").fill("Maria")
    page.get_by_label("Regimen").select_option("pembro_q3w")
    page.get_by_label("This person agreed").check()
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.locator(".who[aria-current]")).to_contain_text("Maria")
    expect(page.locator(".next li")).not_to_have_count(0)
    page.get_by_role("button", name="Run", exact=True).click()
    texts = page.locator("#texts li.out")
    expect(texts.first).to_contain_text("signed up", timeout=MANY_JUMPS)
    expect(texts.nth(1)).to_contain_text("visit", timeout=MANY_JUMPS)
    page.get_by_role("button", name="Stop", exact=True).click()


def test_what_cannot_be_enrolled_is_said_plainly_and_what_was_typed_stays(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    page.get_by_text("Enrol someone").click()
    page.get_by_label("Phone number").fill("+1 650 253 0000")
    page.get_by_label("First name").fill("Nobody")
    page.get_by_label("This person agreed").check()
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("made-up numbers only")
    expect(page.get_by_label("First name")).to_have_value("Nobody")


def test_the_clock_runs_and_stops(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    run = page.get_by_role("button", name="Run", exact=True)
    run.click()
    expect(run).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(run).to_have_attribute("aria-pressed", "false")


def test_everything_is_done_by_keyboard_alone(demo: str, page: Page) -> None:
    page.goto(f"{demo}/simulator")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Skip to the text box"
    page.keyboard.type("MENU")
    page.keyboard.press("Enter")
    expect(page.locator("#texts li.in").last).to_contain_text("MENU")


def test_the_page_works_without_a_script(demo: str, browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{demo}/simulator")
    page.get_by_label("Your text").fill("what is immunotherapy")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#texts li.out").last).to_contain_text("immune system")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_one_is_shut_out(demo: str, browser: Browser, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{demo}/simulator")
    page.get_by_text("Enrol someone").click()
    shuts_nobody_out(page)
    scroll, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert scroll <= shown
    page.close()


def test_another_site_cannot_text_or_enrol(demo: str, page: Page) -> None:
    answer = page.request.post(
        f"{demo}/simulator/text", form={"body": "STOP"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status == 403
    assert re.search("another page|Forbidden", answer.text())
