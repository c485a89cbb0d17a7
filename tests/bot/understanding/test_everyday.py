"""The few words that most people write: nothing of a good day is an alarm, nothing dangerous needs a whole sentence."""

import pytest

from bot.understanding.engine import URGENT, Engine
from content.library import load

ENGINE = Engine(load())

A_GOOD_DAY = """
I took my pill | took my pills | took my pills this morning | i took my meds | took both pills | took my prednisone
took 2 pills like you said | pill taken | infusion done | had my infusion | all done | yes i took it | done
i took my tylenol for the headache, better now | my number changed | please call | can someone call me
ya me tome la pastilla | ya la tome | me tome mi medicina | ya me pusieron la infusion | mi viejo ya se la tomo
feeling good | no side effects so far | im ok | no fever today | no pain | no rash | no diarrhea | temp 98.6 | 98.6
temp 36.7 | bp 120/80 | sugar 110 | pulse 72 | o2 98 | me siento bien | sin fiebre | todo bien gracias a dios
see you thursday | on my way | running late | where do i park | do i need to fast | how long will it take
wrong button | listo | can my wife come | what are your hours | happy thanksgiving | god bless you | thank you nurse
ok will do | lol | nope | donde me estaciono | a que hora es mi cita | puedo comer antes | dios los bendiga
ahi estare | llego tarde | slept like a baby | hungry | raining here | its my birthday | my phone died
new phone who dis | pocket dial
"""
DANGER_IN_SHORT = """
diarrhea x5 | diarrhea 6 times | diarrhea all day | loose stool x4 | 6 loose stools | bloody stool | blood in poop
black stool | runs all night | vomiting all day | cant keep anything down | fever 101 | chills | temp 101.5
101.5 fever | fever and chills | temp 38.9 | fiebre 39 | tengo fiebre | diarrea 5 veces | diarrea con sangre
no retengo nada | rash all over | blisters in mouth | skin peeling | ampollas | short of breath | sob
hard to breathe | new cough | falta de aire | me cuesta respirar | coughing blood | chest pain | tight chest
dolor de pecho | heart racing | palpitaciones | passed out | confused | slurred speech | face drooping
cant move arm | seizure | se desmayo | no habla bien | worst headache ever | double vision | veo doble | yellow eyes
dark urine | ojos amarillos | havent peed all day | face swelling | tongue swollen | throat closing
labios hinchados | leg swollen and red | bp 80/50 | bleeding | sangrado | nosebleed wont stop | severe stomach pain
i want to die | kill myself | me quiero morir | double dose | took too many pills | tome de mas | emergency
this is an emergency | 911 | emergencia | something is wrong
"""


def _each(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize("text", _each(A_GOOD_DAY))
def test_a_good_day_is_no_alarm_and_nobody_leaves(text: str) -> None:
    assert ENGINE.understand(text).kind not in URGENT | {"opt_out"}


@pytest.mark.parametrize("text", _each(DANGER_IN_SHORT))
def test_danger_in_a_word_or_two_is_urgent(text: str) -> None:
    assert ENGINE.understand(text).kind in URGENT
