"""How a reminder reads, in both languages and on both networks."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from channels.base import Via
from content.library import Library, UnknownWording
from content.sms_text import measure
from scheduler.delivery.words import compose
from scheduler.plan.calendar import Calendar
from scheduler.plan.reminders import upcoming
from tests.scheduler.delivery.test_gates import CLINIC, NOON

ARGS = {"date": "2026-01-26", "time": "09:30", "item": "capsules"}


@pytest.mark.parametrize(
    ("template", "language", "body"),
    [
        (
            "visit_before",
            "en",
            "Riverside Care: you have a visit on Mon Jan 26 at 9:30 AM. Reply C to confirm or call 202-555-0100 to",
        ),
        ("visit_today", "en", "Riverside Care: your visit is today at 9:30 AM. Bring your card."),
        ("off_last", "en", "Riverside Care: your next course of capsules starts tomorrow, Jan 26."),
        (
            "optin_confirm",
            "en",
            "Riverside Care: you are signed up for treatment reminders and facts. Up to 7 msgs/week.",
        ),
        ("off_last", "es", "capsulas"),
        ("visit_before", "es", "lunes 26 de enero"),
        ("visit_tomorrow", "es", "cita mañana, 9:30 a.m. Traiga tarjeta"),
    ],
)
def test_dates_times_and_items_are_written_as_people_say_them(
    library: Library, template: str, language: str, body: str
) -> None:
    assert body in compose(library, CLINIC, template, ARGS, language, Via.SMS).body


def test_spanish_is_folded_for_sms_and_keeps_its_accents_on_whatsapp(library: Library) -> None:
    sms = compose(library, CLINIC, "optin_confirm", {}, "es", Via.SMS)
    whatsapp = compose(library, CLINIC, "optin_confirm", {}, "es", Via.WHATSAPP)

    assert (sms.encoding, sms.segments) == ("GSM-7", measure(sms.body).segments)
    assert "ya se inscribio" in sms.body
    assert "ya se inscribió" in whatsapp.body
    assert "mañana" in compose(library, CLINIC, "visit_tomorrow", ARGS, "es", Via.SMS).body


def test_a_text_without_its_arguments_is_never_sent_half_filled(library: Library) -> None:
    with pytest.raises(UnknownWording):
        compose(library, CLINIC, "visit_before", {}, "en", Via.SMS)
    with pytest.raises(UnknownWording):
        compose(library, CLINIC, "no_such_text", ARGS, "en", Via.SMS)


def test_every_reminder_of_every_regimen_has_words_in_every_language(library: Library) -> None:
    """A year of each, for a clinic with the longest names allowed: nothing missing, nothing that is not GSM-7."""
    clinic = replace(CLINIC, languages=library.languages)
    said = set()
    for regimen in library.regimens.values():
        for visit_time in (None, CLINIC.window_from):
            reminders = upcoming(
                Calendar(regimen, date(2026, 1, 5)),
                timezone=clinic.timezone,
                window_from=clinic.window_from,
                window_until=clinic.window_until,
                visit_time=visit_time,
                after=NOON - timedelta(days=10),
                until=NOON + timedelta(days=400),
            )
            said |= {(reminder.template, tuple(sorted(reminder.args.items()))) for reminder in reminders}
    for template, args in said:
        for language in library.languages:
            words = compose(library, clinic, template, dict(args), language, Via.SMS)
            assert words.encoding == "GSM-7"
            assert "{" not in words.body
