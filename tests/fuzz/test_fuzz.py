"""A few examples of each target; `make fuzz` looks for longer."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from bot.understanding.engine import Engine
from content.library import load
from tests.fuzz import commands, webhooks
from tests.fuzz.commands import Desktop
from tests.fuzz.webhooks import Web

FEW = settings(max_examples=40)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with webhooks.web(tmp_path_factory.mktemp("web")) as opened:
        yield opened


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Desktop:
    library = load()
    return Desktop(library, Engine(library), tmp_path_factory.mktemp("desktop"))


@FEW
@given(body=webhooks.forms())
def test_any_signed_form_of_a_text_is_taken_or_refused_plainly(web: Web, body: bytes) -> None:
    webhooks.take_text(web, body)


@FEW
@given(more=webhooks.extra_pairs)
def test_danger_is_answered_whatever_else_the_form_holds(web: Web, more: webhooks.Pairs) -> None:
    webhooks.take_danger(web, more)


@FEW
@given(callback=webhooks.callbacks())
def test_any_signed_callback_is_taken_or_refused_plainly(web: Web, callback: tuple[bytes, str]) -> None:
    webhooks.take_receipt(web, callback)


@FEW
@given(found=commands.texts)
def test_any_text_is_understood(desktop: Desktop, found: list[str]) -> None:
    commands.understand(desktop, found)


@FEW
@given(came=commands.raw_lines)
def test_any_lines_are_read_or_refused_plainly(desktop: Desktop, came: bytes) -> None:
    commands.read_lines(desktop, came)


@FEW
@given(written=commands.regimen_files())
def test_any_regimen_file_is_read_or_refused_plainly(desktop: Desktop, written: str) -> None:
    commands.read_regimen(desktop, written)


@FEW
@given(specs=commands.change_specs())
def test_any_changes_are_made_or_refused_plainly(desktop: Desktop, specs: list[str]) -> None:
    commands.change_plan(desktop, specs)
