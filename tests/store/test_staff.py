from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import passkeys, staff
from store.database import Database
from store.passkeys import Passkey
from store.staff import EmailTaken, Membership
from tests.store.sample import NOW, add_clinic


def test_a_user_is_found_by_the_address_in_any_case_of_letters(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, " Ines@Harbor.example ", "Ines Duarte")
        assert staff.find_user(tx, "INES@harbor.example") == user
        assert staff.find_user(tx, "noone@harbor.example") is None
        with pytest.raises(EmailTaken, match=r"ines@harbor\.example already"):
            staff.add_user(tx, NOW, "INES@harbor.example", "Somebody Else")


def test_a_password_that_comes_with_an_account_was_given_unless_it_is_said_otherwise(database: Database) -> None:
    with database.writing() as tx:
        given = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte", "hash")
        own = staff.add_user(tx, NOW, "amal@harbor.example", "Amal Haddad", "hash", password_given=False)
        none = staff.add_user(tx, NOW, "kim@harbor.example", "Kim Tran")
        assert [each.password_hash for each in (given, own, none)] == ["hash", "hash", None]
        assert [each.password_given for each in (given, own, none)] == [True, False, False]
        with pytest.raises(LookupError):
            staff.set_user(tx, 99, name="Nobody")


def test_the_languages_that_people_chose_are_found_by_their_addresses(database: Database) -> None:
    with database.writing() as tx:
        for name, language in (("ines", "es"), ("bob", "en"), ("kim", None)):
            staff.set_user(tx, staff.add_user(tx, NOW, f"{name}@harbor.example", name).id, language=language)
        asked = {"Ines@Harbor.example", "kim@harbor.example", "noone@harbor.example", "+12025550171"}
        assert staff.languages(tx, asked) == {"Ines@Harbor.example": "es"}
        assert staff.languages(tx, set()) == {}


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


def test_how_somebody_signs_in_is_kept_and_the_secret_of_their_second_factor_is_sealed(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        assert user.active
        staff.set_sign_in(
            tx,
            user.id,
            active=False,
            password_hash="hash",
            password_given=True,
            session_key="session",
            second_factor="JBSWY3DPEHPK3PXP",
            recovery_codes=["one", "two"],
            passkey_handle="handle",
        )
        found = staff.get_user(tx, user.id)
        assert found is not None
        assert (found.active, found.password_hash, found.second_factor) == (False, "hash", "JBSWY3DPEHPK3PXP")
        assert found.recovery_codes == ("one", "two")
        assert found.password_given
        assert staff.user_of_session(tx, "session") == found
        assert staff.user_of_passkeys(tx, "handle") == found
        assert staff.user_of_session(tx, "another") is None
        stored = tx.conn.execute(sa.select(staff.staff_user.c.second_factor_sealed)).scalar_one()
        assert b"JBSWY3DPEHPK3PXP" not in bytes(stored)


def test_wrong_passwords_are_counted_until_a_right_one(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte", "hash")
        staff.note_password(tx, user.id, right=False)
        staff.note_password(tx, user.id, right=False, locked_until=NOW + timedelta(minutes=15))
        locked = staff.get_user(tx, user.id)
        assert locked is not None
        assert (locked.wrong_passwords, locked.locked_until) == (2, NOW + timedelta(minutes=15))
        staff.note_password(tx, user.id, right=True)
        opened = staff.get_user(tx, user.id)
        assert opened is not None
        assert (opened.wrong_passwords, opened.locked_until) == (0, None)


def test_a_clinic_knows_who_works_there_and_who_left(database: Database) -> None:
    with database.writing() as tx:
        harbor = add_clinic(tx, "Harbor Clinic")
        nurse = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        chief = staff.add_user(tx, NOW, "amal@harbor.example", "Amal Haddad")
        staff.add_membership(tx, nurse.id, harbor.id, "nurse")
        staff.add_membership(tx, chief.id, harbor.id, "administrator")
        assert [(user.name, role) for user, role in staff.members(tx, harbor.id)] == [
            ("Amal Haddad", "administrator"),
            ("Ines Duarte", "nurse"),
        ]
        assert staff.remove_membership(tx, nurse.id, harbor.id)
        assert not staff.remove_membership(tx, nurse.id, harbor.id)
        assert staff.memberships(tx, nurse.id) == []


def test_only_what_a_user_may_set_of_themselves_is_set(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        staff.set_user(tx, user.id, name="Ines D.", language="es")
        found = staff.get_user(tx, user.id)
        assert found is not None
        assert (found.name, found.language) == ("Ines D.", "es")
        with pytest.raises(TypeError, match="no email"):
            staff.set_user(tx, user.id, email="another@harbor.example")


def test_a_passkey_is_found_by_its_credential_counts_its_uses_and_can_be_removed(database: Database) -> None:
    with database.writing() as tx:
        user = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        new = Passkey(
            user_id=user.id,
            credential_id=b"credential",
            public_key=b"key",
            name="work phone",
            sign_count=0,
            usage="first",
            device_type="single_device",
            backup_state=False,
            transports=("internal",),
            extensions=None,
            used_at=NOW,
        )
        added = passkeys.add_passkey(tx, new)
        assert added.id is not None
        assert added == replace(new, id=added.id)
        assert passkeys.find_passkey(tx, b"credential") == added
        assert passkeys.find_passkey(tx, b"another") is None
        later = NOW + timedelta(hours=1)
        passkeys.note_use(tx, added.id, 7, backup_state=True, used_at=later)
        [used] = passkeys.passkeys_of(tx, user.id)
        assert (used.sign_count, used.backup_state, used.used_at) == (7, True, later)
        passkeys.remove_passkey(tx, added.id)
        assert passkeys.passkeys_of(tx, user.id) == []


def test_a_clinic_knows_its_own_staff_by_name_and_nobody_elses(database: Database) -> None:
    with database.writing() as tx:
        ours, theirs = add_clinic(tx), add_clinic(tx, "Other Clinic")
        ines = staff.add_user(tx, NOW, "ines@harbor.example", "Ines Duarte")
        left = staff.add_user(tx, NOW, "left@harbor.example", "Noa Left")
        for user, clinic in ((ines, ours), (ines, theirs), (left, theirs)):
            staff.add_membership(tx, user.id, clinic.id, "nurse" if clinic is ours else "viewer")
        assert staff.names(tx, ours.id) == {"ines@harbor.example": ("Ines Duarte", "nurse")}
