"""What staff do with what waits for them: a note while it stays open, and that it is done.

Alerts have a door of their own (`scheduler.alerts`), and so has who wants to join (`scheduler.joining`).
"""

from datetime import datetime

from content.plain import Plain
from store import audit, follow_ups
from store.database import Tx
from store.follow_ups import FollowUp

OWN_DOORS = frozenset({"danger", "join"})


class DoneAlready(Exception):
    """Somebody else has done it; the message says who."""


class NotedMeanwhile(Exception):
    """Somebody else has noted something since; the message says so, and nothing is written over."""


def note(tx: Tx, now: datetime, task: FollowUp, by: str, words: str) -> None:
    """What there is to say of it, in place of the note that ``task`` has; it stays open.

    Raises DoneAlready, NotedMeanwhile.
    """
    _check_note(tx, task)
    if not follow_ups.set_note(tx, task.id, words):
        raise _done(tx, task)
    audit.record(tx, now, task.clinic_id, by, "note", "follow_up", task.id, ["note"])


def close(tx: Tx, now: datetime, task: FollowUp, by: str, words: str) -> None:
    """That it is done; without ``words`` the note that stands is kept. Raises DoneAlready, NotedMeanwhile."""
    if words:
        _check_note(tx, task)
    after = follow_ups.close_follow_up(tx, now, task.id, by, words or None)
    if (after.closed_by, after.closed_at) != (by, now):
        raise _done(tx, task)
    audit.record(tx, now, task.clinic_id, by, "close", "follow_up", task.id, ["note"] if words else [])


def _check_note(tx: Tx, task: FollowUp) -> None:
    """That what ``task`` has is what stands there now, unless it is done: then that is what there is to say."""
    current = follow_ups.get_follow_up(tx, task.clinic_id, task.id) or task
    if current.state == "open" and (current.note or "") != (task.note or ""):
        raise NotedMeanwhile(Plain("Somebody else has noted something here meanwhile. Nothing of yours is saved yet."))


def _done(tx: Tx, task: FollowUp) -> DoneAlready:
    current = follow_ups.get_follow_up(tx, task.clinic_id, task.id) or task
    return DoneAlready(Plain("{who} has done this already.", who=current.closed_by))
