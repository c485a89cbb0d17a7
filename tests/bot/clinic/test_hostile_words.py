"""Hostile words in every place where somebody can write any, walked through every page and every export."""

import ast
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from bot import clinic
from bot.clinic.exports import cell
from bot.clinic.library.reading import PARTS
from bot.clinic.plans.words import KINDS
from bot.services import Services
from store.staff import User
from tests.bot.clinic.conftest import Browser
from tests.bot.clinic.full_house import CLOSED, MOVED_TO, SHARED, House, furnished, rules, text
from tests.bot.conftest import Watch

HOSTILE = "=1+1\"'><evil-tag evil-attr>\x00\u202e\u2067\u05d0\u05d1"
"""A formula, a way out of an attribute, an element, a zero byte, an override, an isolate without end, and Hebrew."""
HEBREW = "\u05d0\u05d1"
CONTROLS = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
NOT_APART = "not apart"
ALLOWED = {"\t", "\n", "\r"}
ASKED_FOR = {"closures.look", "reports.export"}
"""What is nothing without a query."""
FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
ELSEWHERE = {"static", "vendor"}
"""Files that are the same for everybody."""
# Elements that turn round nothing around them: HTML's own style sheet isolates them (HTML, 15.3.5 and 15.3.6).
APART = frozenset(
    re.findall(
        r"\w+",
        "address blockquote caption dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 header legend li"
        " main nav ol option p section summary table tbody td textarea tfoot th thead title tr ul bdi button body html",
    )
)
VOID = {"base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Box:
    """An element whose text is laid out by itself, and whether there was Hebrew in it so far."""

    tag: str
    has_hebrew: bool = False


class Reader(HTMLParser):
    """Reads a page as a browser would, and notes what hostile words have done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.boxes: list[Box] = [Box("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "evil-tag" or any(name.startswith(("evil", "on")) for name, _value in attrs):
            self.faults.append(f"markup: {self.get_starttag_text()}")
        if tag in VOID:
            return
        is_apart = tag in APART or "detail" in (dict(attrs).get("class") or "").split()
        self.open.append((tag, is_apart))
        if is_apart:
            self.boxes.append(Box(tag))

    def handle_endtag(self, tag: str) -> None:
        closed = ""
        while self.open and closed != tag:
            closed, is_apart = self.open.pop()
            if is_apart:
                self.boxes.pop()

    def handle_data(self, data: str) -> None:
        box = self.boxes[-1]
        _before, hebrew, after = data.rpartition(HEBREW)
        box.has_hebrew = box.has_hebrew or bool(hebrew)
        if box.has_hebrew and box.tag != "title" and any(letter.isalnum() for letter in after):
            self.faults.append(f"{NOT_APART}, in {box.tag}: ...{HEBREW}{after.strip()[:60]}")


def read(page: str) -> list[str]:
    """What is wrong with a page."""
    reader = Reader()
    reader.feed(page)
    found = sorted(f"U+{ord(each):04X}" for each in set(page) & CONTROLS - ALLOWED)
    return reader.faults + found


def read_file(content: str) -> list[str]:
    """What is wrong with a file: a cell that a spreadsheet would run, or that is not what it looks like."""
    cells = [each for row in csv.reader(io.StringIO(content.removeprefix("\ufeff"))) for each in row]
    return [each for each in cells if each.strip().startswith(FORMULAS) or set(each) & CONTROLS - ALLOWED]


def pages(app: Flask, house: House, reports: list[str]) -> Iterator[str]:
    """The address of every page of the console, with all that can be asked of it."""
    asked: dict[str, list[dict[str, object]]] = {
        "patients.page": [{"q": HOSTILE}],
        "patients.found": [{"q": HOSTILE}],
        "inbox.page": [{"show": "mine"}, {"show": "all"}],
        "inbox.talk": [{"answer": house.ids["answer_id"]}],
        "alerts.rota": [{"shift": house.ids["shift"]}],
        "audit.page": [{"actor": HOSTILE, "since": HOSTILE}],
        "closures.look": [{"date": CLOSED.isoformat(), "to": MOVED_TO.isoformat()}],
        "library.page": [{"q": HOSTILE, "part": part} for part in (*PARTS, HOSTILE)],
        "library.regimens": [{"q": HOSTILE, "use": HOSTILE}],
        "plans.change": [{"kind": kind} for kind in (*KINDS, HOSTILE)],
        "reports.export": [{"report": each} for each in reports],
        "reports.page": [{"since": HOSTILE}],
        "security.login": [{"next": HOSTILE}],
        "why.day": [{"date": CLOSED.isoformat()}, {"date": HOSTILE}],
    }
    adapter = app.extensions["console"].url_map.bind("localhost")
    for rule in rules(app):
        if "GET" in (rule.methods or set()) and rule.endpoint not in ELSEWHERE:
            parts = {name: SHARED.get(name, house.id(name, rule.endpoint)) for name in rule.arguments}
            if rule.endpoint not in ASKED_FOR:
                yield adapter.build(rule.endpoint, parts)
            for query in asked.get(rule.endpoint, []):
                yield adapter.build(rule.endpoint, parts | query)


def doors(app: Flask, house: House) -> Iterator[str]:
    """The address of everything that a form is sent to in the clinic."""
    adapter = app.extensions["console"].url_map.bind("localhost")
    for rule in rules(app):
        if "POST" in (rule.methods or set()) and "clinic_id" in rule.arguments:
            yield adapter.build(
                rule.endpoint, {name: SHARED.get(name, house.id(name, rule.endpoint)) for name in rule.arguments}
            )


def wrong_with(address: str, answer: TestResponse) -> list[str]:
    """What is wrong with an answer."""
    found: list[str] = []
    if answer.mimetype == "text/html":
        found = read(answer.text)
        if answer.request.method == "POST":  # which shows nobody's words but one's own
            found = [each for each in found if not each.startswith(NOT_APART)]
    elif answer.mimetype == "text/csv":
        found = read_file(answer.text)
    is_page = answer.request.method == "GET" and address.startswith("/c/")
    if answer.status_code >= (400 if is_page else 500):
        found.append(str(answer.status_code))
    return [f"{answer.request.method} {address}: {each}" for each in found]


@pytest.fixture
def house(services: Services, watch: Watch) -> House:
    return furnished(
        services, watch, HOSTILE, called=HOSTILE.replace(HEBREW, ""), numbers="+120255501", join_code="OURS"
    )


def test_hostile_words_do_no_harm_on_any_page(
    console_app: Flask, services: Services, house: House, browse: Callable[[User], Browser]
) -> None:
    text(services, "+12025550100", "+12025550142", HOSTILE + "\N{GRINNING FACE}" * 1600)
    browser = browse(house.administrator)
    reports = re.findall(r'<li><a href="#(\w+)">', browser.get(f"/c/{house.clinic.id}/reports").text)
    faults: list[str] = []
    fields: set[str] = set()
    shown = 0
    for address in pages(console_app, house, reports):
        answer = browser.get(address, headers={"Accept-Language": "es"} if shown % 2 else {})
        faults += wrong_with(address, answer)
        fields |= set(re.findall(r'(?:input|select|textarea)[^>]* name="([^"]+)"', answer.text)) - {"csrf_token"}
        shown += HEBREW in answer.text
    assert shown > 50
    assert len(fields) > 50
    browser = browse(house.administrator)  # one of the pages has signed the other out
    for address in doors(console_app, house):
        faults += wrong_with(address, browser.post(address, dict.fromkeys(fields, HOSTILE)))
    assert not faults, "\n".join(faults)


def test_zero_bytes_reach_no_view(console_app: Flask) -> None:
    """PostgreSQL keeps none in a text, and refuses to look for one."""
    app = console_app.extensions["console"]
    given = {"words": "a\x00b", "kinds": ["one\x00", "two"]}
    with app.test_request_context("/?q=%00x&q=y", method="POST", data=given):
        assert request.args.getlist("q") == ["x", "y"]
        assert (request.form["words"], request.form.getlist("kinds")) == ("ab", ["one", "two"])


def test_no_sentence_that_is_translated_later_holds_words_of_others() -> None:
    """Jinja takes what `lazy_gettext` gives for markup, and escapes nothing in it."""
    found = []
    for file in Path(clinic.__file__).parent.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        imported = [each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
        lazy = {each.asname or each.name for one in imported for each in one.names if each.name.startswith("lazy_")}
        calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and each.keywords]
        found += [
            f"{file.name}:{call.lineno}" for call in calls if isinstance(call.func, ast.Name) and call.func.id in lazy
        ]
    assert found == []


@pytest.mark.parametrize(
    ("written", "in_the_file"),
    [
        ("=1+1", "'=1+1"),
        (" \t=1+1", "' \t=1+1"),
        ("\u202e\x00@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-5 days", "'-5 days"),
        ("Ann = Bell", "Ann = Bell"),
        (-5, -5),
        (None, ""),
    ],
)
def test_a_cell_runs_nothing(written: object, in_the_file: object) -> None:
    assert cell(written) == in_the_file
