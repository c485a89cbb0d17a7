"""Words that a text must never say. The numbers of the rules are those of the list in docs/content.md."""

import re
from dataclasses import dataclass

from content.plain import Plain


@dataclass(frozen=True, slots=True)
class Ban:
    """Words that may not stand in a text, by language, and what to do instead."""

    rule: str
    mend: Plain
    patterns: dict[str, re.Pattern[str]]


def _ban(rule: str, mend: Plain, en: str, es: str) -> Ban:
    return Ban(rule, mend, {"en": re.compile(en, re.IGNORECASE), "es": re.compile(es, re.IGNORECASE)})


_START = r"(?:^|[.!?:;] |[¿¡])"
_BRANDS = (
    r"\b(keytruda|opdivo|opdualag|yervoy|tecentriq|imfinzi|imjudo|bavencio|libtayo|jemperli|zynyz|loqtorzi|tevimbra"
    r"|revlimid|thalomid|pomalyst|aldara|zyclara|kymriah|yescarta|breyanzi|abecma|carvykti|tecartus|blincyto|kimmtrak"
    r"|tecvayli|talvey|elrexfio|columvi|epkinly|lunsumio|imdelltra|proleukin|imlygic|provenge|amtagvi|anktiva|adstiladrin"
    r"|intron|sylatron|besremi|tylenol|advil|imodium|ibuprofen\w?|paracetamol|acetaminophen|acetaminofén|aspirina?"
    r"|loperamid[ea])\b"
)
_READER = (
    r"(we|i|someone|somebody|staff|((a|an|the|your|our|one of our) )?"
    r"(nurses?|doctors?|clinicians?|clinic|(health |health care |care |clinical )?team))"
)
_READER_ES = (
    r"((un|una|el|la|los|las|su|nuestr[oa]s?) (enfermer[oa]s?|médic[oa]s?|doctor(a|es)?|equipo|clínica)"
    r"|alguien|nosotros|el personal)"
)

