"""The console in a real browser: every page that links lead to, by keys, without a script; Today and the rota at work.

With SCREENSHOTS=FOLDER each page is also drawn into that folder, light and dark; `.ci/run` keeps them in var/.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from bot.demo import PASSWORD
from tests.browser.phones import pick_up, text
from tests.browser.staff import ADMINISTRATOR, NURSE, sign_in

MOST_PAGES = 80
MOST_TABS = 60
UNLINKED = (
    "library/danger/fever",
    "closures/look?date=2199-01-01&to=2199-01-02",
    "no-such-page",
)
"""Pages of the clinic that no link leads to."""
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


@contextmanager
def signed_in(browser: Browser, demo: str, width: int, scheme: str) -> Iterator[Page]:
    """A page of somebody who is administrator, as wide and as dark as asked."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, demo, ADMINISTRATOR)
    yield page
    page.close()


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


def _draw(page: Page, folder: Path, name: str, scheme: str) -> None:
    """The open page, light and dark; then it is as it was."""
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        page.screenshot(path=folder / f"{name}-{colours}.jpg", type="jpeg", quality=80, full_page=True)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]


def test_the_screens_are_reached_by_keys_alone(demo: str, page: Page) -> None:
    go_to(sign_in(page, demo, ADMINISTRATOR), "p", "Patients")
    page.keyboard.press("/")
    page.keyboard.type("alic")
    expect(page.get_by_role("link", name="Alice Moore")).to_be_visible()
    expect(page.get_by_role("link", name="Sam Taylor")).to_have_count(0)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Alice Moore").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alice Moore")


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


def go_to(page: Page, key: str, place: str) -> None:
    page.wait_for_load_state()  # the keys are the script's
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_contain_text(place)
    page.wait_for_load_state()


def test_an_alert_a_delay_and_an_answer_take_no_mouse(demo: str, browser: Browser, page: Page) -> None:
    phone = browser.new_page()
    text(pick_up(phone, demo, "Kim Lee"), "ten trips to the loo and its only noon, see you friday")
    expect(phone.locator("#texts li.out")).to_have_count(1)
    text(phone, "zoombugs")
    expect(phone.locator("#texts li.out")).to_have_count(2)
    phone.close()
    page.goto(f"{demo}/sign-in")
    tab_to(page.get_by_label("Email Address")).keyboard.type(NURSE)
    tab_to(page.get_by_label("Password")).keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")

    go_to(page, "a", "Alerts")
    card = page.get_by_role("article", name="Kim Lee")
    tab_to(card.get_by_role("button", name="I have it")).keyboard.press("Space")
    expect(card).to_contain_text("seen by Jo Rivera (nurse)")
    tab_to(card.get_by_role("link", name="Close with a note")).keyboard.press("Enter")
    tab_to(page.get_by_label("What came of it")).keyboard.type("Phoned: comes in today.")
    tab_to(page.get_by_role("button", name="Close the alert")).keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Closed.")

    go_to(page, "p", "Patients")
    page.keyboard.press("/")
    page.keyboard.type("kim")
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("link", name="Kim Lee")).keyboard.press("Enter")
    tab_to(page.get_by_role("link", name="Change the plan")).keyboard.press("Enter")
    tab_to(page.get_by_role("link", name=re.compile("Delay"))).keyboard.press("Enter")
    tab_to(page.get_by_label("Which cycle")).keyboard.press("ArrowDown")
    tab_to(page.get_by_label("By how many days")).keyboard.type("14")
    expect(page.locator("#shown")).to_contain_text("Cycle 2 starts 14 days later")
    tab_to(page.get_by_role("button", name="Confirm the change")).keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    tab_to(page.get_by_role("link", name=re.compile("Undo this"))).keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="Take the change back")).keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Taken back.")

    go_to(page, "i", "Inbox")
    row = page.get_by_role("listitem").filter(has_text="zoombugs")
    tab_to(row.get_by_role("link").first).keyboard.press("Enter")
    tab_to(page.get_by_label("Your answer")).keyboard.type("We will phone you at noon.")
    tab_to(page.get_by_role("button", name="Send")).keyboard.press("Space")
    expect(page.locator("#texts")).to_contain_text("We will phone you at noon.")


def test_what_must_not_wait_for_a_script_works_without_one(demo: str, browser: Browser) -> None:
    page = browser.new_page(java_script_enabled=False)
    sign_in(page, demo, ADMINISTRATOR)
    page.get_by_role("link", name="Patients").click()
    page.get_by_role("searchbox").fill("delgado")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Rosa Delgado").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Delgado")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")
    page.close()


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


def test_a_shift_is_entered_mended_and_taken_off(demo: str, page: Page) -> None:
    sign_in(page, demo, ADMINISTRATOR).goto(f"{demo}/c/1/alerts/rota")
    page.get_by_label("Name").fill("Kim Ito")
    page.get_by_label("Mobile number").fill("12")
    page.get_by_label("Monday").check()
    page.get_by_label("From").fill("19:00")
    page.get_by_label("Until").fill("07:00")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("This is no number that can be texted.")).to_be_visible()
    page.get_by_label("Mobile number").fill("202-555-0171")
    page.get_by_role("button", name="Add").click()
    shift = page.get_by_role("listitem").filter(has_text="Kim Ito")
    expect(shift).to_contain_text("Monday: 19:00-07:00 (the next day)")
    shift.get_by_role("link", name="Change the shift of Kim Ito").click()
    expect(page.get_by_label("Mobile number")).to_have_value("+12025550171")
    page.get_by_label("Sunday").check()
    page.get_by_label("Until").fill("08:00")
    page.get_by_role("button", name="Save").click()
    expect(shift).to_contain_text("Monday, Sunday: 19:00-08:00 (the next day)")
    shift.get_by_role("button", name="Take Kim Ito off the rota").click()
    expect(shift).to_have_count(0)


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
    assert Axe().run(page).violations_count == 0


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


@pytest.fixture(scope="module")
def busy(demo: str, browser: Browser) -> None:
    """A clinic of which something waits: a danger, a wish, a text that was not understood, a change, a closure."""
    phone = browser.new_page()
    for person, said, answer in HAPPENS:
        text(pick_up(phone, demo, person), said)
        expect(phone.locator("#texts li.in").last).to_contain_text(said)
        expect(phone.locator("#texts li.out").last).to_contain_text(answer)
    page = sign_in(phone, demo, ADMINISTRATOR)
    page.goto(f"{demo}/c/1/closures/look?date=2199-01-01&to=2199-01-02")
    page.get_by_role("button", name="Move all visits").click()
    page.wait_for_url(re.compile(r"/closures/\d+$"))
    page.goto(f"{demo}/c/1/plans/1/change?kind=delay")
    page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.usefixtures("busy")
def test_no_page_shuts_anybody_out(demo: str, browser: Browser, width: int, scheme: str) -> None:
    drawn = os.environ.get("SCREENSHOTS")
    seen = []
    with signed_in(browser, demo, width, scheme) as page:
        for kind in chain(pages(page, demo), filled(page, demo), refused(page, demo), without(page, demo)):
            found = Axe().run(page)
            assert found.violations_count == 0, f"{kind}\n{found.generate_report()}"
            scroll, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert scroll <= shown, f"{kind} is wider than the screen"
            seen.append(kind)
            if drawn:
                _draw(page, Path(drawn), f"{re.sub(r'[^a-zA-Z0-9.]+', '-', kind).strip('-')}-{width}", scheme)
    assert {f"/c/N/{place}" for place in MET} <= set(seen)
