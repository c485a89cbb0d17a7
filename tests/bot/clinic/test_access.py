"""Every route of the console, walked by nobody, by another clinic, by each role, and without a token."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from bot.clinic.access import ANYBODY, RIGHTS, ROUTES, SIGNED_IN, WITH_ANY_PASSWORD, Right
from bot.clinic.numbers import LARGEST
from bot.services import Services
from store.clinics import Clinic
from store.schema import metadata
from store.staff import Role, User
from tests.bot.clinic.conftest import Browser, add_staff, token_of
from tests.bot.clinic.full_house import METHODS, House, addresses, furnished, rules
from tests.bot.conftest import NOON, Watch

NO_SUCH = 987654321
THEIRS = "of theirs alone"
ENOUGH: dict[str, object] = {
    "note": "seen",
    "done": "1",
    "words": "We will phone you at noon.",
    "role": "viewer",
    "leaves": "y",
    "rung_at": NOON.isoformat(),
    "digits": "43",
    "wording": "en 1",
    "sure": "y",
    "through": "1",
    "kind": "stop",
}
"""What would do something where the object of the address belonged to who asks."""
NAMED_BESIDE = {
    "enrol.page": ("join",),
    "enrol.preview": ("join",),
    "enrol.save": ("join",),
    "alerts.rota": ("shift",),
    "alerts.set_rota": ("remove", "change"),
    "inbox.talk": ("answer",),
    "inbox.assign": ("user",),
}
"""What is named in a query or a form, and not in the address, by endpoint."""
# For each part of an address that names something: a value that names nothing of this clinic.
PARTS: dict[str, object] = {
    "filename": "none.js",
    "token": "none",
}


def paths(app: Flask, clinic_id: int, number: int = NO_SUCH) -> Iterator[tuple[Rule, str, str]]:
    """Each route with each of its methods, and an address of it whose other numbers are this one."""
    adapter = app.extensions["console"].url_map.bind("localhost")
    for rule in rules(app):
        values = {name: PARTS.get(name, number) for name in rule.arguments}
        if "clinic_id" in values:
            values["clinic_id"] = clinic_id
        address = adapter.build(rule.endpoint, values)
        for method in sorted((rule.methods or set()) & METHODS):
            yield rule, method, address


@dataclass(frozen=True, slots=True)
class Two:
    """Two clinics of one installation in which everything is there; an administrator of each."""

    ours: House
    theirs: House
    we: Browser
    they: Browser


@pytest.fixture
def two(services: Services, watch: Watch, browse: Callable[[User], Browser]) -> Two:
    ours = furnished(services, watch, "of ours", called="Our Clinic", numbers="+120255501", join_code="OURS")
    theirs = furnished(services, watch, THEIRS, called=THEIRS, numbers="+121255501", join_code="THEIRS")
    return Two(ours, theirs, browse(ours.administrator), browse(theirs.administrator))


def stored(services: Services) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the database."""
    with services.database.reading() as tx:
        return {table.name: [tuple(row) for row in tx.conn.execute(table.select())] for table in metadata.sorted_tables}


def test_every_route_stands_in_the_table_and_the_table_has_no_other(console_app: Flask) -> None:
    endpoints = {rule.endpoint for rule in rules(console_app)}
    assert endpoints - ROUTES.keys() == set()
    # Signing in by mail is there only where there is a mail server.
    assert ROUTES.keys() - endpoints <= {"security.forgot_password", "security.reset_password"}


def test_who_is_not_signed_in_is_sent_to_the_sign_in(console_app: Flask, clinic: Clinic) -> None:
    client = console_app.extensions["console"].test_client()
    for rule, method, address in paths(console_app, clinic.id):
        if ROUTES[rule.endpoint] == ANYBODY:
            continue
        answer = client.open(address, method=method)
        if method == "GET":
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in"), address
        else:
            assert answer.status_code in {303, 400}, address


