"""What things are called on a screen, in the reader's language."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

ROLES: Mapping[str, LazyString] = {
    "administrator": _("administrator"),
    "nurse": _("nurse"),
    "viewer": _("viewer"),
    "auditor": _("auditor"),
}
FOLLOW_UPS: Mapping[str, LazyString] = {
    "danger": _("Danger sign"),
    "change": _("Needs another time"),
    "failed_text": _("A text failed"),
    "unanswered": _("Nobody answered"),
    "join": _("Wants to join"),
    "wrong_number": _("Wrong number"),
    "loss": _("A death was told"),
    "media": _("A photo or voice note came"),
    "sender": _("A sender has a fault"),
    "other": _("To look at"),
}
"""The kinds of follow-ups. A kind without a name is shown as it is called in the store."""


def role_name(role: str) -> str:
    """A role's name."""
    return str(ROLES.get(role, role))


def kind_name(kind: str) -> str:
    """A kind of follow-up's name."""
    return str(FOLLOW_UPS.get(kind, kind))
