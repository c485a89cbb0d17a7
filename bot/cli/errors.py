"""The two ways in which a command fails, each with its exit status."""

import click


class Refused(click.ClickException):
    """What was asked for is not so, or is not allowed: exit status 1."""

    exit_code = 1


class Misconfigured(click.ClickException):
    """The settings, the content or the database are not as the command needs them: exit status 2."""

    exit_code = 2
