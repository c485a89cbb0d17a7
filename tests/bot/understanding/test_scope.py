"""Whether a sign is here now, by the rules alone: what is compared, wondered about, said twice or told by family."""

import pytest

from bot.understanding.engine import URGENT, Engine
from content.library import load

RULES_ALONE = Engine(load(), learned=None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("winded walking the dog, wasnt like that last month", "call_now"),
        ("shocks down my back when i bend my neck", "call_now"),
        ("her eyes rolled back in her head and she is having a seizure", "emergency"),
        ("mi hija dice que me quiero morir y es cierto", "crisis"),
        ("a quien le digo si me quiero morir", "crisis"),
        ("if she leaves ill kill myself", "crisis"),
        ("sin pensar me tome el metotrexato otra vez, ya me habia tomado la de hoy", "overdose"),
        ("the pulse ox says 82", "emergency"),
        ("pulse ox says 97 but the other number is 141", "call_now"),
        ("just had my first infusion and my lips are swelling", "emergency"),
        ("my next scan is in may and my chest hurts", "emergency"),
        ("after my first infusion i cant stop shaking and my lips are swelling", "emergency"),
        ("me pusieron la primera dosis y se me cierra la garganta", "emergency"),
        ("my scan is in may and i have a fever", "call_now"),
        ("no pee since yesterday, only blood", "call_now"),
        ("is the yellow in her eyes normal", "call_now"),
        ("creo que tengo una reaccion alergica", "emergency"),
        ("que labios mas hinchados, y me cuesta tragar", "emergency"),
        ("my neighbor says my kid has a fever of 103", "call_now"),
        ("shes limp", "emergency"),
        ("no he parado de sangrar", "emergency"),
        ("the dog walker's little girl took two of my morphine tablets", "overdose"),
    ],
)
def test_what_is_here_now_is_urgent_however_it_is_told(text: str, kind: str) -> None:
    assert RULES_ALONE.understand(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "can this drug cause suicidal thoughts",
        "i read that it says you can get seizures",
        "had a seizure last year before treatment",
        "pulse ox 98 and pulse 71, all good",
        "no tengo fiebre, nada",
        "ya se me quitó la soltura que traía",
        "no he tenido dolor de pecho con esto",
        "no siento presión en el pecho",
        "do i have a fever at 99",
        "no blood in my wee since the bcg",
        "no sale sangre en la orina",
        "mi azucar en 98",
        "can i take two of the capsules tonight to catch up",
        "tengo miedo de la próxima placa",
    ],
)
def test_what_is_asked_past_or_denied_is_not(text: str) -> None:
    assert RULES_ALONE.understand(text).kind not in URGENT


def test_no_with_nothing_after_it_says_no_once() -> None:
    engine = RULES_ALONE
    assert "d=breath:maybe emergency:now" in engine.features("no puedo respirar nada")[0]
    assert "d=breath:maybe emergency:negated" not in engine.features("no puedo respirar nada")[0]


def test_a_fever_that_a_medicine_brought_down_is_one() -> None:
    features = RULES_ALONE.features("gave her tylenol for the fever, now its 99")[0]
    assert any(one.startswith("d=fever:") and one.endswith("call_now:now") for one in features)
    assert not any(one.startswith("d=fever:") and one.endswith("negated") for one in features)
