"""Who signs in, as Flask-Security wants to know it, over `store.staff` and `store.passkeys`.

Flask-Security's own datastores are SQLAlchemy models that import Flask; this one is small objects that are read from
and written back to the store. Roles are ours (a role for each clinic, `access.py`), so that its roles stay empty.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_security import RoleMixin, UserMixin, WebAuthnMixin
from flask_security.datastore import UserDatastore

from bot.clock import Clock
from store import audit, passkeys, staff
from store.database import Database, Tx
from store.passkeys import Passkey
from store.staff import User

MOST_WRONG = 8
"""Wrong passwords or codes in a row after which an account is locked for `LOCKED`."""

LOCKED = timedelta(minutes=15)


class Account(UserMixin):
    """Somebody who signs in. What Flask-Security changes in it is written when it commits."""

    # Flask-Security looks at the class for what it can keep.
    fs_uniquifier = ""
    fs_webauthn_user_handle = ""
    tf_primary_method: str | None = None
    tf_totp_secret: str | None = None
    mf_recovery_codes: list[str] | None = None
    email = ""
    password: str | None = None
    webauthn: list[Any] = []  # noqa: RUF012 - never written to; each account has its own

    def __init__(self, user: User, keys: list["Key"], home: "Accounts") -> None:
        self._home = home
        self.id = user.id
        self.email = user.email
        self.name = user.name
        self.active = user.active
        self.password = user.password_hash
        self.password_given = user.password_given
        self.fs_uniquifier = user.session_key or ""
        self.fs_webauthn_user_handle = user.passkey_handle or ""
        self.tf_primary_method = None if user.second_factor is None else "authenticator"
        self.tf_totp_secret = user.second_factor
        self.tf_phone_number = None
        self.mf_recovery_codes = list(user.recovery_codes)
        self.webauthn = keys
        self.roles = []
        self.language = user.language
        self.locked_until = user.locked_until
        self.wrong_passwords = user.wrong_passwords

    def track_failed_authn(self, auth_type: str, tfa: bool = False) -> None:  # noqa: ARG002 - its signature is theirs
        """A wrong password, code or passkey. After `MOST_WRONG` in a row nothing is right for a while."""
        self._home.note_wrong(self)

    def is_locked(self, form_error: list[str] | None = None) -> bool:
        """Whether even the right password does not help yet. It is asked after the password was right."""
        locked = self.locked_until is not None and self.locked_until > self._home.real_now()
        if locked and form_error is not None:
            form_error.append(_("After several wrong tries this account is locked for a quarter of an hour."))
        return locked


class Key(WebAuthnMixin):
    """A passkey as Flask-Security knows it, and counts its uses; ``id`` is None until it is kept."""

    id: int | None  # type: ignore[assignment]
    user_id: int

    def __init__(self, kept: Passkey) -> None:
        self.kept = kept
        vars(self).update(asdict(kept))
        self.transports = list(kept.transports)
        self.lastuse_datetime = kept.used_at


class Accounts(UserDatastore):
    """Finds and writes accounts. Nobody is added here: an administrator or the command line does that."""

    def __init__(self, database: Database, real_clock: Clock) -> None:
        super().__init__(Account, _NoRole, Key)
        self._database = database
        self._real_clock = real_clock

    def real_now(self) -> datetime:
        """The time of the world: locks and passkeys do not know the demo's clock."""
        return self._real_clock()

    def note_wrong(self, account: Account) -> None:
        """Counts a wrong try, and locks the account where there were enough. Raises StoreError."""
        account.wrong_passwords += 1
        is_last = account.wrong_passwords >= MOST_WRONG
        now = self._real_clock()
        with self._database.writing() as tx:
            staff.note_password(tx, account.id, right=False, locked_until=now + LOCKED if is_last else None)
            if is_last:
                audit.record(tx, now, None, account.email, "lock", "user", account.id)

    def note_right(self, account: Account) -> None:
        """Forgets the wrong tries before a right one. Raises StoreError."""
        if account.wrong_passwords:
            account.wrong_passwords = 0
            with self._database.writing() as tx:
                staff.note_password(tx, account.id, right=True)

    def note_own_password(self, account: Account) -> None:
        """That they chose their password themselves, to be written with it."""
        account.password_given = False
        self.put(account)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Account | None:  # noqa: ARG002 - theirs
        """By ``email``, ``id``, ``fs_uniquifier`` or ``fs_webauthn_user_handle``. Raises StoreError."""
        ((name, value),) = kwargs.items()
        find = _FINDERS[name]
        with self._database.reading() as tx:
            user = find(tx, value)
            keys = [] if user is None else [Key(kept) for kept in passkeys.passkeys_of(tx, user.id)]
        if user is None:
            return None
        account = Account(user, keys, self)
        if not account.fs_uniquifier:
            # Their first sight of a sign-in: sessions and passkeys need something to know them by.
            self.set_uniquifier(account)
            self.set_webauthn_user_handle(account)
            self.commit()
        return account

    def find_role(self, role: str) -> None:  # noqa: ARG002 - theirs
        """There are none: roles belong to a clinic."""
        return

    def find_webauthn(self, credential_id: bytes) -> Key | None:
        """The passkey of this credential. Raises StoreError."""
        with self._database.reading() as tx:
            kept = passkeys.find_passkey(tx, credential_id)
        return None if kept is None else Key(kept)

    def create_webauthn(
        self,
        user: UserMixin,
        credential_id: bytes,
        public_key: bytes,
        name: str,
        sign_count: int,
        usage: str,
        device_type: str,
        backup_state: bool,
        transports: list[str] | None = None,
        extensions: str | None = None,
        **kwargs: Any,  # noqa: ARG002 - theirs
    ) -> None:
        """A new passkey, written at the next commit."""
        new = Key(
            Passkey(
                user_id=user.id,
                credential_id=credential_id,
                public_key=public_key,
                name=name,
                sign_count=sign_count,
                usage=usage,
                device_type=device_type,
                backup_state=backup_state,
                transports=tuple(transports or ()),
                extensions=extensions,
                used_at=self._real_clock(),
            )
        )
        user.webauthn.append(new)
        self.put(new)

    def put(self, model: Account | Key) -> Account | Key:
        """To be written at the next commit."""
        _pending()[id(model)] = (model, False)
        return model

    def delete(self, model: Account | Key) -> None:
        """To be removed at the next commit; only passkeys are ever removed."""
        if not isinstance(model, Key):
            raise TypeError("accounts are made inactive, never removed: the audit names them")
        _pending()[id(model)] = (model, True)

    def reload(self, model: Account | Key) -> None:
        """Nothing to do: what is written is what is here."""

    def commit(self) -> None:
        """Writes what was put since the last commit. Raises StoreError."""
        pending = list(_pending().values())
        _pending().clear()
        if not pending:
            return
        with self._database.writing() as tx:
            for model, is_gone in pending:
                if isinstance(model, Account):
                    _write_account(tx, model)
                elif is_gone:
                    if model.id is not None:
                        passkeys.remove_passkey(tx, model.id)
                elif model.id is None:
                    model.id = passkeys.add_passkey(tx, model.kept).id
                else:
                    passkeys.note_use(tx, model.id, model.sign_count, model.backup_state, model.lastuse_datetime)


class _NoRole(RoleMixin):
    """Flask-Security asks for a class of roles."""

    name = ""


_FINDERS: dict[str, Callable[[Tx, Any], User | None]] = {
    "email": staff.find_user,
    "id": staff.get_user,
    "fs_uniquifier": staff.user_of_session,
    "fs_webauthn_user_handle": staff.user_of_passkeys,
}


def _pending() -> dict[int, tuple[Account | Key, bool]]:
    """What was put in this request, and whether it is to be removed."""
    pending: dict[int, tuple[Account | Key, bool]] = g.setdefault("accounts_pending", {})
    return pending


def _write_account(tx: Tx, account: Account) -> None:
    staff.set_sign_in(
        tx,
        account.id,
        active=account.active,
        password_hash=account.password,
        password_given=account.password_given,
        session_key=account.fs_uniquifier or None,
        second_factor=account.tf_totp_secret,
        recovery_codes=account.mf_recovery_codes or (),
        passkey_handle=account.fs_webauthn_user_handle or None,
    )
