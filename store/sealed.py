"""Sealing at rest: what is written is encrypted, and what must be found again has a keyed hash beside it.

Tokens are Fernet's (AES-128-CBC and HMAC-SHA256), sealed with the newest of several keys and opened with any of them.
The blind index has a key of its own that rotation leaves alone, since an opt-out must be found for ever; clinic and
kind are part of what is hashed, so that the same number never has the same hash in two clinics or two columns.
"""

import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from store.errors import WrongKey

_SHORTEST_INDEX_KEY = 32


class Sealer:
    """Seals, opens and indexes text. Holds no state but its keys: any number of threads may share one."""

    def __init__(self, data_keys: Sequence[str], index_key: str) -> None:
        """``data_keys``: Fernet keys, newest first; ``index_key``: at least 32 characters. Raises WrongKey."""
        if not data_keys:
            raise WrongKey("DATA_KEYS is empty: without a key nothing can be sealed.")
        keys = []
        for number, key in enumerate(data_keys, start=1):
            try:
                keys.append(Fernet(key))
            except ValueError:
                raise WrongKey(
                    f"Key {number} of DATA_KEYS is no Fernet key: it must be 32 bytes in URL-safe base64."
                ) from None
        if len(index_key) < _SHORTEST_INDEX_KEY:
            raise WrongKey(f"INDEX_KEY must have at least {_SHORTEST_INDEX_KEY} characters.")
        self._newest = keys[0]
        self._keys = MultiFernet(keys)
        self._index_key = index_key.encode()

    def seal(self, text: str) -> bytes:
        """A token under the newest key; the same text never gives the same token twice."""
        return self._newest.encrypt(text.encode())

    def open(self, token: bytes) -> str:
        """What was sealed. Raises WrongKey where no key fits or the token is damaged."""
        try:
            return self._keys.decrypt(token).decode()
        except InvalidToken:
            raise WrongKey(
                "Something in the database was sealed with a key that DATA_KEYS does not hold. "
                "Add the older keys after the newest one."
            ) from None

    def open_or_none(self, token: bytes | None) -> str | None:
        """The same; None where there is nothing or it cannot be opened.

        For what is read together with that of others: that the keys are right was checked at start, so this one token
        is damaged, and must not hold up the others.
        """
        try:
            return None if token is None else self.open(token)
        except WrongKey:
            return None

    def reseal(self, token: bytes) -> bytes:
        """The same text under the newest key; the token itself where it is that already. Raises WrongKey."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return self.seal(self.open(token))
        return token

    def index(self, clinic_id: int, kind: str, value: str) -> bytes:
        """The blind index of a value: 32 bytes, the same for the same clinic, kind and value, and for no other."""
        return hmac.digest(self._index_key, f"{clinic_id}\0{kind}\0{value}".encode(), "sha256")
