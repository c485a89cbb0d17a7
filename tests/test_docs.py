"""The documents tell the truth: pictures, links and commands are held against the code."""

import ast
import contextlib
import re
import shlex
from pathlib import Path

import click
import pytest

from bot.cli import immunotext
from tests.house import PURE, ROOMS, ROOT, imported, modules, tracked_files

DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md"]


def test_the_picture_of_the_house_shows_the_imports_of_the_code() -> None:
    (picture,) = re.findall(r"```mermaid\n(.*?)```", (ROOT / "docs/architecture.md").read_text("utf-8"), re.DOTALL)
    drawn = set(re.findall(r"(?m)^ *([\w.]+) --> ([\w.]+)$", picture))
    real = {
        (_drawn_as(module), _drawn_as(name))
        for module, path in modules().items()
        for name in imported(module, ast.parse(path.read_text("utf-8")), is_package=path.name == "__init__.py")
        if name.partition(".")[0] in ROOMS and _drawn_as(module) != _drawn_as(name)
    }
    assert drawn == real


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", (ROOT / document).read_text("utf-8"))
    broken = [target for target in targets if "://" not in target and not _is_there(document, target)]
    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = re.findall(
        r"(?m)^((?:bot|scheduler|content|store|channels|tests|docs|bench|tools)/[\w./-]*)$",
        _code_of((ROOT / document).read_text("utf-8")),
    )
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text("utf-8")
    pages = {path.name for path in DOCUMENTS if path.parent == Path("docs")} - {"README.md"}
    assert pages <= set(re.findall(r"\]\(([\w-]+\.md)\)", index))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_command_that_is_named_is_there(document: Path) -> None:
    code = _code_of((ROOT / document).read_text("utf-8"))
    unknown = [words for words in re.findall(r"(?<!srv/)\bimmunotext ((?:[a-z][\w-]* ?)+)", code) if not _known(words)]
    goals = re.findall(r"(?m)^([a-z][\w-]*):", (ROOT / "Makefile").read_text("utf-8"))
    unmade = [goal for goal in re.findall(r"\bmake ([a-z][\w-]*)", code) if goal not in goals]
    assert not unknown + unmade


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_command_that_is_written_out_can_be_typed(document: Path) -> None:
    code = _code_of((ROOT / document).read_text("utf-8"))
    for line in re.findall(r"(?m)^(?:\.venv/bin/)?immunotext (.* --.*)$", code):
        _type(shlex.split(line))


def _drawn_as(name: str) -> str:
    """The box of the picture in which a module stands: a pure corner, else its room."""
    return next((corner for corner in PURE if f"{name}.".startswith(f"{corner}.")), name.partition(".")[0])


def _is_there(document: Path, target: str) -> bool:
    path, _, heading = target.partition("#")
    file = (ROOT / document.parent / path) if path else ROOT / document
    if not heading:
        return file.exists()
    titles = re.findall(r"(?m)^#+ (.+)$", file.read_text("utf-8"))
    return heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def _code_of(text: str) -> str:
    """What stands in back quotes or in a block of code, one piece a line, lines that go on put together."""
    text = text.replace("\\\n", "")
    return "\n".join(part for match in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", text, re.DOTALL) for part in match)


def _known(words: str) -> bool:
    """Whether these words name a command, or the group of one; what follows a command are its arguments."""
    command: click.Command | None = immunotext
    for word in words.split():
        if not isinstance(command, click.Group):
            return command is not None
        command = command.get_command(click.Context(command), word)
    return command is not None


def _type(words: list[str]) -> None:
    """Read a command line as far as its command would be called. Raises click.UsageError when it cannot be typed so."""
    command: click.Command | None = immunotext
    while isinstance(command, click.Group) and not words[0].startswith("-"):
        command = command.get_command(click.Context(command), words.pop(0))
    assert command
    with contextlib.suppress(click.exceptions.Exit):  # --help
        command.make_context(command.name, words)
