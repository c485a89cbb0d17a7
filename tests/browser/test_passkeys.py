"""Passkeys in a real browser, kept by a virtual authenticator as in a phone: alone, and as a second factor."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.staff import NURSE, give_password, sign_in

KEEPER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def address(demo: str) -> str:
    """The demo by a name: browsers keep no passkeys for bare numbers."""
    return demo.replace("127.0.0.1", "localhost")


@pytest.fixture
def holder(browser: Browser) -> Iterator[Page]:
    """A page in a browser whose machine keeps passkeys."""
    context = browser.new_context()
    page = context.new_page()
    machine = context.new_cdp_session(page)
    machine.send("WebAuthn.enable", {"enableUI": False})
    machine.send("WebAuthn.addVirtualAuthenticator", {"options": KEEPER})
    yield page
    context.close()


def test_a_passkey_signs_in_without_a_password_and_for_a_shift_alone(address: str, holder: Page) -> None:
    sign_in(holder, address, "viewer@harbor.example")
    _add_passkey(holder, address, "first")
    holder.get_by_role("link", name="Sign in with a passkey").click()
    expect(holder.get_by_text("Remember")).to_have_count(0)
    asks = "form => form.insertAdjacentHTML('beforeend', '<input name=remember value=y>')"
    holder.locator("main form").evaluate(asks)
    for _ in range(2):
        holder.get_by_role("button", name="Use a passkey").click()
        expect(holder.get_by_role("heading", level=1)).to_contain_text("Today")
        assert [cookie["name"] for cookie in holder.context.cookies() if cookie["name"] == "remember_token"] == []
        holder.get_by_role("button", name="Sign out").click()
        holder.get_by_role("link", name="Sign in with a passkey").click()


def test_a_passkey_is_the_second_factor_after_the_password(address: str, holder: Page) -> None:
    sign_in(holder, address, NURSE)
    _add_passkey(holder, address, "secondary")
    give_password(holder, address, NURSE)
    expect(holder.get_by_role("heading", level=1)).to_contain_text("Second factor")
    holder.goto(f"{address}/c/1/today")
    expect(holder.get_by_role("heading", level=1)).to_contain_text("Sign in")
    give_password(holder, address, NURSE)
    holder.get_by_role("button", name="Use a passkey").click()
    expect(holder.get_by_role("heading", level=1)).to_contain_text("Today")


def _add_passkey(holder: Page, address: str, usage: str) -> None:
    """At the account's page; then signs out."""
    holder.goto(f"{address}/account/passkeys")
    holder.locator("#name").fill("this phone")
    holder.locator(f"input[name=usage][value={usage}]").check()
    holder.get_by_role("button", name="Add a passkey").click()
    expect(holder).to_have_url(f"{address}/account")
    holder.get_by_role("button", name="Sign out").click()
