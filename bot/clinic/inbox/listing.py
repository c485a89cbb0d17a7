"""The conversations of a clinic as rows: what is open first, everybody, or one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import console_inbox, staff, threads
from store.console_inbox import Correspondent, Received, Waiting
from store.database import Tx

PAGE = 50
_LOOK_BACK = timedelta(days=14)
"""A text that nobody understood is of today's work for so long."""
_MOST_TEXTS = 300
_MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation: who, the newest text of theirs, what is open about it, and who looks after it."""

    who: Correspondent
    newest: Received | None
    open: tuple[Waiting, ...]
    not_understood: int
    assigned_to: str | None

    @property
    def urgency(self) -> int:
        """That of the most urgent thing that is open; 0 where there is none."""
        return max((task.urgency for task in self.open), default=0)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of conversations; ``before``: the number of the text before which the next page's are."""

    rows: tuple[Row, ...]
    before: int | None = None


def open_ones(tx: Tx, now: datetime, clinic_id: int) -> Listing:
    """What waits for somebody: follow-ups about anybody, and texts that were not understood. The most urgent first."""
    tasks, unmatched = _tasks(tx, clinic_id), _unmatched(tx, now, clinic_id)
    urgency = {contact: max(task.urgency for task in found) for contact, found in tasks.items()}
    newest = console_inbox.newest_numbers(tx, {*tasks, *unmatched})
    in_order = sorted(
        {*tasks, *unmatched}, key=lambda contact: (urgency.get(contact, 0), newest.get(contact, 0)), reverse=True
    )
    return Listing(tuple(_rows(tx, clinic_id, in_order[:PAGE], tasks, unmatched)))


def everybody(tx: Tx, now: datetime, clinic_id: int, before_id: int | None) -> Listing:
    """Whoever ever texted, the newest first."""
    found, before = console_inbox.newest_of_each(tx, clinic_id, PAGE, before_id)
    contacts = [text.contact_id for text in found]
    return Listing(tuple(_rows(tx, clinic_id, contacts, _tasks(tx, clinic_id), _unmatched(tx, now, clinic_id))), before)


def of_user(tx: Tx, now: datetime, clinic_id: int, user_id: int) -> Listing:
    """The conversations that somebody looks after, the newest first."""
    newest = console_inbox.newest_numbers(tx, threads.assigned_to(tx, clinic_id, user_id, _MOST_WAITING))
    in_order = sorted(newest, key=lambda contact: newest[contact], reverse=True)[:PAGE]
    return Listing(tuple(_rows(tx, clinic_id, in_order, _tasks(tx, clinic_id), _unmatched(tx, now, clinic_id))))


def _tasks(tx: Tx, clinic_id: int) -> dict[int, list[Waiting]]:
    found: dict[int, list[Waiting]] = {}
    for task in console_inbox.waiting(tx, clinic_id, _MOST_WAITING):
        found.setdefault(task.contact_id, []).append(task)
    return found


def _unmatched(tx: Tx, now: datetime, clinic_id: int) -> dict[int, int]:
    """How many texts of each contact were not understood lately, since their conversation was last done."""
    texts = console_inbox.not_understood(tx, clinic_id, now - _LOOK_BACK, _MOST_TEXTS)
    known = threads.threads(tx, clinic_id, {contact for contact, _ in texts})
    found: dict[int, int] = {}
    for contact, number in texts:
        thread = known.get(contact)
        if thread is None or number > thread.done_through:
            found[contact] = found.get(contact, 0) + 1
    return found


def _rows(
    tx: Tx, clinic_id: int, contacts: Sequence[int], tasks: dict[int, list[Waiting]], unmatched: dict[int, int]
) -> list[Row]:
    people = console_inbox.correspondents(tx, clinic_id, contacts)
    newest = console_inbox.newest_of_these(tx, people)
    known = threads.threads(tx, clinic_id, people)
    names = {user.id: user.name for user, _ in staff.members(tx, clinic_id)}
    rows = []
    for contact_id in contacts:
        if contact_id in people:
            thread = known.get(contact_id)
            looked_after = names.get(thread.assigned_to or 0) if thread else None
            open_tasks = tuple(tasks.get(contact_id, ()))
            row = Row(
                people[contact_id], newest.get(contact_id), open_tasks, unmatched.get(contact_id, 0), looked_after
            )
            rows.append(row)
    return rows
