"""What the parts of the content are called on a screen, in the reader's language."""

from collections.abc import Callable, Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from bot.clinic.library.blueprint import routes

LEVELS = {
    "crisis": _("Crisis: the crisis line and the emergency number, now"),
    "emergency": _("Emergency: the emergency number, now"),
    "overdose": _("Overdose: emergency number and poison line, now"),
    "call_now": _("Call now, day or night"),
    "same_day": _("Call today"),
}
LINES = {"emergency": _("Emergency"), "crisis": _("Crisis line"), "poison": _("Poison line")}
FACT_KINDS = {
    "seed": _("From the source text"),
    "source": _("From another page"),
    "inference": _("A small conclusion of ours: a clinician must agree"),
    "limit": _("No medical claim: what this service can do"),
    "engine": _("Filled in by the program"),
}
PLACES = {
    "topic": _("Topic"),
    "fact": _("Fact"),
    "text": _("Reply or reminder"),
    "danger": _("Danger sign"),
    "words": _("Group of words"),
    "country": _("Country"),
    "source": _("Source"),
    "regimen": _("Regimen"),
}
USES = {
    "current": _("signed off"),
    "older": _("another version signed off"),
    "waiting": _("waits for a second person"),
    "withdrawn": _("out of use"),
    "none": _("not signed off"),
}
VERIFIED = {"yes": _("yes"), "partly": _("partly"), "no": _("no")}


@routes.context_processor
def in_templates() -> dict[str, Callable[[str], str]]:
    """The names, for the templates of this folder."""
    return {
        "level_name": _named(LEVELS),
        "line_name": _named(LINES),
        "fact_kind": _named(FACT_KINDS),
        "place_kind": _named(PLACES),
        "use_name": _named(USES),
        "verified_name": _named(VERIFIED),
    }


def _named(names: Mapping[str, LazyString]) -> Callable[[str], str]:
    return lambda key: str(names.get(key, key))
