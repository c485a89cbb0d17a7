"""The command `immunotext`: one module per family of commands; `main` is the entry point.

Exit status: 0 done, 1 the thing asked for is not so, 2 wrong usage or configuration. Whatever goes wrong is one plain
sentence on standard error. A command's module is imported when the command is called, so that `understand` does not
wait for a database driver.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

import click

from bot.cli.errors import Misconfigured
from content.faults import ContentError

_COMMANDS = {
    "alarms": "bot.cli.watching:alarms_command",
    "ask": "bot.cli.asking:ask",
    "clinic": "bot.cli.clinics:clinic",
    "content": "bot.cli.treatment:content",
    "demo": "bot.cli.processes:demo",
    "doctor": "bot.cli.doctor:doctor",
    "downtime": "bot.cli.watching:downtime",
    "forecast": "bot.cli.forecast:forecast",
    "message": "bot.cli.patients:message",
    "migrate": "bot.cli.processes:migrate",
    "patient": "bot.cli.patients:patient",
    "phone": "bot.cli.lines:phone",
    "preview": "bot.cli.treatment:preview",
    "regimens": "bot.cli.treatment:regimens",
    "schedule": "bot.cli.treatment:schedule",
    "scheduler": "bot.cli.processes:scheduler",
    "segments": "bot.cli.lines:segments",
    "sender": "bot.cli.senders:sender",
    "serve": "bot.cli.processes:serve",
    "understand": "bot.cli.understanding:understand",
    "user": "bot.cli.users:user",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has what it wanted; click would make a failure of it
            return 0
        except OSError as error:
            raise Misconfigured(f"{error.filename or 'Standard output'}: {error.strerror}.") from error
        return result


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def immunotext() -> None:
    """Texts for people in cancer immunotherapy: facts when they ask, reminders of their treatment."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives back its exit status."""
    try:
        status = immunotext.main(arguments, prog_name="immunotext", standalone_mode=False)
    except click.ClickException as error:
        return _say(error.format_message(), error.exit_code)
    except ContentError as error:
        return _say(str(error), Misconfigured.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return 1
    finally:
        _let_go(sys.stdout)
    return status if isinstance(status, int) else 0


def _say(sentence: str, status: int) -> int:
    with suppress(OSError):
        click.echo(sentence, err=True)
    return status


def _let_go(stream: IO[str]) -> None:
    """Write what is left, and where nobody takes it, see that the interpreter does not try again when it ends."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
