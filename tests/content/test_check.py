"""The linter: silent about the content as it stands, and never silent about a broken copy of it."""

import re
from dataclasses import dataclass
from datetime import date

import pytest

from content.check import check, reviews_needed
from content.library import load
from tests.content.conftest import Copy


def test_the_content_as_it_stands_has_no_fault() -> None:
    assert check() == []


def test_an_untouched_copy_has_no_fault(whole_copy: Copy) -> None:
    assert whole_copy.faults() == []


@dataclass(frozen=True, slots=True)
class Break:
    """One edit, and the rule that finds it at the place of the edit."""

    rule: str
    file: str
    old: str
    new: str
    found_in: str = ""
    """The file of the fault, on whichever line, when it does not stand on the edited line."""


TOPIC = "topics/fever.toml"
EN = "wording/en.toml"
ES = "wording/es.toml"
US = "countries/us.toml"
INFERENCE = 'review = "needed: the wording adds a small inference to what the source says; a clinician must agree"\n'

BREAKS = [
    # Structure: types, keys, dates, names.
    Break("syntax", TOPIC, 'en = "FEVER"', 'en = "FEVER'),
    Break("syntax", TOPIC, "[sign_off]", "[sign_off"),
    Break("syntax", TOPIC, 'en = "FEVER"', 'en = "FEVER"\nen = "HOT"'),
    Break("unknown", TOPIC, "urgent_line = true", 'urgent_line = true\ncolour = "red"'),
    Break("unknown", TOPIC, 'es = "FIEBRE"', 'es = "FIEBRE"\nfr = "FIEVRE"'),
    Break("missing", TOPIC, 'es = "FIEBRE"\n', "", found_in=TOPIC),
    Break("missing", TOPIC, "urgent_line = true", "urgent_lines = true", found_in=TOPIC),
    Break("type", TOPIC, "urgent_line = true", 'urgent_line = "yes"'),
    Break("empty", TOPIC, '"temp"', '""'),
    Break("control", TOPIC, '"temp"', '"te\\tmp"'),
    Break("id", TOPIC, 'id = "fever.1"', 'id = "fever.one"'),
    Break("id", TOPIC, 'id = "fever.1"', 'id = "flu.1"'),
    Break("duplicate", TOPIC, 'id = "fever.2"', 'id = "fever.1"'),
    Break("choice", TOPIC, 'kind = "source"', 'kind = "hearsay"'),
    Break("range", TOPIC, 'kind = "source"', 'kind = "source"\nsegments = 3'),
    Break("review", TOPIC, 'review = "needed: ', 'review = "ask '),
    Break("missing", TOPIC, 'author = "Immunotext"\n', "", found_in=TOPIC),
    Break("missing", TOPIC, "review_by = 2027-05-31\n", "", found_in=TOPIC),
    Break("type", TOPIC, "review_by = 2027-05-31", 'review_by = "31 May 2027"'),
    Break("syntax", TOPIC, "review_by = 2027-05-31", "review_by = 2027-02-31"),
    Break("date", TOPIC, "review_by = 2027-05-31", "review_by = 1927-05-31"),
    Break("range", TOPIC, "version = 1", "version = 0"),
    Break("sign-off", TOPIC, 'reviewer = ""', 'reviewer = "immunotext"'),
    Break("url", "sources.toml", 'url = "https://medlineplus.gov/spanish', 'url = "medlineplus.gov/spanish'),
    Break("id", "sources.toml", "[source.MLP_ES]", "[source.mlp]"),
    # References from one file to another.
    Break("reference", TOPIC, 'sources = ["LEEDS"', 'sources = ["LEEDZ"'),
    Break("reference", "topics/what.toml", 'seed_claims = ["S1"]', 'seed_claims = ["S99"]'),
    Break("reference", "topics/mood.toml", 'countries = ["us", "uk"]', 'countries = ["us", "gb"]'),
    Break("reference", "sources.toml", "[source.LEEDS]", "[source.LEEDS2]", found_in=TOPIC),
    Break("duplicate", TOPIC, 'sources = ["LEEDS"', 'sources = ["LEEDS", "LEEDS"'),
    Break("index", "index.toml", '"fever", ', "", found_in=TOPIC),
    Break("missing", "index.toml", '"fever", ', '"fever", "fevers", ', found_in="topics/fevers.toml"),
    Break("duplicate", "index.toml", '"fever", ', '"fever", "fever", '),
    Break("countries", "topics/mood.toml", 'countries = ["us", "uk"]', 'countries = ["us", "uk", "eu"]'),
    Break(
        "countries",
        "topics/chemo.toml",
        'kind = "source"',
        'countries = ["us"]\nkind = "source"',
        found_in="topics/chemo.toml",
    ),
    # Placeholders.
    Break("placeholder", EN, "Call {emergency} now. Say you", "Call {emergencia} now. Say you"),
    Break("placeholder", EN, "Call {emergency} now. Say you", "Call now. Say you"),
    Break("placeholder", ES, "Llame al {emergency} ya. Diga", "Llame al {emergency ya. Diga"),
    Break("placeholder", EN, "{dow} {date} at {time}. Reply C", "{dow} {date} at {clock}. Reply C"),
    Break("placeholder", "topics/severe.toml", "Llame al {emergency} si", "Llame si"),
    Break("placeholder", "topics/severe.toml", "Call {emergency}. Call too", "Call {drug}. Call too"),
    Break("placeholder", ES, "Llame ya al {crisis} (oprima 2) o envíe AYUDA al {crisis}", "Llame ya"),
    Break("space", EN, "This may be an emergency. Call", "This may be an emergency.  Call"),
    Break("missing", EN, "[reply.thanks]", "[reply.thankyou]", found_in=EN),
    Break("unknown", EN, "[reply.thanks]", '[reply.bye]\ntext = "Bye."\nsegments = 1\n\n[reply.thanks]'),
    Break("missing", EN, '[reply."crisis.mx"]', '[reply."crisis.xx"]', found_in=EN),
    Break("missing", EN, 'category = "appointment"\n', "", found_in=EN),
    Break("choice", EN, 'category = "appointment"', 'category = "marketing"'),
    Break("calendar", EN, '"Mon", "Tue"', '"Mon"'),
    # What it costs.
    Break("gsm7", EN, "Thanks for telling me.", "Thanks for telling me \U0001f600."),
    Break("gsm7", "topics/what.toml", "helps your own immune", "helps your own \u2192 immune"),
    Break("gsm7", ES, '"lunes"', '"lunes\u2642"'),
    Break("segments", EN, "Thanks, noted. Unwell? Call", "Thanks, noted. " + "Thank you for it. " * 8 + "Unwell? Call"),
    Break(
        "long",
        "topics/what.toml",
        "fight cancer.",
        "fight cancer, and it does so in many ways and at all times of the day and of the night.",
    ),
    # Languages.
    Break(
        "language",
        EN,
        "Please call your team today, {phone}, even if it seems small. Chest pain or trouble breathing?",
        "Llame hoy a su equipo, {phone}, aunque parezca poco. ¿Dolor de pecho o falta de aire?",
    ),
    Break(
        "language",
        ES,
        "Perdón, no entendí. Pruebe EFECTOS, CICLO, PRÓXIMA o AYUDA. Si se siente mal llame:",
        "Sorry, I did not get that. If you feel unwell call",
    ),
    Break("language", ES, 'Gracias por avisar."', 'Thanks for telling me."'),
    Break("accents", ES, "Soy automático: nadie lee en vivo", "Soy automatico: nadie lee en vivo"),
    Break("accents", "topics/long.toml", "1 o 2 años", "1 o 2 anos"),
    Break("usted", ES, "Llame hoy a su equipo para contarlo.", "Habla hoy con tu equipo para contarlo."),
    Break("end", "topics/steroid.toml", "to treat some side effects.", "to treat some side eff"),
    Break("past", "topics/miss.toml", "¿Perdió una cita?", "¿Olvidó una cita?"),
    Break("marks", "topics/miss.toml", "¿Perdió una cita?", "Perdió una cita?"),
    Break(
        "grade",
        "topics/steroid.toml",
        "Steroids calm an overactive",
        "Corticosteroid medications regulate hyperactivated",
    ),
    # Words.
    Break("reserved", TOPIC, '"temp"', '"cancel"'),
    Break("reserved", TOPIC, '"temp"', '"Quit"'),
    Break("reserved", TOPIC, '"temp"', '"info"'),
    Break("reserved", "topics/cycle.toml", '"ciclos"', '"baja"'),
    Break("reserved", TOPIC, 'en = "FEVER"', 'en = "END"'),
    Break("reserved", TOPIC, '"temp"', '"done"'),
    Break("alias", TOPIC, '"temp"', '"sushi"'),
    Break("alias", TOPIC, '"temp"', '"comida"'),
    Break("alias", "topics/works.toml", '"hide"', '"HOW"'),
    Break("alias", TOPIC, '"temp"', '"t\U0001f321mp"'),
    Break("keyword", TOPIC, 'en = "FEVER"', 'en = "fever"'),
    Break("keyword", TOPIC, 'en = "FEVER"', 'en = "HIGH FEVER"'),
    Break("keyword", TOPIC, 'es = "FIEBRE"', 'es = ""'),
    Break("carrier-list", "carrier_words.toml", '"stop", "stop all"', '"stop all"', found_in="carrier_words.toml"),
    Break("retired", TOPIC, 'id = "fever.2"', 'id = "fever.3"', found_in=TOPIC),
    # Where facts come from.
    Break("claims", "topics/tests.toml", 'seed_claims = ["S7"]', 'seed_claims = ["S6"]', found_in="seed_claims.toml"),
    Break("claims", "topics/tests.toml", "watch your treatment closely", "look after you", found_in="seed_claims.toml"),
    Break("reference", "seed_claims.toml", "[S41]", "[S42]", found_in="topics/what.toml"),
    Break("claims", "seed_claims.toml", "[S1]", '[S42]\nclaim = "x"\nen = ["x"]\nes = ["x"]\n\n[S1]'),
    Break("source", TOPIC, 'sources = ["LEEDS", "WRHN", "NSLHD"]\n', "", found_in=TOPIC),
    Break(
        "source",
        "topics/what.toml",
        'sources = ["SEED", "NCI_IO", "MLP_ES"]',
        'sources = ["NCI_IO"]',
        found_in="topics/what.toml",
    ),
    Break("source", "topics/tests.toml", 'kind = "limit"', 'kind = "source"', found_in="topics/tests.toml"),
    Break("source", "topics/miss.toml", INFERENCE, "", found_in="topics/miss.toml"),
    Break(
        "repeated",
        "topics/used.toml",
        "Immunotherapy is used for some types of cancer, but not for all of them.",
        "Immunotherapy is a cancer treatment that helps your own immune system fight cancer.",
    ),
    # Country packs.
    Break("missing", US, '[emergency]\nnumber = "911"\nverified = true\nsource = "FCC911"\n', "", found_in=US),
    Break("missing", US, 'number = "911"\n', "", found_in=US),
    Break("number", US, 'number = "911"', 'number = "nine one one"'),
    Break("level", "danger/chest.toml", 'level = "emergency"', 'level = "call_now"'),
    Break("range", "danger/stool.toml", "stools = 4", "stools = 9"),
    Break("missing", "danger/stool.toml", "stools = 4", "stool = 4", found_in="index.toml"),
    Break("level", "danger/fever.toml", 'level = "call_now"', 'level = "same_day"'),
    Break("wrong-number", US, 'number = "911"', 'number = "999"'),
    Break("source", US, 'source = "FCC911"\n', "", found_in=US),
    Break("review", "countries/mx.toml", 'review = "needed: not checked"\n', "", found_in="countries/mx.toml"),
    Break("unknown", US, "[poison]\n", "[poisons]\n"),
    Break(
        "placeholder", "countries/uk.toml", 'verified = true\nsource = "NHS111"\n', "verified = false\n", found_in=EN
    ),
    Break("units", US, "high_f = 100.4", "high_f = 104.0"),
    Break("range", US, "high_c = 38.0", "high_c = 83.0"),
    Break("missing", US, 'es = "urgencias"\n', "", found_in=US),
    # What carriers and safety ask for.
    Break("must-say", EN, "Reply STOP to opt out.", "Thank you."),
    Break("must-say", EN, "Msg frequency varies. ", ""),
    Break("must-say", ES, "Puede haber cargos por SMS y datos. ", ""),
    Break("must-say", EN, "HELP for help, STOP to opt out", "STOP to opt out"),
    Break("must-say", EN, "and will get no more texts", "now"),
    Break("must-say", EN, "I am automated: no one reads these texts live. Clinic", "Clinic"),
    Break("must-not-say", EN, "sorry. This number will", "sorry. The clinic's number will"),
    Break("stop", EN, "Reply MORE for facts.", "Reply STOP to end."),
    Break("carrier-word", EN, "Reply C to confirm or call", "Reply YES to confirm or call"),
    Break("carrier-word", ES, "Responda C para confirmar", "Responda CANCELAR para confirmar"),
    Break("invites", EN, "Try EFFECTS, CYCLE", "Try EFECTS, CYCLE"),
    Break("call", EN, "Call {emergency} now. Say you", "Text {emergency} now. Say you"),
    Break("number", EN, "Call or text {crisis} now, free", "Call or text {crisis} (988) now, free"),
    Break("number", "topics/trials.toml", 'countries = ["us"]\n', "", found_in="topics/trials.toml"),
]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: f"{each.rule}: {each.new[:40]}")
def test_a_broken_copy_is_caught_where_it_is_broken(request: pytest.FixtureRequest, broken: Break) -> None:
    copy: Copy = request.getfixturevalue("whole_copy" if broken.file.startswith("danger/") else "copy")
    line = copy.edit(broken.file, broken.old, broken.new)
    faults = [fault for fault in copy.faults() if fault.rule == broken.rule]
    if broken.found_in:
        assert [fault for fault in faults if fault.file == broken.found_in]
    else:
        edited = range(line, line + broken.new.count("\n") + 1)
        assert [fault for fault in faults if fault.file == broken.file and fault.line in edited]


