import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import WrongKey
from store.sealed import Sealer
from tests.store.sample import DATA_KEY, INDEX_KEY, OTHER_KEY, PHONE


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    sealer = Sealer([DATA_KEY], INDEX_KEY)
    assert sealer.open(sealer.seal(text)) == text


def test_the_same_text_never_gives_the_same_token(sealer: Sealer) -> None:
    assert sealer.seal(PHONE) != sealer.seal(PHONE)


def test_an_older_key_still_opens_and_the_newest_seals(sealer: Sealer) -> None:
    token = sealer.seal(PHONE)
    rotating = Sealer([OTHER_KEY, DATA_KEY], INDEX_KEY)
    assert rotating.open(token) == PHONE
    assert Sealer([OTHER_KEY], INDEX_KEY).open(rotating.seal(PHONE)) == PHONE


def test_a_token_is_sealed_anew_only_when_its_key_is_not_the_newest(sealer: Sealer) -> None:
    token = sealer.seal(PHONE)
    assert sealer.reseal(token) is token
    anew = Sealer([OTHER_KEY, DATA_KEY], INDEX_KEY).reseal(token)
    assert Sealer([OTHER_KEY], INDEX_KEY).open(anew) == PHONE


@pytest.mark.parametrize("token", [b"", b"no token", b"gAAAAA"])
def test_what_no_key_opens_says_what_to_do(sealer: Sealer, token: bytes) -> None:
    with pytest.raises(WrongKey, match="Add the older keys after the newest one"):
        sealer.open(token)
    with pytest.raises(WrongKey, match="Add the older keys"):
        sealer.reseal(token)


def test_a_token_of_another_key_does_not_open(sealer: Sealer) -> None:
    with pytest.raises(WrongKey):
        sealer.open(Sealer([OTHER_KEY], INDEX_KEY).seal(PHONE))


def test_the_index_is_the_same_for_the_same_value_and_for_no_other(sealer: Sealer) -> None:
    index = sealer.index(1, "phone", PHONE)
    assert len(index) == 32
    assert index == Sealer([OTHER_KEY], INDEX_KEY).index(1, "phone", PHONE)
    others = [
        sealer.index(2, "phone", PHONE),
        sealer.index(1, "code", PHONE),
        sealer.index(1, "phone", PHONE + "0"),
        Sealer([DATA_KEY], "x" * 32).index(1, "phone", PHONE),
    ]
    assert index not in others


@pytest.mark.parametrize(
    ("data_keys", "index_key", "says"),
    [
        ([], INDEX_KEY, "DATA_KEYS is empty"),
        (["short"], INDEX_KEY, "Key 1 of DATA_KEYS is no Fernet key"),
        ([DATA_KEY, "ä" * 44], INDEX_KEY, "Key 2 of DATA_KEYS is no Fernet key"),
        ([DATA_KEY], "short", "INDEX_KEY must have at least 32 characters"),
    ],
)
def test_a_key_that_is_none_is_refused(data_keys: list[str], index_key: str, says: str) -> None:
    with pytest.raises(WrongKey, match=says):
        Sealer(data_keys, index_key)
