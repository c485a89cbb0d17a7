"""What appears on an open page by itself, in a real browser: alerts, what waits on Today, the sound of an alert."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.accessible import shuts_nobody_out
from tests.browser.phones import pick_up, text
from tests.browser.staff import ADMINISTRATOR, NURSE, sign_in


def test_a_danger_text_appears_on_an_open_page_and_is_taken(demo: str, browser: Browser, page: Page) -> None:
    sign_in(page, demo, ADMINISTRATOR)
    expect(page.locator("#alert-badge a")).to_have_count(0)
    phone = browser.new_page()
    phone.goto(f"{demo}/simulator")
    text(phone, "woke up and there is raw skin stuck to the sheet")
    expect(phone.locator("#texts li.out").last).to_contain_text("911")
    phone.close()
    expect(page.locator("#alert-badge a")).to_contain_text("1 alert nobody has seen")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    page.locator("#alert-badge a").click()
    expect(page.get_by_text("raw skin stuck to the sheet")).to_be_visible()
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_text("seen by Amal Haddad (administrator)")).to_be_visible()
    expect(page.locator("#alert-badge a")).to_contain_text("1 alert open")
    page.get_by_role("link", name="Close with a note").click()
    page.get_by_label("What came of it").fill("Phoned: comes in now.")
    page.get_by_role("button", name="Close the alert").click()
    expect(page.get_by_text("No alert is open.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


def test_what_waits_appears_on_today_by_itself_and_goes_when_it_is_done(
    demo: str, browser: Browser, page: Page
) -> None:
    page.clock.install()
    sign_in(page, demo, NURSE)
    waiting = page.locator("section").filter(has=page.get_by_role("heading", name="Waiting for somebody"))
    expect(waiting).to_contain_text("Nothing waits.")
    phone = browser.new_page()
    text(pick_up(phone, demo, "Alice Moore"), "R")
    expect(phone.locator("#texts li.out").last).to_contain_text("you need another time")
    phone.close()
    page.clock.fast_forward(10_000)
    expect(waiting.get_by_role("link", name="Alice Moore")).to_be_visible()
    waiting.get_by_role("link", name="Needs another time").click()
    page.get_by_label("Note").fill("Rings back at noon.")
    page.get_by_role("button", name="Note it, leave it open").click()
    expect(waiting).to_contain_text("Note: Rings back at noon.")
    waiting.get_by_role("link", name="Needs another time").click()
    page.get_by_role("button", name="It is done").click()
    expect(waiting).to_contain_text("Nothing waits.")


def test_a_danger_text_more_takes_the_focus_from_no_button_and_no_clock_is_read_out(
    demo: str, browser: Browser, page: Page
) -> None:
    phone = browser.new_page()

    def danger_from(person: str) -> None:
        text(pick_up(phone, demo, person), "cant breathe and my chest hurts")
        expect(phone.locator("#texts li.out").last).to_contain_text("911")

    danger_from("Alice Moore")
    page.clock.install()
    sign_in(page, demo, NURSE)
    page.goto(page.url.replace("/today", "/alerts"))
    taking = page.get_by_role("article", name="Alice Moore").get_by_role("button", name="I have it")
    taking.focus()
    danger_from("Sam Taylor")
    phone.close()
    page.clock.fast_forward(10_000)
    expect(page.get_by_role("article", name="Sam Taylor")).to_be_visible()
    expect(taking).to_be_focused()
    expect(page.get_by_role("timer")).to_have_count(2)
    for clock in page.get_by_role("timer").all():
        expect(clock).to_have_attribute("aria-live", "off")
    shuts_nobody_out(page)


def test_a_session_that_ends_takes_away_nothing_that_was_typed_and_the_tab_says_that_it_has_no_sound(
    demo: str, browser: Browser
) -> None:
    context = browser.new_context()
    page, other = sign_in(context.new_page(), demo, NURSE), context.new_page()
    page.clock.install()
    page.goto(page.url.replace("today", "inbox/answers"))
    silent = page.get_by_role("button", name="Sound is off: press to hear alerts")
    silent.click()
    expect(silent).to_be_hidden()
    page.get_by_label("Name").fill("At noon")
    other.goto(f"{demo}/account")
    other.get_by_role("button", name="Sign out").click()
    ended = page.get_by_role("alert")
    page.clock.fast_forward(5_000)
    expect(ended).to_contain_text("What you typed is still here")
    sign_in(other, demo, NURSE)
    page.clock.fast_forward(5_000)
    expect(ended).to_be_hidden()
    page.get_by_label("Words").fill("We will phone you at noon.")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("We will phone you at noon.")).to_be_visible()
    # Where nothing is typed, no patient stays on the screen.
    other.goto(f"{demo}/account")
    other.get_by_role("button", name="Sign out").click()
    page.clock.fast_forward(5_000)
    page.wait_for_url(re.compile("/sign-in"))
    context.close()


@pytest.mark.parametrize("kept", [True, False])
def test_an_alert_that_comes_between_two_pages_sounds_on_the_second(demo: str, page: Page, kept: bool) -> None:
    page.add_init_script(
        "window.tones = 0;"
        "OscillatorNode.prototype.stop = () => {};"
        "OscillatorNode.prototype.start = () => { window.tones += 1; };"
    )
    if not kept:
        page.add_init_script(
            "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused'); } })"
        )
    first, later = 9 * 10**15, 9 * 10**15 + 1000  # later than any that rings in the demo
    newest = first

    def with_badge(asked: Route) -> None:
        badge = f'<a href="#" data-count="1" data-newest="{newest}">Number {newest}</a>'
        page_as_it_is = asked.fetch().text()
        asked.fulfill(
            content_type="text/html",
            body=re.sub(r'(<div id="alert-badge"[^>]*>).*?</div>', rf"\1{badge}</div>", page_as_it_is, flags=re.DOTALL),
        )

    sign_in(page, demo, NURSE)
    today = page.url
    page.route(re.compile(r"/c/1/\w+$"), with_badge)
    page.goto(today)
    for newest, place, tones in ((first, "alerts", 0), (later, "inbox", int(kept)), (later, "patients", 0)):
        page.goto(today.replace("today", place))
        expect(page.locator("#alert-badge")).to_contain_text(f"Number {newest}")
        expect(page).to_have_title(re.compile(r"^\(1\) "))
        assert page.evaluate("window.tones") == tones, place