# In every text.
BANS = (
    _ban(
        "diagnosis",
        Plain("never name what a symptom is or is caused by (rule 1): say what to do"),
        r"\b(sounds|looks|seems) like\b|\bprobably\b|\bthis is (a|an|your|just|likely|not)\b"
        r"|\byou (likely |may |might )?have (an? )?(colitis|pneumonitis|hepatitis|infection|cold|flu|covid|reaction)\b",
        r"\b(parece (ser|que|una?)|suena a|probablemente|seguramente|es probable que)\b"
        r"|\busted tiene\b|\btiene (una? )?(colitis|neumonitis|hepatitis|infección|resfriado|gripe|covid)\b",
    ),
    _ban(
        "reassurance",
        Plain("never reassure, and never make waiting sound safe (rule 2): leave it out, or say when to call"),
        r"(\bis|\bare|'s|'re|\bbe) (quite |perfectly |totally |completely |all |very )?"
        r"(normal|common|expected|fine|ok|okay|harmless|nothing)\b"
        r"|\b(don't|do not|not to|nothing to) (worry|panic|be alarmed|fear)\b|\bno (need|reason) to\b|\brelax\b"
        r"|\b(nothing|not) serious\b|\bcan wait\b|(?<!not )\bwait (until|for|and see)\b|\bwill pass\b|\bon its own\b"
        r"|\bhappens to (everyone|many|most)\b|\b(just|only|simply|merely)\b",
        r"\b(es|son|está|están) (muy |del todo |totalmente |completamente )?"
        r"(normal|normales|común|comunes|de esperar|esperable|inofensiv\w+)\b|\bno se preocupe\b"
        r"|\bno (hace falta|es necesario|necesita) (que )?llam|\bno es nada\b|\bno pasa nada\b|\bpuede esperar\b"
        r"|(?<!no )\bespere (a|hasta)\b|\bno hay (por qué|razón|motivo)\b|\ble pasa a (todos|muchos)\b"
        r"|\btranquil\w+|\b(solo|sólo|solamente|simplemente)\b|\bse le pasará\b|\bya pasará\b",
    ),
    _ban(
        "grade",
        Plain("never grade a symptom (rule 3): leave the word out"),
        r"\bmild\b(?! soap)|\bmildly\b|\bminor\b|\bnot urgent\b|\bgrade [1-4]\b|\bnot (an )?emergency\b"
        r"|\blow[- ]risk\b",
        r"\bleves?\b|\bno es (una )?(urgente|urgencia|emergencia|grave)\b|\bgrado [1-4]\b|\bbajo riesgo\b",
    ),
    _ban(
        "dose",
        Plain("never say to start, stop, skip, double or change a medicine, or how much of it (rule 4)"),
        rf"{_START}(please )?(take|stop|skip|double|hold|start|restart|halve|lower|raise|change) "
        r"(taking|using|your|a|an|the|one|two|half|another|extra|\d)"
        r"|\byou (can|may|should|could|must) (take|stop|skip|double|hold|start|restart)\b"
        r"|\b(do not|don't|never) (take|use|start|swallow)\b|\btake (it|them) (now|later|when|as soon|with|at|today)\b"
        r"|\b\d+ ?(mg|mcg|ml|milligrams?|tablets?|pills?|capsules?|drops|doses?)\b",
        rf"{_START}(por favor )?(tome|deje|suspenda|salte|omita|doble|duplique|interrumpa|reanude|aumente|reduzca)\b"
        r"(?! su temperatura)|\bno (tome|use|empiece)\b"
        r"|\b(puede|debe|debería|podría) (tomar|dejar de|suspender|saltar|omitir|doblar)\b"
        r"|\b\d+ ?(mg|mcg|ml|miligramos|pastillas?|tabletas?|cápsulas?|gotas|dosis)\b",
    ),
    _ban(
        "missed-dose",
        Plain("about a missed dose say nothing but: check the leaflet, or ask a doctor or pharmacist (rule 5)"),
        r"\b(as soon as|when) you remember\b|\bthe (missed|next) dose\b|\bmake up for\b",
        r"\b(en cuanto|cuando) (se |lo )*(recuerde|acuerde)\b|\bla (siguiente|próxima) dosis\b|\bpara compensar\b",
    ),
    _ban(
        "prognosis",
        Plain("never say what a result means, whether treatment works, or how an illness will go (rule 6)"),
        r"\b(cure|cures|cured|survival|survive|remission|prognosis|life expectancy|getting better)\b|\d ?(%|percent)"
        r"|\bmeans? (that )?(it|treatment|your treatment)('s| is) working\b"
        r"|\b(it|treatment) is working (well|for you)\b"
        r"|\byour (results?|scans?|labs?|levels?|counts?) (is|are|was|were|looks?|shows?|means?)\b",
        r"\b(cura|curar|curará|curado|curada|supervivencia|sobrevivir|remisión|pronóstico|está mejorando)\b"
        r"|\d ?(%|por ciento)"
        r"|\bsignifica que (el |su )?(tratamiento )?(funciona|sirve)\b"
        r"|\bsus? (resultados?|análisis|estudios?|niveles) (es|son|está|están|muestran?|significan?)\b",
    ),
    _ban(
        "promise",
        Plain("never say that somebody reads, was told or will call (rule 7): nobody may, so say whom to call"),
        rf"\b{_READER}( \w+)? (will|can|are|is|has|have|'ll)( \w+)? (call you|text you back|contact|get back|reach out"
        r"|reply|respond|answer|read|reads|reading|told(?! you)|alerted|notified|review|reviews|reviewed|reviewing"
        r"|see this|seen|look|looking|know|knows|be in touch|help you soon)\b"
        rf"|\b{_READER} (reads?|sees?|reviews?|monitors?|watch|watches|checks?|answers?) "
        r"(this|these|your|all|every|each|texts|messages|everything)\b"
        r"|\b(we|i)( are|'re| am|'m) (reading|watching|monitoring|here)\b|\b(has|have) been (told|alerted|notified)\b"
        r"|\b(we|i)('ll| will) (call|text you back|contact|let|be)\b|\bget back to you\b"
        r"|\byou will (get|receive|have) an? (reply|answer|call|response)\b|\bwill be with you\b",
        rf"\b{_READER_ES}( ya)? (le |lo |la |les )?(llamarán?|contactarán?|responderán?|contestarán?|leerán?|leen?"
        r"|revisarán?|revisan?|ven?|verán?|saben?|atienden?|atenderán?|se comunicarán?|se pondrán?)\b"
        rf"|\b{_READER_ES} (está|están) (leyendo|revisando|viendo|mirando|pendientes?|atentos?)\b"
        r"|\bestamos (leyendo|revisando|viendo|aquí|atentos|pendientes)\b|\b(leemos|leeremos|revisamos|revisaremos)\b"
        r"|\b(le|lo|la) (llamaremos|contactaremos|responderemos|avisaremos|contestaremos|atenderemos)\b"
        r"|\bnos (comunicaremos|pondremos)\b|\brecibirá (una )?(respuesta|llamada)\b"
        r"|\b(hemos avisado|ya avisamos|ha sido avisad\w+|han sido avisad\w+|ya se avisó)\b",
    ),
    _ban(
        "called",
        Plain("never say that help was called or is coming (rule 8): say which number to call"),
        r"\b(help|ambulance|paramedics|emergency services) (is|are|has been|have been) (on|coming|called|sent)\b"
        r"|\bon (the|its|their) way\b|\bwe (have |'ve )?(called|sent)\b",
        r"\b(va|van|viene|vienen|está|están) en camino\b|\b(ya llamamos|hemos llamado|hemos enviado|ya enviamos)\b"
        r"|\bla (ayuda|ambulancia) (llega|viene|va)\b",
    ),
    _ban(
        "suggestion",
        Plain("never recommend a trial, drug, clinic or diet (rule 11), and name no brand"),
        rf"\brecommend\w*\b|\bthe best (clinic|doctor|drug|treatment|diet|hospital|trial)\b|\bNCT\d+|{_BRANDS}",
        rf"\b(recomend\w+|recomiend\w+)\b|\bel mejor (tratamiento|médico|hospital|medicamento)\b|\bNCT\d+|{_BRANDS}",
    ),
    _ban(
        "link",
        Plain("no links (rule 12): many cannot open them, and carriers block them"),
        r"https?:|\bwww\.|\b\w+\.(com|org|gov|net|edu|ly|io|mx|uk|ca|au)\b",
        r"https?:|\bwww\.|\b\w+\.(com|org|gov|net|edu|ly|io|mx|uk|ca|au)\b",
    ),
    _ban(
        "tone",
        Plain("no exclamation marks, no blame, no safe days, no text-speak (rule 13)"),
        r"!|\b(pls|plz|thx|ur|asap|lol|omg|gr8)\b"
        r"|\byou should('ve| have)\b|\byour fault\b|\byou (forgot|failed|neglected)\b|\bsafe days?\b"
        r"|\brest days? (is|are)( \w+)? safe\b|\b(no|free of|without) side effects\b",
        r"[!¡]|\b(debió|debería) (haber|de haber)\b|\bsu culpa\b|\busted (olvidó|no cumplió)\b|\bdías? seguros?\b"
        r"|\bsin efectos secundarios\b|\bno (hay|habrá|tendrá) efectos secundarios\b",
    ),
    _ban(
        "details",
        Plain("never ask for symptoms, details or photos by text (rule 15): nobody reviews them"),
        r"\b(describe|tell (me|us) (more|about|what|how|your|if))\b"
        r"|\b(text|send|message|reply with|reply) (me |us )?(your symptoms|your temperature|a photo|a picture|photos"
        r"|pictures|details|how you|what you)\b",
        r"\b(describa|cuénte(me|nos|les)|díga(me|nos)|mánde(me|nos)|envíe(me|nos))\b"
        r"|\b(envíe|mande|responda con) (sus síntomas|su temperatura|una foto|fotos|detalles|más detalles)\b",
    ),
    _ban(
        "promotion",
        Plain("no advertising and no billing: it is not what people agreed to"),
        r"\b(offers?|sale|sales|discounts?|coupons?|promo|promotions?|deals?|prizes?|donate|donations?|fundrais\w+|buy"
        r"|purchase|pay|payment|bill|billing|invoice|limited time|sponsor\w*)\b",
        r"\b(ofertas?|descuentos?|cupón|cupones|promoción|promociones|rebajas?|premios?|donar|donativos?|donación|compre"
        r"|comprar|pague|pagar|pagos?|facturas?|factura|patrocina\w+)\b",
    ),
    _ban(
        "threshold",
        Plain("write a temperature as {feverF}F ({feverC}C): it differs between countries"),
        r"\b(3[5-9]|40)([.,]\d)? ?(C\b|°|degrees)|\b(9[5-9]|10[0-5])(\.\d)? ?(F\b|°|degrees)",
        r"\b(3[5-9]|40)([.,]\d)? ?(C\b|°|grados)|\b(9[5-9]|10[0-5])(\.\d)? ?(F\b|°|grados)",
    ),
)
# Where nobody asked: reminders, and the first text after signing up.
DISCREET = _ban(
    "discreet",
    Plain("a lock screen shows this to anybody: no illness, no drug, no result (rule 9); say 'visit'"),
    r"\b(cancer|oncolog\w+|tumou?rs?|immuno\w*|chemo\w*|radiation|infusions?|infused|drips?|IV|biops\w+|scans?"
    r"|results?|blood (tests?|work)|labs?|diagnos\w+|car[- ]t|leukemia|lymphoma|melanoma|myeloma|metasta\w+"
    r"|checkpoint|BCG|bladder|\w+mab|\w+leucel|\w+lidomide|imiquimod|interferon\w*|aldesleukin|\w+kin-2)\b",
    r"\b(cáncer|oncol\w+|tumor\w*|inmuno\w*|quimio\w*|radiación|infusi\w+|suero|goteo|biopsia\w*|tomograf\w+|resultados?"
    r"|análisis|radioterapia|diagnóstic\w+|leucemia|linfoma|melanoma|mieloma|metást\w+|BCG|vejiga"
    r"|\w+mab|\w+leucel|\w+lidomida|imiquimod|interfer\w+|aldesleucina)\b",
)
# Wherever a day without a visit is spoken of.
REST = _ban(
    "rest",
    Plain("days between visits are never rest: what was given still acts; an off period names its item"),
    r"\b(rest|rests|resting|day off|days off|off days?)\b",
    r"\b(descans\w+|días? libres?)\b",
)
# In facts about symptoms.
TELL = _ban(
    "tell",
    Plain('in a text "tell your team" reads as "text it here": say call'),
    r"\btell your (team|nurse|doctor|care team|clinic)\b(?!.*\bcall\b)",
    r"\b(avise|diga|cuente) a su (equipo|enfermer\w+|médico|clínica)\b(?!.*\bllam)",
)
