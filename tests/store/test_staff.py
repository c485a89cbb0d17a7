import pytest

from store import staff
from store.database import Database
from store.staff import EmailTaken, Membership
from tests.store.sample import NOW, add_clinic


def test_a_user_is_found_by_the_address_in_any_case_of_letters(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, " Ines@Harbor.example ", "Ines Duarte")
        assert staff.find_user(tx, "INES@harbor.example") == user
        assert staff.find_user(tx, "noone@harbor.example") is None
        with pytest.raises(EmailTaken, match=r"ines@harbor\.example already"):
            staff.add_user(tx, NOW, "INES@harbor.example", "Somebody Else")


def test_a_password_can_be_set_for_a_user_that_exists(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        staff.set_password(tx, user.id, "hash")
        found = staff.find_user(tx, user.email)
        assert found is not None
        assert found.password_hash == "hash"
        with pytest.raises(LookupError):
            staff.set_password(tx, 99, "hash")


def test_a_user_has_one_role_in_each_clinic(database: Database) -> None:
    with database.writing() as tx:
        harbor, hill = add_clinic(tx, "Harbor Clinic"), add_clinic(tx, "Hill Clinic")
        user = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        staff.add_membership(tx, user.id, hill.id, "viewer")
        staff.add_membership(tx, user.id, harbor.id, "viewer")
        staff.add_membership(tx, user.id, harbor.id, "nurse")
        assert staff.memberships(tx, user.id) == [
            Membership(user.id, harbor.id, "nurse"),
            Membership(user.id, hill.id, "viewer"),
        ]
