"""What a text must never say: each rule finds its sentences, in both languages and in every kind of text."""

import pytest

from content.checks.bans import BANS
from tests.content.conftest import Copy

EN = "wording/en.toml"
ES = "wording/es.toml"

# For each rule on what a text must never say: sentences in English and Spanish that it finds.
NEVER_SAY = {
    "diagnosis": [
        ("en", "This is a reaction."),
        ("en", "That sounds like a cold."),
        ("en", "You probably have colitis."),
        ("es", "Parece que es un resfriado."),
        ("es", "Usted tiene colitis."),
    ],
    "reassurance": [
        ("en", "That is normal."),
        ("en", "Don't worry."),
        ("en", "It can wait."),
        ("en", "Itching is common."),
        ("en", "Wait until your next visit."),
        ("en", "It is nothing serious."),
        ("en", "There is no need to call."),
        ("en", "It is just a rash."),
        ("es", "Es normal."),
        ("es", "No se preocupe."),
        ("es", "Puede esperar."),
        ("es", "Espere hasta su cita."),
        ("es", "No hace falta que llame."),
    ],
    "grade": [
        ("en", "That is mild."),
        ("en", "It is not urgent."),
        ("es", "Es leve."),
        ("es", "No es una emergencia."),
    ],
    "dose": [
        ("en", "Take two of them."),
        ("en", "You can skip it today."),
        ("en", "Stop taking it."),
        ("en", "Do not take it."),
        ("en", "It is 25 mg."),
        ("es", "Tome dos."),
        ("es", "Puede dejar de usarla."),
        ("es", "Suspenda la crema."),
        ("es", "Son 25 mg."),
    ],
    "missed-dose": [
        ("en", "Have it as soon as you remember."),
        ("es", "Hágalo en cuanto se acuerde."),
    ],
    "prognosis": [
        ("en", "You will be cured."),
        ("en", "It helps 40% of people."),
        ("en", "Your results are good."),
        ("en", "It means treatment is working."),
        ("es", "Se va a curar."),
        ("es", "Sus resultados son buenos."),
        ("es", "Significa que el tratamiento funciona."),
    ],
    "promise": [
        ("en", "A nurse is reading this."),
        ("en", "A nurse will call you soon."),
        ("en", "Our team reads every text."),
        ("en", "Your team has been told."),
        ("en", "We are here all day."),
        ("en", "Someone will get back to you."),
        ("en", "We'll call you."),
        ("es", "Una enfermera lo está leyendo, estamos pendientes."),
        ("es", "Una enfermera le llamará."),
        ("es", "Su equipo ya lo sabe, hemos avisado."),
        ("es", "Le responderemos pronto."),
        ("es", "Nuestro equipo lee los mensajes."),
    ],
    "called": [
        ("en", "Help is on the way."),
        ("en", "We have called an ambulance."),
        ("es", "La ayuda va en camino."),
        ("es", "Ya llamamos a una ambulancia."),
    ],
    "suggestion": [
        ("en", "We recommend green tea."),
        ("en", "Ask for Keytruda."),
        ("en", "Some ibuprofen may help."),
        ("en", "Look at NCT01234567."),
        ("es", "Recomendamos una dieta."),
        ("es", "Pida Opdivo."),
    ],
    "link": [
        ("en", "Read https://example.org now."),
        ("en", "Go to example.com now."),
        ("es", "Vea www.ejemplo.mx hoy."),
    ],
    "tone": [
        ("en", "Well done!"),
        ("en", "You should have called."),
        ("en", "Today is a safe day."),
        ("en", "Call ur team."),
        ("es", "¡Muy bien!"),
        ("es", "Es su culpa."),
        ("es", "Hoy es un día seguro."),
    ],
    "details": [
        ("en", "Tell me more."),
        ("en", "Text us your symptoms."),
        ("en", "Reply with a photo."),
        ("es", "Describa el dolor."),
        ("es", "Envíe una foto."),
    ],
    "promotion": [
        ("en", "Ask for our special offer."),
        ("en", "Pay your bill."),
        ("es", "Vea nuestra oferta."),
        ("es", "Pague su factura."),
    ],
    "threshold": [
        ("en", "Call at 38 C."),
        ("en", "Call at 100.4F."),
        ("es", "Llame con 38.5 grados."),
    ],
}


@pytest.mark.parametrize(
    ("rule", "language", "sentence"),
    [(rule, language, sentence) for rule, pairs in NEVER_SAY.items() for language, sentence in pairs],
)
def test_what_must_never_be_said_is_found(rule: str, language: str, sentence: str) -> None:
    (ban,) = [ban for ban in BANS if ban.rule == rule]
    assert ban.patterns[language].search(sentence)


def test_every_ban_has_its_sentences_in_both_languages() -> None:
    assert {(ban.rule, language) for ban in BANS for language in ban.patterns} == {
        (rule, language) for rule, pairs in NEVER_SAY.items() for language, _ in pairs
    }


@pytest.mark.parametrize(
    ("rule", "file", "old", "new"),
    [
        ("promise", EN, "Please call your team about it today.", "Please call your team. A nurse is reading this."),
        ("reassurance", ES, "Llame hoy a su equipo para contarlo.", "No se preocupe. Llame a su equipo."),
        ("dose", "topics/meds.toml", "Ask before you start anything new.", "You can skip a dose."),
        ("wait", "topics/flu.toml", "Flu-like symptoms can be fever", "Call if it lasts over 48 hours: fever"),
    ],
)
def test_what_must_never_be_said_is_found_in_any_text(copy: Copy, rule: str, file: str, old: str, new: str) -> None:
    line = copy.edit(file, old, new)
    assert (rule, file, line) in [(fault.rule, fault.file, fault.line) for fault in copy.faults()]


@pytest.mark.parametrize(
    ("rule", "language", "old", "new"),
    [
        ("discreet", "en", "your visit is today at {time}", "your infusion is today at {time}"),
        ("discreet", "en", "your visit is today at {time}", "your cancer visit is today at {time}"),
        ("discreet", "en", "your visit is today at {time}", "your nivolumab visit is today at {time}"),
        ("discreet", "en", "your visit is today at {time}", "your results visit is today at {time}"),
        ("discreet", "en", 'capsules = "capsules"', 'capsules = "lenalidomide"'),
        ("discreet", "en", "you are signed up for treatment reminders", "you are signed up for cancer reminders"),
        ("discreet", "es", "su cita es hoy, {time}", "su infusión es hoy, {time}"),
        ("discreet", "es", "su cita es hoy, {time}", "su cita de oncología es hoy, {time}"),
        ("rest", "en", "Side effects can start any time, between", "You rest now. Side effects can start, between"),
        ("rest", "es", "su próxima cita: {date}.", "días de descanso hasta el {date}."),
    ],
)
def test_a_text_that_nobody_asked_for_is_discreet(copy: Copy, rule: str, language: str, old: str, new: str) -> None:
    file = f"wording/{language}.toml"
    line = copy.edit(file, old, new)
    assert (rule, file, line) in [(fault.rule, fault.file, fault.line) for fault in copy.faults()]


def test_telling_alone_is_found_in_a_fact_about_symptoms(copy: Copy) -> None:
    line = copy.edit("topics/kidney.toml", "Call now if you", "Tell your team if you")
    assert ("tell", line) in [(fault.rule, fault.line) for fault in copy.faults()]
