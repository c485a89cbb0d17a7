"""What carriers and safety ask of the fixed texts: what must stand in them, and which words and numbers may not."""

import re

from content.calling import NUMBER
from content.checks.texts import Report, Written, every_text
from content.checks.topics import COMMANDS, word_form
from content.library import Library
from content.plain import Plain

_CALL = {"en": r"\bcall\b", "es": r"\bllam(e|ar)\b"}
_AUTOMATED = {"en": r"\bI am automated\b", "es": r"\bsoy automático\b"}
_NO_MORE = {"en": r"\bno more texts\b", "es": r"\b(ya )?no recibirá (más )?mensajes\b"}
_STOP = {"en": r"\bSTOP\b", "es": r"\bSTOP\b"}
_HELP = {"en": r"\bHELP\b", "es": r"\bAYUDA\b"}
_OFTEN = {"en": r"\b(msgs?/week|frequency varies)\b", "es": r"\b(mensajes/semana|frecuencia variable)\b"}
_RATES = {"en": r"\bdata rates may apply\b", "es": r"\bpuede haber cargos\b"}
_ASK = {"en": r"\b(doctor or pharmacist)\b", "es": r"\bmédico o farmacéutico\b"}
_TREATMENT_SAID = {"en": r"\bimmunotherapy\b", "es": r"\binmunoterapia\b"}

MUST_SAY: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "emergency": (("call", _CALL), ("I am automated", _AUTOMATED), ("immunotherapy", _TREATMENT_SAID)),
    "call_now": (("call", _CALL), ("I am automated", _AUTOMATED), ("immunotherapy", _TREATMENT_SAID)),
    "urgent_only": (("call", _CALL), ("I am automated", _AUTOMATED)),
    "same_day": (("call", _CALL),),
    "fever_info": (("call", _CALL),),
    "limit": (("call", _CALL),),
    "unknown": (("call", _CALL), ("I am automated", _AUTOMATED)),
    "clarify": (("call", _CALL), ("I am automated", _AUTOMATED)),
    "media": (("call", _CALL), ("I am automated", _AUTOMATED)),
    "info_plus": (("call", _CALL),),
    "crisis": (("call", _CALL), ("I am automated", _AUTOMATED)),
    "overdose": (("call", _CALL), ("I am automated", _AUTOMATED)),
    "help": (("STOP", _STOP), ("how often texts come", _OFTEN), ("that rates may apply", _RATES)),
    **dict.fromkeys(
        ("optin_confirm", "optin_ask"),
        (("STOP", _STOP), ("HELP", _HELP), ("how often texts come", _OFTEN), ("that rates may apply", _RATES)),
    ),
    "stop_confirm": (("that no more texts come", _NO_MORE),),
    "wrong_number": (("that no more texts come", _NO_MORE),),
    "cancel_clarify": (("STOP", _STOP), ("call", _CALL)),
    "missed_thanks": (("doctor or pharmacist", _ASK),),
}
"""What each text must say, by the base of its key ("crisis" for "crisis.us"), with the pattern that finds it."""

MUST_NOT_SAY: dict[str, dict[str, str]] = {
    "wrong_number": {"en": r"\b(treatment|clinic|visit|START)\b", "es": r"\b(tratamiento|clínica|cita|START)\b"},
    "loss": {"en": r"\b(treatment|START|visit)\b", "es": r"\b(tratamiento|START|cita)\b"},
}
CARRIER_WORDS = {
    "opt_out": {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "alto", "no mas"},
    "opt_in": {"start", "unstop", "yes"},
    "help": {"help", "info", "ayuda"},
}
"""Words that phone companies and the FCC name, a second time: one lost from carrier_words.toml would lose opt-outs."""

_MAY_SAY_STOP = ("help", "optin_confirm", "optin_ask", "stop_confirm", "cancel_clarify", "resumed", "menu")
_CAPITALS = re.compile(r"\b[A-ZÁÉÍÓÚÜÑ]{3,}\b")
_TEXTS_EMERGENCY = re.compile(r"\b(text|envíe|mande|escriba)\b[^.?:;]*\{emergency\}", re.IGNORECASE)
_KNOWN_CAPITALS = frozenset({"sms", "stop", "start", "help", "ayuda"})


def check(library: Library, report: Report) -> None:
    """What fixed texts must and must not say; in every text: capitals, numbers, and that emergencies are called."""
    for kind, known in CARRIER_WORDS.items():
        lost = known - {word_form(word) for word in getattr(library.carrier_words, kind)}
        if lost:
            report.at("carrier_words.toml", "carrier-list", f"put back: {', '.join(sorted(lost))}", kind)
    reserved = {word_form(word) for word in library.carrier_words.all} - _KNOWN_CAPITALS
    keywords = {
        language: {word_form(topic.keyword[language]) for topic in library.topics.values()}
        for language in library.languages
    }
    for written in every_text(library):
        _check_capitals(keywords[written.language], reserved, written, report)
        if NUMBER.search(written.text) and not (written.fact and written.fact.countries):
            mend = "write {emergency}, {phone}, {crisis} or {poison}: a number holds in one country"
            if written.fact:
                mend = f"{mend}; a fact about one country's service says countries = [...]"
            report.on(written, "number", Plain(mend))
        if _TEXTS_EMERGENCY.search(written.text):
            report.on(written, "call", Plain("most emergency numbers take no texts: say call {emergency}"))
        if not written.fact:
            _check_said(written, report)


def _check_said(written: Written, report: Report) -> None:
    base = written.key.partition(".")[0]
    for what, patterns in MUST_SAY.get(base, ()):
        pattern = patterns.get(written.language)
        if pattern and not re.search(pattern, written.text, re.IGNORECASE):
            report.on(written, "must-say", Plain("this text must say {what}: put it back", what=what))
    pattern = MUST_NOT_SAY.get(base, {}).get(written.language)
    if pattern and (found := re.search(pattern, written.text, re.IGNORECASE)):
        mend = Plain("'{words}' may not stand in this text: whoever reads it is no patient", words=found.group())
        report.on(written, "must-not-say", mend)
    if re.search(r"\bSTOP\b", written.text) and base not in _MAY_SAY_STOP:
        report.on(written, "stop", Plain("STOP competes with what this text tells people to do: leave it out"))


def _check_capitals(keywords: set[str], reserved: set[str], written: Written, report: Report) -> None:
    for word in _CAPITALS.findall(written.text):
        form = word_form(word)
        if form in reserved:
            mend = Plain("carriers act on {word} themselves: ask for another word, such as C", word=word)
            report.on(written, "carrier-word", mend)
        elif not written.fact and form not in keywords | COMMANDS | _KNOWN_CAPITALS:
            mend = Plain("{word} is neither a keyword nor a command in this language: correct it", word=word)
            report.on(written, "invites", mend)
