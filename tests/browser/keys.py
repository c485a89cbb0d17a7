"""Somebody at the console with a keyboard and no mouse."""

from datetime import date

from playwright.sync_api import Locator, Page, expect

from bot.demo import PASSWORD

MOST_TABS = 60


def tab_to(target: Locator) -> Page:
    """Goes on from field to field until this one has the focus."""
    page = target.page
    expect(target).to_be_visible()
    page.wait_for_load_state()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return page
    raise AssertionError(f"{MOST_TABS} times Tab lead not to {target}")


def enter(target: Locator) -> None:
    """Follows a link, or presses a button."""
    tab_to(target).keyboard.press("Enter")


def tick(target: Locator) -> None:
    """Ticks a box that is not, or the other way round."""
    tab_to(target).keyboard.press("Space")


def write(target: Locator, words: str) -> None:
    """Into a field, whatever stands in it; of a list the first that begins so."""
    tab_to(target).keyboard.press("ControlOrMeta+a")
    target.page.keyboard.type(words)


def write_date(target: Locator, day: date) -> None:
    """As an American browser asks for it."""
    write(target, f"{day:%m%d%Y}")


def go_to(page: Page, key: str, place: str) -> None:
    page.wait_for_load_state()  # the keys are the script's
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_contain_text(place)
    page.wait_for_load_state()


def sign_in(page: Page, demo: str, email: str) -> Page:
    """The same page, on Today."""
    page.goto(f"{demo}/sign-in")
    write(page.get_by_label("Email Address"), email)
    write(page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")
    return page


def hand_over(page: Page, demo: str, email: str) -> Page:
    """Signs out; then somebody else sits down at the same page."""
    enter(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
    return sign_in(page, demo, email)