def test_a_topic_of_a_danger_sign_keeps_its_urgent_line(copy: Copy) -> None:
    line = copy.edit("topics/kidney.toml", "urgent_line = true", "urgent_line = false")
    assert ("urgent-line", line) in [(fault.rule, fault.line) for fault in copy.faults()]


def test_an_alias_is_no_phrase_of_a_danger_sign(copy: Copy) -> None:
    phrases = [phrase.text for phrase in load().danger["chest"].phrases["en"]]
    phrase = next(phrase for phrase in phrases if re.fullmatch("[a-z ]+", phrase))
    line = copy.edit("topics/heart.toml", '"chest"', f'"{phrase}"')
    assert ("danger-alias", line) in [(fault.rule, fault.line) for fault in copy.faults()]


@pytest.mark.parametrize("name", ["topics/fever.toml", "wording/es.toml", "countries/mx.toml", "sources.toml"])
def test_a_file_that_is_gone_is_named(copy: Copy, name: str) -> None:
    copy.remove(name)
    assert name in [fault.file for fault in copy.faults()]


@pytest.mark.parametrize("name", ["danger/chest.toml", "regimens/pembro_q3w.toml", "index.toml"])
def test_what_is_listed_must_be_there(whole_copy: Copy, name: str) -> None:
    whole_copy.remove(name)
    assert [fault for fault in whole_copy.faults() if fault.file == "index.toml" and fault.rule == "missing"]


