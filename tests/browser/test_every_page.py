"""Every page of the console in a real browser: wide and light, narrow and dark, it shuts nobody out.

With SCREENSHOTS=FOLDER each page is also drawn into that folder, light and dark; `.ci/run` keeps them in var/.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import shuts_nobody_out
from tests.browser.conftest import environment_of, once
from tests.browser.phones import pick_up, text
from tests.browser.staff import ADMINISTRATOR, NURSE, sign_in

MOST_PAGES = 80
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (390, "dark"))
"""How wide, and in which colours, each page is looked at."""
UNLINKED = (
    "library/danger/fever",
    "closures/look?date=2199-01-01&to=2199-01-02",
    "no-such-page",
    "plans/1/change?kind=undo",
)
"""Pages of the clinic that no link leads to, or none of the first patient that the walk comes by."""
CHANGES = ("kind=delay", "kind=switch", "kind=undo")
"""The changes of a plan that are looked at one by one; the others have the same form with other fields."""
MET = {
    *("today", "today/waiting/N", "patients", "patients/N", "alerts", "alerts/N", "settings", "audit", "closures/N"),
    *("inbox/unmatched", "inbox/teach/N", *(f"plans/N/change?{kind}" for kind in (*CHANGES, "kind=N"))),
    *(f"library/{part}/N" for part in ("topics", "danger", "texts", "regimens")),
}
"""What the walk must come by, beside the rest."""
REFUSED = (
    ("enrol", ".enrol form"),
    ("settings", "form[action$='/settings']"),
    ("settings/people", "form[action$='/people']"),
    ("alerts/rota", "#shift"),
    ("inbox/answers", "form[action$='/answers']"),
    ("closures", "form.changing"),
)
"""Forms that are refused when they are sent empty."""
HAPPENS = (
    ("Sam Taylor", "cant breathe and my chest hurts", "911"),
    ("Alice Moore", "R", "you need another time"),
    ("Kim Lee", "flumbots", ""),
)
"""Who texts what before anybody looks, and what stands in the answer."""
EMPTIED = """form => {
    form.noValidate = true;
    for (const field of form.querySelectorAll("input:not([type=hidden]), textarea")) {
        if (["checkbox", "radio"].includes(field.type)) field.checked = false;
        else field.value = "";
    }
    form.requestSubmit();
}"""
_NAMED = re.compile(r"\d+|(?<=/topics/)[\w.]+|(?<=/danger/)[\w.]+|(?<=/texts/)[\w.]+|(?<=/regimens/)[\w.]+")


def pages(page: Page, demo: str) -> Iterator[str]:
    """Opens every page of the console that links lead to, one of each kind, beginning with the one that is open."""
    home = page.url.removeprefix(demo)
    waiting = [home, "/account", *(home.replace("today", path) for path in UNLINKED)]
    known: set[str] = set()
    while waiting:
        path = waiting.pop(0).partition("#")[0]
        kind = _kind(path)
        if kind in known or kind.endswith("/export"):
            continue
        known.add(kind)
        assert len(known) <= MOST_PAGES, "a page more for each of many things: name its kind"
        page.goto(f"{demo}{path}")
        waiting += page.eval_on_selector_all(
            "a[href^='/c/'], a[href^='/account']", "links => links.map(link => link.getAttribute('href'))"
        )
        if page.locator("main").count():
            yield kind


def _kind(path: str) -> str:
    """Pages of the same kind are one form with other things in it."""
    place, _, asked = path.partition("?")
    place = _NAMED.sub("N", place)
    if not asked.startswith("kind="):
        return place
    return f"{place}?{asked}" if asked in CHANGES else f"{place}?kind=N"


def filled(page: Page, demo: str) -> Iterator[str]:
    """The year ahead, as somebody sees it who enrols."""
    page.goto(f"{demo}/c/1/enrol")
    page.get_by_label("Regimen").fill("pembrolizumab every 3")
    page.get_by_label("First day").fill((datetime.now(UTC).date() + timedelta(days=14)).isoformat())
    expect(page.locator("#ahead table.month").first).to_be_visible()
    yield "enrol, with the year ahead"


def refused(page: Page, demo: str) -> Iterator[str]:
    """Sends forms without what they ask for; each comes back with its faults."""
    for path, form in REFUSED:
        page.goto(f"{demo}/c/1/{path}")
        with page.expect_navigation() as answered:
            page.locator(form).evaluate(EMPTIED)
        assert answered.value is not None
        assert answered.value.status == 422, path
        yield f"{path}, refused"


def without(page: Page, demo: str) -> Iterator[str]:
    """What somebody sees who is not signed in, and then what is not for their role."""
    page.get_by_role("button", name="Sign out").click()
    yield "sign-in"
    page.get_by_label("Password").fill("no such password")
    page.get_by_label("Email Address").fill(NURSE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Authentication failed")).to_be_visible()
    yield "sign-in, refused"
    page.get_by_role("link", name="Sign in with a passkey").click()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    yield "sign-in with a passkey"
    page.get_by_role("link", name="Use the password instead").click()
    page.get_by_role("link", name="I forgot my password").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("password")
    yield "forgotten password"
    sign_in(page, demo, NURSE).goto(f"{demo}/c/1/settings")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Not allowed")
    yield "not allowed"


@pytest.fixture(scope="module")
def busy(demo: str, demo_folder: Path, browser: Browser) -> None:
    """A clinic of which something waits: a danger, a wish, a text that was not understood, a change, a closure.

    Somebody has a name and a code without a place to break a line at.
    """
    tomorrow = (datetime.now(ZoneInfo("America/New_York")) + timedelta(days=1)).date().isoformat()
    named = ["--name", "Wolfeschlegelsteinhausen" * 4, "--code", "MRN-" + "0123456789" * 5]
    course = ["--regimen", "pembro_q3w", "--start", tomorrow, "--time", "16:00", "--consent", "signed form"]
    once(["patient", "add", "+12025550177", *named, *course], environment_of(demo_folder), demo_folder)
    phone = browser.new_page()
    for person, said, answer in HAPPENS:
        text(pick_up(phone, demo, person), said)
        expect(phone.locator("#texts li.out").last).to_contain_text(answer)
    page = sign_in(phone, demo, ADMINISTRATOR)
    page.goto(f"{demo}/c/1/closures/look?date=2199-01-01&to=2199-01-02")
    page.get_by_role("button", name="Move all visits").click()
    page.wait_for_url(re.compile(r"/closures/\d+$"))
    page.goto(f"{demo}/c/1/plans/1/change?kind=delay")
    page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    page.close()


@pytest.mark.usefixtures("busy")
def test_no_page_shuts_anybody_out(demo: str, browser: Browser) -> None:
    page = sign_in(browser.new_page(), demo, ADMINISTRATOR)
    seen = []
    for kind in chain(pages(page, demo), filled(page, demo), refused(page, demo), without(page, demo)):
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            shuts_nobody_out(page, f"{kind}, {width} wide, {scheme}")
            scroll, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert scroll <= shown, f"{kind} is wider than the screen of {width}"
            _draw(page, f"{re.sub(r'[^a-zA-Z0-9.]+', '-', kind).strip('-')}-{width}")
        seen.append(kind)
    page.close()
    assert {f"/c/N/{place}" for place in MET} <= set(seen)


def _draw(page: Page, name: str) -> None:
    """Keeps the open page, light and dark, where drawings are wanted."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        page.screenshot(path=Path(folder, f"{name}-{colours}.jpg"), type="jpeg", quality=80, full_page=True)
