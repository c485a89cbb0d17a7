"""People who sign in, on the command line: who is locked out is let in again."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot.cli import main
from bot.services import Services
from store import audit, passkeys, staff
from store.passkeys import Passkey
from tests.bot.cli.commands import Run
from tests.bot.conftest import NOON

NURSE = "nurse@example.org"


def test_who_lost_phone_and_password_is_let_in_again(
    clinic: Run, make_services: Callable[[str], Services], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic("user", "add", NURSE, "--name", "N. Urse")
    services = make_services(f"sqlite:///{tmp_path}/riverside.db")
    with services.database.writing() as tx:
        known = staff.find_user(tx, NURSE)
        assert known is not None
        staff.set_sign_in(
            tx, known.id, active=True, password_hash="old", password_given=False, session_key="s",
            second_factor="key", recovery_codes=["one"], passkey_handle="h",
        )  # fmt: skip
        staff.note_password(tx, known.id, right=False, locked_until=NOON)
        passkeys.add_passkey(tx, _passkey(known.id))

    monkeypatch.setattr("sys.stdin", io.StringIO("seven grey herons\n"))
    assert clinic("user", "reset", NURSE, "--password-stdin", "--second-factor") == "N. Urse can sign in again.\n"

    with services.database.reading() as tx:
        anew = staff.find_user(tx, NURSE)
        assert anew is not None
        assert PasswordHasher().verify(anew.password_hash or "", "seven grey herons")
        assert anew.password_given
        assert (anew.session_key, anew.second_factor, anew.recovery_codes, anew.locked_until) == (None, None, (), None)
        assert passkeys.passkeys_of(tx, anew.id) == []
        assert audit.entries(tx, 1)[0].fields == ("password", "second_factor")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [([NURSE], "Say what is to be reset"), ([NURSE, "--second-factor"], f"Nobody signs in as {NURSE}.")],
)
def test_what_cannot_be_reset_is_said(
    clinic: Run, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "reset", *arguments]) != 0
    assert told in capsys.readouterr().err


def _passkey(user_id: int) -> Passkey:
    return Passkey(
        id=None, user_id=user_id, name="phone", credential_id=b"c", public_key=b"k", sign_count=0, transports=(),
        backup_state=False, device_type="single_device", extensions=None, usage="first", used_at=NOON,
    )  # fmt: skip
