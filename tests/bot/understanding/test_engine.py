"""What texts are taken for: the danger in a chatty one, the look-alike, the request, the topic; in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.engine import Engine
from content.library import load

URGENT = ("call_now", "overdose", "emergency", "crisis")
ENGINE = Engine(load())

DANGERS = [
    ("my chest feels like someone is sitting on it", "en", "emergency"),
    ("cant catch my breath even lying down", "en", "emergency"),
    ("mom passed out in the kitchen and wont wake up", "en", "emergency"),
    ("her face is drooping and shes talking gibberish", "en", "emergency"),
    ("tongue is swelling up since the drip", "en", "emergency"),
    ("ive been coughing up blood since lunch", "en", "emergency"),
    ("me duele mucho el pecho y sudo frio", "es", "emergency"),
    ("mi papá no puede respirar", "es", "emergency"),
    ("se desmayó y no despierta", "es", "emergency"),
    ("i dont want to be alive anymore", "en", "crisis"),
    ("ya no quiero vivir", "es", "crisis"),
    ("i took twenty of my sleeping pills", "en", "overdose"),
    ("temp is 102.4 and i have the shakes", "en", "call_now"),
    ("tengo 38 y medio de fiebre", "es", "call_now"),
    ("ran to the loo ten times and its only noon, see you friday", "en", "call_now"),
    ("skin is blistering all over my arms", "en", "call_now"),
    ("no he orinado desde ayer", "es", "call_now"),
    ("my eyes turned yellow overnight", "en", "call_now"),
    ("stop texting my dad just collapsed", "en", "emergency"),
    ("no me manden mas esto mi mama no puede respirar", "es", "emergency"),
    ("wife had a sezure", "en", "emergency"),
    ("blood comin up when he coughs", "en", "emergency"),
    ("chess pain", "en", "emergency"),
    ("stop the reminders for a bit, im in bed with 102.2", "en", "call_now"),
]


@pytest.mark.parametrize(("text", "language", "least"), DANGERS)
def test_a_danger_sign_is_urgent_in_whatever_words(text: str, language: str, least: str) -> None:
    outcome = ENGINE.understand(text, language=language)
    assert URGENT.index(outcome.kind) >= URGENT.index("call_now") if outcome.kind in URGENT else False, outcome
    if least != "call_now":
        assert outcome.kind != "call_now", outcome


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my phone died sorry", "en"),
        ("this traffic is killing me lol", "en"),
        ("had a chest x-ray this morning, all good", "en"),
        ("se me murió la batería del celular", "es"),
        ("thank you so much nurse, see you tuesday", "en"),
        ("hace 38 grados afuera", "es"),
        ("my phone passed out on me, no charger", "en"),
        ("sob story time, lost my glasses again", "en"),
        ("our neighbors kid has a fever of 101, we kept away", "en"),
        ("headache free for a week now, hooray", "en"),
    ],
)
def test_a_look_alike_is_not_urgent(text: str, language: str) -> None:
    assert ENGINE.understand(text, language=language).kind not in URGENT


@pytest.mark.parametrize(
    ("text", "language", "kind", "id_"),
    [
        ("STOP", "en", "opt_out", "stop"),
        ("stop texting me please", "en", "opt_out", "stop"),
        ("ya no me manden mensajes", "es", "opt_out", "stop"),
        ("Stop. My arm is a bit sore anyway", "en", "opt_out", "stop"),
        ("ALTO. Ando un poquito cansada", "es", "opt_out", "stop"),
        ("STOPALL please and thank you", "en", "opt_out", "stop"),
        ("you have the wrong girl. im not sick. stop", "en", "opt_out", "stop"),
        ("wrong number", "en", "opt_out", "wrong_number"),
        ("my husband died on friday", "en", "opt_out", "loss"),
        ("he died last week, please take him off your list", "en", "opt_out", "loss"),
        ("mi esposa murió el lunes", "es", "opt_out", "loss"),
        ("he died. stop", "en", "opt_out", "loss"),
        ("This was my dads cell phone he died Tuesday", "en", "opt_out", "loss"),
        ("im his widow", "en", "opt_out", "loss"),
        ("unsubscribe me from emails and texts", "en", "opt_out", "stop"),
        ("I told you i called and you have the wrong number", "en", "opt_out", "wrong_number"),
        ("START", "en", "opt_in", None),
        ("HELP", "en", "help", None),
        ("AYUDA", "es", "help", None),
        ("?", "en", "help", None),
        ("\u00bf ??", "es", "help", None),
        (" ", "en", "unknown", None),
        ("?!", "en", "unknown", None),
        ("SIDE EFFECTS", "en", "topic", "effects"),
        ("efectos secundarios", "es", "topic", "effects"),
        ("FEVER", "en", "topic", "fever"),
        ("MORE", "en", "command", "more"),
        ("FUENTE", "es", "command", "source"),
        ("MENU", "en", "command", "menu"),
        ("español", "en", "command", "language_es"),
        ("", "en", "unknown", None),
        ("👍", "en", "unknown", None),
        ("101", "en", "clarify", None),
        ("Muy buenas noches, que descanse", "es", "unknown", None),
        ("good morning nurse", "en", "unknown", None),
    ],
)
def test_words_of_our_own_mean_what_they_say(text: str, language: str, kind: str, id_: str | None) -> None:
    outcome = ENGINE.understand(text, language=language)
    assert (outcome.kind, outcome.id) == (kind, id_)


@pytest.mark.parametrize(
    "text",
    [
        "my phone died last night missed your text",
        "wifi died this morning",
        "my dog died yesterday",
        "our cat passed away monday so i forgot my pill",
        "im a widow, who do i put as next of kin",
        "the funeral is friday, can we move my infusion",
        "se me murio el telefono, ya lo cargue",
        "nuestro gato murio ayer",
        "mi carro se murio hoy",
    ],
)
def test_nobody_is_bereaved_of_a_phone_or_a_dog(text: str) -> None:
    """A loss ends a course and all its texts."""
    assert ENGINE.understand(text).kind != "opt_out"


@pytest.mark.parametrize(
    ("text", "language", "id_"),
    [
        ("side efects", "en", "effects"),
        ("clinicle trails", "en", "trials"),
        ("flue like symptons", "en", "flu"),
        ("komo funsiona", "es", "works"),
        ("igado", "es", "liver"),  # many write it so, which makes it a word of its own
        ("pastiya", "es", "pill"),
        ("biaje", "es", "travel"),
    ],
)
def test_a_keyword_spelt_by_ear_is_known(text: str, language: str, id_: str) -> None:
    assert ENGINE.understand(text, language=language).id == id_


@pytest.mark.parametrize("text", ["sure", "chest pian", "vomting blod"])
def test_another_word_that_sounds_nearly_the_same_is_not_taken_for_a_keyword(text: str) -> None:
    assert ENGINE.understand(text).kind != "topic"


def test_what_changes_something_is_not_done_on_a_guess() -> None:
    assert ENGINE.understand("the 8am reminder came at 9, clocks changed right?").kind == "unknown"


@given(st.text(max_size=300))
def test_whatever_comes_in_something_comes_out(text: str) -> None:
    outcome = ENGINE.understand(text)
    assert outcome.kind
    assert outcome.matched


def test_a_number_is_judged_when_a_temperature_was_asked_for() -> None:
    assert ENGINE.understand("101", asked="temperature").kind == "call_now"
    assert ENGINE.understand("98.6", asked="temperature").kind == "info"


def test_who_has_cell_therapy_is_answered_at_the_higher_level() -> None:
    assert ENGINE.understand("my hands are shaking", profile="cart").kind == "emergency"
    assert ENGINE.understand("101", profile="bispecific", asked="temperature").kind == "emergency"


def test_the_same_text_is_always_taken_for_the_same() -> None:
    again = Engine(load())
    for text, language, _ in DANGERS:
        assert again.understand(text, language=language) == ENGINE.understand(text, language=language)
