"""What somebody else saved of a clinic's settings since a page was opened: who it was, when, and of which fields."""

import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask_babel import gettext as _

from bot.clinic.here import here, services
from store import audit
from store.audit import AuditEntry, Filter

_LATEST = 100
"""Among how many entries about the clinic the one is looked for."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """``saved``: the fields by name; ``entry``: who saved them, where the audit's newest still have it."""

    saved: str
    entry: AuditEntry | None


def meanwhile(of: Container[str], name_of: Callable[[str], str]) -> Meanwhile:
    """The newest change of any of these fields."""
    entry = newest("clinic", lambda each: each.action == "change" and any(field in of for field in each.fields))
    return Meanwhile(", ".join(name_of(each) for each in entry.fields if each in of) if entry else "", entry)


def newest(subject: str, is_it: Callable[[AuditEntry], bool]) -> AuditEntry | None:
    """The newest entry about what the audit calls so here that is the one."""
    with services().database.reading() as tx:
        found = audit.find(tx, here().clinic.id, Filter(subject=subject), _LATEST)
    return next(filter(is_it, found), None)


def as_one_word(shown: Mapping[str, Any]) -> str:
    """What a form shows as one word: another one as soon as anything of it is another."""
    return sha256(json.dumps(shown, default=str, sort_keys=True).encode()).hexdigest()[:32]


def on_your_page(what: str) -> str:
    """What stands beside a field that has something else now."""
    return str(_("On your page: %(what)s", what=what))
