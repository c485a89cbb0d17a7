"""Somebody of the demo clinic's staff at the console."""

from playwright.sync_api import Page, expect

from bot.demo import PASSWORD

NURSE = "nurse@harbor.example"
ADMINISTRATOR = "charge@harbor.example"


def give_password(page: Page, demo: str, email: str) -> None:
    """The first step of signing in, which is all of it for who has no second factor."""
    page.goto(f"{demo}/sign-in")
    page.get_by_label("Email Address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, demo: str, email: str) -> Page:
    """The same page, on Today."""
    give_password(page, demo, email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")
    return page
