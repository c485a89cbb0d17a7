"""`user`: who signs in to the console."""

import re
import sys
from datetime import datetime

import click
from argon2 import PasswordHasher

from bot import clinic_rules
from bot.cli.arguments import Name
from bot.cli.data import ACTOR, clinic_option, open_services, pick_entry, writing
from store import audit, passkeys, staff
from store.database import Tx

_SHORTEST_PASSWORD = 12

_password_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--name", type=Name(), required=True, help="Their name.")
@clinic_option
@click.option(
    "--role", type=click.Choice(["administrator", "nurse", "viewer", "auditor"]), default="nurse", show_default=True
)
@_password_option
def user_add(email: str, name: str, clinic_name: str | None, role: staff.Role, password_stdin: bool) -> None:
    """Let the person with the address EMAIL sign in to a clinic. Without a password they cannot do so yet.

    At their first sign-in they choose a password of their own in place of this one.
    """
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        message = f"{email} is not a mail address."
        raise click.UsageError(message)
    hashed = _hashed_password() if password_stdin else None
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        entry = pick_entry(tx, clinic_name)
        added = staff.add_user(tx, now, email, name, hashed)
        staff.add_membership(tx, added.id, entry.clinic.id, role)
        audit.record(tx, now, entry.clinic.id, ACTOR, "add", "user", added.id, ["email", "name", "role"])
        two_again = clinic_rules.ask_two_again(tx, now, entry.clinic.id, ACTOR)
    click.echo(f"{name} is {role} of {entry.clinic.name}.")
    if two_again:
        click.echo("From now on it takes two people there to change what patients read.")


@user.command("reset")
@click.argument("email")
@_password_option
@click.option(
    "--second-factor",
    is_flag=True,
    help="Take away authenticator, recovery codes and passkeys, as of a lost phone; the next sign-in sets up anew.",
)
def user_reset(email: str, password_stdin: bool, second_factor: bool) -> None:
    """Let who is locked out sign in again: the person with the address EMAIL. They are signed out everywhere.

    With the new password they choose one of their own when they sign in.
    Be sure who asks for it: phone them at a number that you know.
    """
    if not password_stdin and not second_factor:
        message = "Say what is to be reset: --password-stdin, --second-factor or both."
        raise click.UsageError(message)
    hashed = _hashed_password() if password_stdin else None
    services = open_services()
    now = services.clock()
    with writing(services) as tx:
        known = staff.find_user(tx, email)
        if known is None:
            message = f"Nobody signs in as {email}."
            raise click.ClickException(message)
        _reset(tx, now, known, hashed, second_factor=second_factor)
    click.echo(f"{known.name} can sign in again.")


def _reset(tx: Tx, now: datetime, known: staff.User, hashed: str | None, *, second_factor: bool) -> None:
    if second_factor:
        passkeys.remove_all(tx, known.id)
    staff.set_sign_in(
        tx,
        known.id,
        active=known.active,
        password_hash=hashed or known.password_hash,
        password_given=hashed is not None or known.password_given,
        session_key=None,
        second_factor=None if second_factor else known.second_factor,
        recovery_codes=() if second_factor else known.recovery_codes,
        passkey_handle=known.passkey_handle,
    )
    staff.note_password(tx, known.id, right=True)
    fields = [*(["password"] if hashed else []), *(["second_factor"] if second_factor else [])]
    works_for: list[int | None] = [each.clinic_id for each in staff.memberships(tx, known.id)]
    for clinic_id in works_for or [None]:
        audit.record(tx, now, clinic_id, ACTOR, "reset", "user", known.id, fields)


def _hashed_password() -> str:
    """The password on standard input, as it is kept. Raises click.UsageError."""
    password = sys.stdin.readline().rstrip("\n")
    if len(password) < _SHORTEST_PASSWORD:
        message = f"The password needs at least {_SHORTEST_PASSWORD} characters."
        raise click.UsageError(message)
    return PasswordHasher().hash(password)