def test_a_file_that_nobody_listed_is_found(copy: Copy) -> None:
    copy.write("topics/extra.toml", (copy.directory / "topics/fever.toml").read_bytes())
    assert ("index", "topics/extra.toml") in [(fault.rule, fault.file) for fault in copy.faults()]


def test_another_encoding_is_found_at_its_line(copy: Copy) -> None:
    text = (copy.directory / "wording/es.toml").read_text("utf-8")
    copy.write("wording/es.toml", text.encode("latin-1"))
    (fault,) = copy.faults()
    assert (fault.file, fault.rule) == ("wording/es.toml", "encoding")


def test_line_ends_of_another_system_are_no_fault(copy: Copy) -> None:
    for name in ("wording/en.toml", "topics/fever.toml", "index.toml"):
        copy.write(name, (copy.directory / name).read_bytes().replace(b"\n", b"\r\n"))
    assert copy.faults() == []


def test_swapped_languages_are_found(copy: Copy) -> None:
    path = "topics/effects.toml"
    text = (copy.directory / path).read_text("utf-8")
    swapped = text.replace("\nen = ", "\nxx = ").replace("\nes = ", "\nen = ").replace("\nxx = ", "\nes = ")
    copy.write(path, swapped.encode())
    assert "language" in {fault.rule for fault in copy.faults()}


def test_a_directory_without_content_is_one_plain_fault(copy: Copy) -> None:
    (fault,) = check(copy.directory / "topics")
    assert str(fault) == "index.toml:1 missing this file cannot be read: No such file or directory"


def test_what_waits_for_a_person_is_listed_and_no_fault() -> None:
    waiting = reviews_needed(load())
    assert "source DRS: needed: weak host; find this again in the current FDA medication guide" in waiting
    assert "country mx, emergency number: needed: not checked" in waiting
    assert any(line.startswith("fact flu.2: needed:") for line in waiting)
    assert any(line.startswith("wording/: needed: a second person") for line in waiting)
    assert not any("was due" in line for line in waiting)


def test_a_review_that_is_overdue_is_listed() -> None:
    assert any(
        "topics/fever.toml: needed: its review was due" in line for line in reviews_needed(load(), date(2099, 1, 1))
    )
