"""English stays English and Spanish stays Spanish: whole texts in the wrong place, lost accents, lost opening marks."""

import re

from content.checks.texts import Report, Written, every_text
from content.library import Library
from content.plain import Plain
from content.reading_grade import grade


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


_COMMON = {
    "en": _words(
        """the a an and or of to in is are your you it if for not this that with on at be by may call any have when as
        from can will has was do after day now"""
    ),
    "es": _words(
        """el la los las un una y o de del en es su sus que se si por para con al puede llame ha como más hay cuando hoy
        ya le lo cada tiene antes"""
    ),
}
_WORD = re.compile(r"[^\W\d_]+")

# Words that Spanish never writes without their accent or tilde; their loss shows that a folded text was pasted.
_BARE = re.compile(
    r"(?<!-)\b(anos?|mananas?|ninos?|ninas?|senal(es)?|dano|rinon|rinones|clinicas?|medicos?|tambien|despues|sintomas?|dias?"
    r"|numeros?|automatico|cancer|celulas?|proxim[oa]s?|recibira|escribire|razon|corazon|picazon|inyeccion|reaccion"
    r"|inflamacion|atencion|duracion|preocupacion|mas|aqui|asi|segun|facil|rapido|liquidos|musculos|analisis"
    r"|farmaceutico|envie|escalofrios|energia|estomago|higado|codigo|ultimo|jabon|quitese)\b",
    re.IGNORECASE,
)
# Patients are "usted" in every text.
_FAMILIAR = re.compile(r"\b(tú|tus?|te|ti|contigo|tienes|puedes|eres|estás|llama|llámanos|avísanos)\b", re.IGNORECASE)

# "Tomó" (took) folds to "tomo" (I take): an SMS would say that the writer takes it.
_PAST = re.compile(r"\b\w*[^\Wi]ó\b", re.IGNORECASE)

HIGHEST_GRADE = 8.0
HIGHEST_MEAN = 6.0


def check(library: Library, report: Report) -> None:
    """Rules ``language``, ``end``, ``accents``, ``past``, ``usted``, ``marks`` and ``grade``."""
    texts = list(every_text(library))
    by_place = {(written.file.startswith("topics/"), written.key, written.language): written for written in texts}
    for written in texts:
        _check_language(written, report)
        if written.path[0] != "items" and not written.text.endswith((".", "?", "}")):
            report.on(written, "end", Plain("the end is missing: a text ends with a full stop or a question mark"))
        if written.language == "es":
            _check_spanish(written, report)
        twin = by_place.get((written.fact is not None, written.key, library.languages[0]))
        if twin and twin.language != written.language and twin.text == written.text and len(written.text.split()) > 2:
            mend = Plain("it says the same letters as in '{language}': translate it", language=twin.language)
            report.on(written, "language", mend)
    _check_grades([written for written in texts if written.language == "en" and written.path[0] != "items"], report)


def _check_language(written: Written, report: Report) -> None:
    words = [word.lower() for word in _WORD.findall(re.sub(r"\{\w+\}", " ", written.text))]
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    if written.language not in counts:
        return
    other = next(language for language in counts if language != written.language)
    if counts[other] > counts[written.language] + 1:
        mend = Plain(
            "this reads like '{other}', and stands under '{own}': put it right", other=other, own=written.language
        )
        report.on(written, "language", mend)


def _check_spanish(written: Written, report: Report) -> None:
    if found := _BARE.search(written.text):
        mend = Plain(
            "write '{word}' with its accent or tilde; accents that cost more are taken off at sending",
            word=found.group(),
        )
        report.on(written, "accents", mend)
    if found := _PAST.search(written.text):
        mend = Plain(
            "'{word}' loses its accent in an SMS and then says something else: write it another way", word=found.group()
        )
        report.on(written, "past", mend)
    if found := _FAMILIAR.search(written.text):
        report.on(written, "usted", Plain("'{word}': write to patients as usted", word=found.group()))
    for opening, closing in ("¿?", "¡!"):
        if written.text.count(opening) != written.text.count(closing):
            mend = Plain(
                "each '{closing}' has its '{opening}': put it where the sentence begins",
                closing=closing,
                opening=opening,
            )
            report.on(written, "marks", mend)


def _check_grades(texts: list[Written], report: Report) -> None:
    for is_fact in (True, False):
        graded = [
            (grade(written.text, written.fact.named_terms if written.fact else ()), written)
            for written in texts
            if (written.fact is not None) == is_fact
        ]
        for found, written in graded:
            if found > HIGHEST_GRADE:
                mend = Plain(
                    "reading grade {grade}, and at most {most}: shorter words and sentences",
                    grade=f"{found:.1f}",
                    most=f"{HIGHEST_GRADE:.0f}",
                )
                terms = f"{mend}, or list under named_terms what has no plainer word"
                report.on(written, "grade", terms if is_fact else mend)
        mean = sum(found for found, _ in graded) / max(len(graded), 1)
        if mean > HIGHEST_MEAN:
            mend = Plain(
                "the mean reading grade is {grade}, and at most {most}: make these texts simpler",
                grade=f"{mean:.1f}",
                most=f"{HIGHEST_MEAN:.0f}",
            )
            report.on(max(graded, key=lambda each: each[0])[1], "grade", mend)