def test_who_was_given_a_password_is_sent_to_choose_their_own_whatever_they_ask_for(
    console_app: Flask, services: Services, clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    client = browse(add_staff(services, clinic.id, "administrator", password_given=True)).client
    token = token_of(client.get("/account/password").text)
    for rule, method, address in paths(console_app, clinic.id):
        if rule.endpoint not in WITH_ANY_PASSWORD:
            answer = client.open(address, method=method, data={"csrf_token": token})
            assert (answer.status_code, answer.location) == (303, "/account/password"), (method, address)
    part = client.get(f"/c/{clinic.id}/today/live", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/account/password")
    assert client.get("/static/console.css").status_code == 200
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 302


def test_another_clinics_pages_are_not_found_whatever_the_role(
    console_app: Flask, services: Services, clinic: Clinic, other_clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    browser = browse(add_staff(services, clinic.id, "administrator"))
    for rule, method, address in paths(console_app, other_clinic.id):
        if "clinic_id" not in rule.arguments:
            continue
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert answer.status_code == 404, (method, address)
        assert other_clinic.name not in answer.text


def test_what_is_really_there_in_another_clinic_is_not_found_in_ours(
    console_app: Flask, services: Services, two: Two
) -> None:
    before = stored(services)
    for _rule, method, address in addresses(console_app, two.ours.clinic.id, two.theirs):
        answer = two.we.get(address) if method == "GET" else two.we.post(address, ENOUGH)
        assert answer.status_code == 404, (method, address)
        assert THEIRS not in answer.text, (method, address)
    assert stored(services) == before
    # Each of these is there for those whom it belongs to: no id of the table is of nothing.
    for _rule, method, address in addresses(console_app, two.theirs.clinic.id, two.theirs):
        answer = two.they.get(address) if method == "GET" else two.they.post(address, ENOUGH)
        assert answer.status_code != 404, (method, address)


def test_what_a_form_or_a_query_names_in_another_clinic_is_not_found_in_ours(
    console_app: Flask, services: Services, two: Two
) -> None:
    before = stored(services)
    adapter = console_app.extensions["console"].url_map.bind("localhost")
    for endpoint, names in NAMED_BESIDE.items():
        (rule,) = (each for each in rules(console_app) if each.endpoint == endpoint)
        things = {name: two.ours.id(name, endpoint) for name in rule.arguments - {"clinic_id"}}
        address = adapter.build(endpoint, {"clinic_id": two.ours.clinic.id, **things})
        for name in names:
            asked = {name: two.theirs.id(name, endpoint)}
            if "GET" in (rule.methods or set()):
                answer = two.we.get(address, query_string=asked)
            else:
                answer = two.we.post(address, ENOUGH | asked)
                assert answer.status_code in {404, 422}, (address, asked)
            assert THEIRS not in answer.text, (address, asked)
    assert stored(services) == before


@pytest.mark.parametrize("role", sorted(RIGHTS))
def test_a_role_reaches_what_it_may_and_nothing_else(
    role: Role, console_app: Flask, services: Services, clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    browser = browse(add_staff(services, clinic.id, role))
    for rule, method, address in paths(console_app, clinic.id):
        needed = ROUTES[rule.endpoint]
        if needed in {ANYBODY, SIGNED_IN}:
            continue
        answer = browser.get(address) if method == "GET" else browser.post(address)
        if Right(needed) in RIGHTS[role]:
            assert answer.status_code not in {401, 403, 405, 500}, (method, address)
        else:
            assert answer.status_code == 403, (method, address)


@pytest.mark.parametrize("number", [NO_SUCH, LARGEST, LARGEST + 1, 10**30])
def test_a_number_that_no_row_can_have_is_not_found_like_one_that_no_row_has(
    number: int, console_app: Flask, clinic: Clinic, administrator: Browser
) -> None:
    walked = 0
    for _rule, method, address in paths(console_app, clinic.id, number):
        if method == "GET" and str(number) in address:
            assert administrator.get(address).status_code == 404, address
            walked += 1
    assert walked > 10
    assert administrator.get(f"/c/{number}/today").status_code == 404


@pytest.mark.parametrize("address", ["alerts?before=", "inbox?show=all&before=", "audit?before="])
def test_a_list_goes_on_only_from_a_number_that_a_row_can_have(
    address: str, clinic: Clinic, administrator: Browser
) -> None:
    for number in ("", LARGEST, LARGEST + 1, 10**30):
        assert administrator.get(f"/c/{clinic.id}/{address}{number}").status_code == 200, number


def test_nothing_is_changed_without_the_token_of_a_page(
    console_app: Flask, services: Services, clinic: Clinic, browse: Callable[[User], Browser]
) -> None:
    browser = browse(add_staff(services, clinic.id, "administrator"))
    for _rule, method, address in paths(console_app, clinic.id):
        if method != "GET":
            answer = browser.client.open(address, method=method, data={"anything": "1"})
            assert answer.status_code == 400, (method, address)


def test_what_a_browser_fetches_is_ours_and_may_be_kept(console_app: Flask) -> None:
    client = console_app.extensions["console"].test_client()
    script = client.get("/vendor/htmx-2.0.11.min.js")
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert script.cache_control.max_age == 365 * 24 * 3600
    assert client.get("/vendor/../settings.py").status_code == 404
    page = client.get("/sign-in")
    assert page.cache_control.no_store
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
