"""Running commands in a test, and reading what they wrote."""

import json

import pytest

from bot.cli import main

NUMBER = "+12025550100"
CONSENT = ("--consent-text", "en=I agree.", "--consent-text", "es=Acepto.")


class Run:
    """Runs commands, and gives what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str, status: int = 0) -> str:
        self._capsys.readouterr()
        assert main(arguments) == status, self._capsys.readouterr().err
        captured = self._capsys.readouterr()
        return captured.err if status else captured.out

    def rows(self, *arguments: str) -> list[dict[str, object]]:
        return self.rows_of(0, *arguments)

    def rows_of(self, status: int, *arguments: str) -> list[dict[str, object]]:
        """The rows of a command that ends with this status."""
        self._capsys.readouterr()
        assert main([*arguments, "--json"]) == status, self._capsys.readouterr().err
        return [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]
