"""What was changed of a plan, in words, the latest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from bot.clinic.plans.words import change_in_words
from content.faults import ContentError
from content.regimens import Regimen
from scheduler.plan.changes import ChangeError, change_from_json
from scheduler.planned import UNDO
from store import plans
from store.database import Tx


@dataclass(frozen=True, slots=True)
class Past:
    """A change that was made. ``override_by`` answers for it where a rule stood in its way, ``override_reason`` why."""

    said: str
    by: str
    at: datetime
    reason: str | None
    override_by: str | None
    override_reason: str | None


def history(tx: Tx, plan_id: int, regimens: Sequence[Regimen]) -> list[Past]:
    """The changes of a plan that had these regimens, the latest first; an undo says what it took back."""
    applying: list[str] = []
    found = []
    for stored in plans.changes(tx, plan_id):
        if stored.change_json != UNDO:
            applying.append(_said(stored.change_json, regimens))
            said = applying[-1]
        else:
            said = _("Taken back: %(change)s", change=applying.pop() if applying else "")
        found.append(
            Past(said, stored.by, stored.at, stored.reason, stored.override_by, stored.override_reason),
        )
    return found[::-1]


def _said(stored: str, regimens: Sequence[Regimen]) -> str:
    try:
        return change_in_words(change_from_json(stored), regimens)
    except (ContentError, ChangeError):
        return str(_("A change that this release cannot read."))
