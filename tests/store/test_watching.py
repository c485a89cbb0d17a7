"""What the watchdog counts, and how far it looks for it."""

from datetime import timedelta

from store import outbox, watching
from store.database import Database
from store.watching import Passage
from tests.store.sample import NOW, OTHER_PHONE, add_reminder, add_sample


def test_of_what_a_clinic_said_that_day_only_the_newest_is_looked_through(database: Database) -> None:
    """A clinic that stands still after a busy morning is asked for at each look."""
    with database.writing() as tx:
        ours, other = add_sample(tx), add_sample(tx, "Hill Clinic", "+12025550101", OTHER_PHONE)
        for sample in (ours, other):
            outbox.drop(tx, NOW, add_reminder(tx, sample), "expired", "too_late")

    def found() -> list[Passage]:
        with database.reading() as tx:
            return watching.passages(tx, NOW, (), 1, {ours.clinic.id})

    def answer(number: int) -> None:
        with database.writing() as tx:
            outbox.add_text(
                tx,
                NOW + timedelta(seconds=number),
                clinic_id=ours.clinic.id,
                contact_id=ours.contact.id,
                patient_id=None,
                kind="reply",
                template=None,
                args={},
                due_at=NOW,
                expires_at=None,
                priority=0,
                body="We will call you.",
            )

    for number in range(1, 10):
        answer(number)
    assert found() == [Passage(ours.clinic.id, 0, 1), Passage(other.clinic.id, 0, 1)]
    answer(10)
    assert found() == [Passage(other.clinic.id, 0, 1)]
