"""The few words that most people write, of themselves or of their family.

Nothing of a good day is an alarm, nothing dangerous needs a whole sentence.
"""

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
new phone who dis | pocket dial | my husband took his pill | mom took her pills | dad had his infusion today
my wife is doing well | she is feeling good today | he is tired today | he is sleeping | shes sleeping now
he slept all day after infusion | mom is resting | my dad wants to know when his next appointment is
when is my moms next treatment | can my husband eat before | my wife has a question | this is his wife
its his daughter | my mom cant come thursday | dad wont be there tomorrow | husband is running late
he forgot his pill | she missed her dose yesterday | my son will drive me | my daughter is picking me up
he is hungry | she ate well | he ate some soup | my dad lost his phone | my husband lost his job | he lost his hair
my wife is nervous | mom is scared of the needle | he hates needles | she doesnt like the drip
my mom fell asleep during infusion | he walked two miles | she is happy | he is grumpy | my husband snores
my wife is worried about side effects | can my wife get a flu shot | can i hug my grandkids
is it safe for my husband to kiss me | my kids have a cold | my grandson has chickenpox | my wife has covid
my husband has the flu | mi esposo ya se tomo la pastilla | mi mama esta bien | mi papa esta cansado hoy
esta dormido | mi mama no puede ir el jueves | mi esposa tiene una pregunta | mi hijo me lleva | se le cayo el pelo
mi esposo ronca | mi nieto tiene varicela | mi esposa tiene gripa | my husband isnt going to make it, car broke down
hes not gonna make it, stuck in traffic | he just passed out the cards | no response from the clinic
his temperature fell overnight | my holter strap across chest fell off | drove off the road to get gas
i took paracetamol for the pain | took 2 tylenol for my knee | me tome un paracetamol para la cabeza | sup bot
me toco la enfermera simpatica para la bolsita, ya salimos | es para los mensajes del doctor | dont stop im not done
me da de baja la presion | me dan de baja laboral hasta el lunes | bus stop i moved closer
dont worry about the refill, my sister got it | no llego el lunes, esta bien? | manana cierro la tienda
when do i stop eating and drinking before the scan | left a note on the fridge for my husband
a proposito, me hice los analisis ayer | mi nieto se comio las uvas rojas | heating pad an hour a day
picking lint off my blanket | i tore my rotator cuff at age 62 | fitbit says 180 steps | el local 40 cerrado hoy
the baler is bleeding oil | 39.5 afuera, estamos frente al hospital | cuff says 118 over 76
insurance wont cover it, now what | my wife keeps saying its a bio something | explain it to me like im five
the leaflet says 38 c is a fever, is that right | el folleto dice que 38 es fiebre, verdad?
do i call you once the thermometer says 101? | what do i do if im 39.2 | temp outside 39.5. my ear hurts
stop she changed the time to 3pm | stop i moved my appointment to friday | stop i left my pills at home
baja de eso la fiebre
he turned in the blue form | bought two maroon bar stools | ya no hay vuelta atras, cuantas sesiones me faltan
estamos en la azotea festejando, quiero agradecer su ayuda | me di de baja del trabajo, cosas de la vida
dad probably wont make it | 102.3 fm radio | What word do I text if I want to quit later? Stop?
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
this is an emergency | 911 | emergencia | something is wrong | dad has a fever | mom is throwing up
wife has diarrhea | my wife has had diarrhea 6 times | hubby is short of breath | my son cant breathe
mom is confused | dad is not himself | he is talking nonsense | she is really weak | he fell
he fell and hit his head | she fell down | mom wont eat or drink | he hasnt peed | my wife has chest pain
his chest hurts | her heart is racing | my husband is shaking | she has the chills | dad is yellow
his eyes are yellow | she has blisters | he has a rash all over | her face is swollen | my mom is coughing a lot
he is coughing up blood | blood in his pee | my wife is bleeding | he is in a lot of pain | she has a bad headache
he cant see | she is seeing double | he cant walk | her leg is swollen | she wants to die
he says he wants to end it | i think my dad took too many pills | my kid ate my pills | mi papa tiene fiebre
mi mama esta vomitando | mi esposa tiene diarrea | mi esposo no puede respirar | mi mama esta confundida
se cayo y se pego en la cabeza | no quiere comer ni tomar agua | le duele el pecho | tiene los ojos amarillos
esta temblando | tiene escalofrios | se siente muy mal | esta muy debil | no puede caminar | le sale sangre
mi hijo se tomo mis pastillas | dice que se quiere morir | she is not able to tell us where she is
dad doesnt tell us where he is | husband was in the car and passed out | he was on the phone and passed out
took his tablet and passed out | he fell flat on the floor | he fell out cold
mom fell out of her wheelchair hit head | fell off the ladder hit my head | she fell to the ground
what is happening this is an emergency | Whats wrong with you people this is an emergency
which hospital do i go to its an emergency | nose bleeding for 90 min | nosebleed for minutes and minutes
somebody help my wife with her breathing | wife had a sezure | stop texting my dad just collapsed
goodbye everyone, i have my pills lined up | band across my chest
is it ok that im 39.2 | is it ok that im 39.2 and feel grand, visit is tomorrow at 11 | va en 39 cerrado
was 102 took tylenol now 98.9 so all good for monday | shes 101.4 | cuff says 82 over 48 | fitbit reads 150 sitting
el baumanometro dio 80 con 50, es normal? | fitbit says 85 oxygen | cuff was 110/70 and im 101.4 | tarlike bms
she has no puff to talk | day four same headache, nothing shifts it | one calf fatter than the other
black as tar this morning | kid in the car wont wake up | on the phone, keeps passing out | went blind and hit the rail
i cant see anything what is wrong with me | he cant breathe a word at a time | 20 tome paracetamol
fitbit says 150. should i call | took pepto for my black poop | took imodium for bloody diarrhea
took tylenol for the chills
tome pepto para la diarrea con sangre | took tylenol for my head with a bottle of vodka
hes turning purple on his porch
i wrote thank you letters, pills are ready | is it a 911 matter, chest pain and sweating
took benadryl for hives all over
im bleeding oil looking stuff from my bottom | mi marido me esta preguntando quien soy
escribi carta de despedida para mi hija que se muda | hay dias que abro el gas para ver que se siente
"""
LEAVING = """
STOP i finished treatment last year | pls cancel these alerts, the girl at the desk said just text back
para los textos | para los mensajes | para tus mensajes | ya para | para con tanto mensaje | parale ya
para ya | para las alertas | ya para de escribirme | para de mandar mensajes | me dan de baja porfa
kiero la bja de los textitos | ni un sms mas por dios | no gracias, BAJA de esto | pare los mensajes | paren ya
"""


def _each(table: str) -> list[str]:
    return [text.strip() for line in table.strip().splitlines() for text in line.split("|")]


@pytest.mark.parametrize("text", _each(A_GOOD_DAY))
def test_a_good_day_is_no_alarm_and_nobody_leaves(text: str) -> None:
    assert ENGINE.understand(text).kind not in URGENT | {"opt_out"}


@pytest.mark.parametrize("text", _each(LEAVING))
def test_who_wants_no_more_texts_leaves(text: str) -> None:
    assert ENGINE.understand(text).kind == "opt_out"


@pytest.mark.parametrize("text", _each(DANGER_IN_SHORT))
def test_danger_in_a_word_or_two_is_urgent(text: str) -> None:
    assert ENGINE.understand(text).kind in URGENT
