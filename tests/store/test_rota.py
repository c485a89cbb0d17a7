"""The rota of a clinic in the store."""

from dataclasses import replace
from datetime import time

import pytest
import sqlalchemy as sa

from store import rota
from store.database import Database
from store.on_call import Recipient
from store.rota import Shift
from tests.store.sample import NOW, OTHER_PHONE, add_sample

NIGHT = Shift("charge", "Kim", "+12025550171", "kim@example.org", (4, 5), time(19), time(7), holidays=True)
DAY = Shift("nurse", "Alex", None, "alex@example.org", (0,), time(7), time(19), holidays=False)


def test_a_rota_is_read_as_it_was_written_step_by_step(database: Database) -> None:
    with database.writing() as tx:
        clinic_id = add_sample(tx).clinic.id
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE).clinic.id
        for shift in (NIGHT, DAY, replace(DAY, name="Abe")):
            rota.add_shift(tx, NOW, clinic_id, shift)
        rota.add_shift(tx, NOW, other, DAY)
    with database.reading() as tx:
        found = [entry.shift for entry in rota.of_clinic(tx, clinic_id)]
        assert found == [replace(DAY, name="Abe"), DAY, NIGHT]
    assert NIGHT.recipients() == (Recipient("text", "+12025550171"), Recipient("mail", "kim@example.org"))


def test_nobody_changes_another_clinics_rota(database: Database) -> None:
    with database.writing() as tx:
        clinic_id = add_sample(tx).clinic.id
        other = add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE).clinic.id
        number = rota.add_shift(tx, NOW, clinic_id, DAY)
        assert not rota.change_shift(tx, other, number, NIGHT)
        assert rota.change_shift(tx, clinic_id, number, NIGHT)
        assert [entry.shift for entry in rota.of_clinic(tx, clinic_id)] == [NIGHT]
        assert not rota.remove_shift(tx, other, number)
        assert rota.remove_shift(tx, clinic_id, number)
        assert not rota.remove_shift(tx, clinic_id, number)
        assert not rota.change_shift(tx, clinic_id, number, NIGHT)
        assert rota.of_clinic(tx, clinic_id) == []


def test_a_shift_without_any_address_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.writing() as tx:
        rota.add_shift(tx, NOW, add_sample(tx).clinic.id, replace(DAY, mail=None))


def test_an_address_that_cannot_be_opened_keeps_nobody_else_from_being_told(database: Database) -> None:
    with database.writing() as tx:
        clinic_id = add_sample(tx).clinic.id
        number = rota.add_shift(tx, NOW, clinic_id, NIGHT)
        tx.conn.execute(sa.update(rota.rota).where(rota.rota.c.id == number).values(phone_sealed=b"damaged"))
        rota.add_shift(tx, NOW, clinic_id, DAY)
    with database.reading() as tx:
        told = [entry.shift.recipients() for entry in rota.of_clinic(tx, clinic_id)]
    assert told == [DAY.recipients(), (Recipient("mail", "kim@example.org"),)]
