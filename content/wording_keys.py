"""Which fixed texts there are, and what each of them is given to fill in.

This is the contract between the wording files and the rooms that say the texts: a file must have every key, no other,
and exactly these placeholders, in every language.
"""

from collections.abc import Iterable, Mapping

ITEMS = ("capsules", "pills", "cream", "pump", "injections", "treatment")
"""What reminders call a treatment at home: keys ``item.<word>``. Never a drug's name, never "medicine"."""

CATEGORIES = ("appointment", "home-care", "wellness")
"""What carriers and the FCC's healthcare exemption file a reminder under."""

PACK_TEXTS = ("crisis", "overdose")
"""Texts that every country pack has for itself, ``crisis.us``; the bare key is for a country that is not known."""

PACK_PLACEHOLDERS = frozenset({"emergency", "crisis", "poison"})
"""What a text of a pack may be filled with; it must have ``{emergency}``."""

FACT_PLACEHOLDERS = frozenset({"clinic", "phone", "emergency", "crisis", "feverC", "feverF", "stools", "date"})
"""What a fact may be filled with."""

_REPLIES = {
    "emergency": "emergency phone",
    "call_now": "clinic phone emergency er",
    "same_day": "phone emergency",
    "fever_info": "feverC feverF phone emergency",
    "also_opted_out": "program",
    "urgent_only": "emergency",
    "crisis": "emergency",
    "overdose": "emergency",
    "info_plus": "phone emergency",
    "info_plus_clinic": "phone",
    "thanks": "",
    "resolved": "",
    "ask_temperature": "",
    "limit": "clinic phone emergency",
    "unknown": "phone emergency",
    "clarify": "phone emergency",
    "which_topic": "first second phone emergency",
    "cancel_clarify": "clinic phone",
    "media": "phone emergency",
    "help": "program phone emergency",
    "optin_confirm": "program n emergency",
    "optin_ask": "program n emergency",
    "optin_thanks": "phone emergency",
    "stop_confirm": "program phone emergency",
    "wrong_number": "program",
    "loss": "program phone",
    "paused": "phone emergency",
    "resumed": "phone emergency",
    "join_asked": "clinic phone emergency",
    "join_unknown": "clinic phone",
    "not_enrolled": "clinic phone",
    "menu": "phone emergency",
    "more_none": "",
    "source": "source",
    "source_none": "",
    "language_set": "language",
    "next_visit": "dow date time clinic phone",
    "next_visit_untimed": "dow date clinic phone",
    "next_pill": "item dow date clinic phone",
    "next_none": "clinic phone",
    "day_treatment": "clinic phone",
    "day_rest": "item dow date phone",
    "day_between": "dow date phone",
    "day_none": "clinic phone",
    "day_visit": "clinic phone",
    "confirmed": "phone",
    "change_asked": "clinic phone",
    "done_thanks": "phone",
    "missed_thanks": "phone",
    "later": "phone emergency",
    "kept": "phone emergency",
    "seen": "program who time phone emergency",
}
_REMINDERS = {
    "visit_before": "program dow date time phone",
    "visit_before_untimed": "program dow date phone",
    "visit_tomorrow": "program time phone",
    "visit_tomorrow_untimed": "program phone",
    "visit_today": "program time phone",
    "visit_today_untimed": "program phone",
    "visits_before": "program dow date times phone",
    "visits_before_partly": "program dow date times phone",
    "visits_before_untimed": "program dow date phone",
    "visits_tomorrow": "program times phone",
    "visits_tomorrow_partly": "program times phone",
    "visits_tomorrow_untimed": "program phone",
    "visits_today": "program times phone",
    "visits_today_partly": "program times phone",
    "visits_today_untimed": "program phone",
    "bladder_tomorrow": "program time phone",
    "bladder_tomorrow_untimed": "program phone",
    "pump_before": "program dow date time phone",
    "pump_before_untimed": "program dow date phone",
    "pump_tomorrow": "program time phone",
    "pump_tomorrow_untimed": "program phone",
    "hospital_before": "program dow date phone",
    "pill_today": "program item phone",
    "pills_today": "program item other phone",
    "cream_today": "program phone",
    "cream_washoff": "program phone",
    "off_first": "program item date phone",
    "off_last": "program item date phone",
    "between": "program date phone",
    "phase_before": "program dow date phone",
    "held": "program date phone",
    "visit_changed": "program dow date time phone",
    "visit_changed_untimed": "program dow date phone",
    "visit_off": "program dow date phone",
    "home_changed": "program item dow date phone",
    "home_held": "program item date phone",
    "plan_ended": "program phone",
    "finished": "program phone",
    "late_effects": "program phone",
}


def _sets(written: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return {key: frozenset(names.split()) for key, names in written.items()}


REPLIES = _sets(_REPLIES)
"""Key -> placeholders of every answer, but for the packs' own."""
REMINDERS = _sets(_REMINDERS)
"""Key -> placeholders of every text that nobody asked for."""


def reply_keys(countries: Iterable[str]) -> tuple[str, ...]:
    """Every key of an answer, the packs' own included."""
    return (*REPLIES, *(f"{text}.{country}" for text in PACK_TEXTS for country in countries))
