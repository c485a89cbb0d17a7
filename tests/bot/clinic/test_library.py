"""Content, regimens, reminder rules and a clinic's own words on the screen: what is shown, and who may change it."""

import re
from collections.abc import Callable
from html import unescape

import pytest

from bot.services import Services
from store import audit, clinics, overrides, reminder_rules, sign_offs
from store.clinics import Clinic
from store.staff import User
from tests.bot.clinic.conftest import Browser, add_staff
from tests.bot.conftest import NOON

THEIRS = {
    "text-en": "{program}: your visit is today at {time}. Bring your card and a coat. Unwell or late? Call {phone}.",
    "text-es": "{program}: su cita es hoy, {time}. Traiga su tarjeta y abrigo. ¿Malestar o va tarde? Llame al {phone}.",
}


def take_out_of_use(services: Services, clinic: Clinic) -> None:
    with services.database.writing() as tx:
        clinics.withdraw_regimen(tx, NOON, clinic.id, "avelumab", "somebody")


def test_a_text_is_read_as_it_arrives_in_both_languages_with_its_cost_and_sources(
    nurse: Browser, clinic: Clinic, services: Services
) -> None:
    page = nurse.get(f"/c/{clinic.id}/library/topics/fever").text
    fact = services.library.facts["fever.1"]
    assert f"Symptoms? Call {clinic.phone_line}. Emergency: 911." in page
    assert "{feverF}" not in page
    assert "GSM-7" in page
    assert services.library.sources[fact.sources[0]].title in page
    assert "to be checked" in page
    reply = nurse.get(f"/c/{clinic.id}/library/texts/crisis.us").text
    assert "Call or text 988 now" in reply


def test_a_text_is_found_by_any_of_its_words_without_accents(nurse: Browser, clinic: Clinic) -> None:
    page = nurse.get(f"/c/{clinic.id}/library?q=automatico+emergencia").text
    assert f"/c/{clinic.id}/library/texts/emergency" in page
    assert "Soy automático" in page
    checked = nurse.post(
        f"/c/{clinic.id}/library/texts/menu/check", {"text-en": "<b>\u202e\x00{x.__class__}", "text-es": "\U0001f600"}
    ).text
    assert "&lt;b&gt;" in checked
    assert "<b>" not in checked
    assert "is missing: put it where it belongs" in checked
    hostile = nurse.get(f"/c/{clinic.id}/library", query_string={"q": "<script>\u202e\x00'"})
    assert "<script>\u202e" not in hostile.text


def test_an_administrator_switches_topics_and_facts_but_never_what_says_when_to_call(
    nurse: Browser, administrator: Browser, clinic: Clinic, services: Services
) -> None:
    address = f"/c/{clinic.id}/library/topics"
    assert "Switch it off" not in nurse.get(f"{address}/alcohol").text
    assert nurse.post(f"{address}/alcohol/switch", {"name": "alcohol"}).status_code == 403
    administrator.post(f"{address}/alcohol/switch", {"name": "alcohol"})
    administrator.post(f"{address}/what/switch", {"name": "what.2"})
    page = nurse.get(f"{address}/alcohol").text
    assert "switched off: not sent here" in page
    assert services.library.facts["alcohol.1"].text["en"].partition("{")[0] in page
    assert nurse.get(f"/c/{clinic.id}/library").text.count("1 switched off") == 2
    said = administrator.post(f"{address}/fever/switch", {"name": "fever.2"}, follow_redirects=True).text
    assert "it cannot be switched off" in said
    assert administrator.post(f"{address}/what/switch", {"name": "fever"}).status_code == 404
    administrator.post(f"{address}/alcohol/switch", {"name": "alcohol", "on": "1"})
    with services.database.reading() as tx:
        found = clinics.find_clinic(tx, clinic.id)
        entries = [(each.action, each.fields) for each in audit.entries(tx, clinic.id) if each.subject == "content"]
    assert found is not None
    assert found.switched_off == ("what.2",)
    assert entries == [("switch on", ("alcohol",)), ("switch off", ("what.2",)), ("switch off", ("alcohol",))]


def test_a_nurse_proposes_and_an_administrator_signs_a_regimen(
    nurse: Browser, administrator: Browser, clinic: Clinic, services: Services
) -> None:
    address = f"/c/{clinic.id}/library/regimens/avelumab"
    take_out_of_use(services, clinic)
    assert "Here: out of use" in nurse.get(address).text
    assert nurse.post(f"{address}/sign").status_code == 303
    with services.database.reading() as tx:
        (proposal,) = sign_offs.open_proposals(tx, clinic.id)
    assert "Avelumab" not in nurse.get(f"/c/{clinic.id}/today").text
    assert "Avelumab" in administrator.get(f"/c/{clinic.id}/today").text
    approve = f"/c/{clinic.id}/library/sign/{proposal.id}"
    assert nurse.post(approve).status_code == 403
    assert administrator.post(approve).location == address
    page = administrator.get(address).text
    assert "The nurse (nurse) and The administrator (administrator)" in re.sub("<[^>]*>", "", page)
    assert administrator.post(f"{address}/withdraw").status_code == 303
    assert "Here: out of use" in administrator.get(address).text


def test_who_proposed_does_not_approve_and_another_clinic_does_not_see_it(
    administrator: Browser, clinic: Clinic, other_clinic: Clinic, services: Services, browse: Callable[[User], Browser]
) -> None:
    take_out_of_use(services, clinic)
    administrator.post(f"/c/{clinic.id}/library/regimens/avelumab/sign")
    with services.database.reading() as tx:
        (proposal,) = sign_offs.open_proposals(tx, clinic.id)
    administrator.post(f"/c/{clinic.id}/library/sign/{proposal.id}")
    assert "a second person must read it" in administrator.get(f"/c/{clinic.id}/library/regimens/avelumab").text
    elsewhere = browse(add_staff(services, other_clinic.id, "administrator"))
    for address in (f"sign/{proposal.id}", f"sign/{proposal.id}/take-back"):
        assert elsewhere.post(f"/c/{other_clinic.id}/library/{address}").status_code == 404
    with services.database.reading() as tx:
        assert sign_offs.open_proposals(tx, clinic.id) == [proposal]


def test_what_changed_since_the_sign_off_is_shown_or_that_it_was_not_kept(
    administrator: Browser, clinic: Clinic, services: Services
) -> None:
    older = services.library.regimens["pembro_q3w"].to_json().replace("21 days", "28 days")
    with services.database.writing() as tx:
        clinics.withdraw_regimen(tx, NOON, clinic.id, "pembro_q3w", "x")
        clinics.sign_regimen(tx, NOON, clinic.id, "pembro_q3w", 1, "e" * 64, "Dr. Example")
        clinics.sign_content(tx, NOON, clinic.id, "older", "Dr. Example")
    address = f"/c/{clinic.id}/library/regimens/pembro_q3w"
    assert "signed off before its words were kept" in administrator.get(address).text
    assert "signed off before its words were kept" in administrator.get(f"/c/{clinic.id}/library/changes").text
    with services.database.writing() as tx:
        sign_offs.keep_text(tx, "e" * 64, older)
        sign_offs.keep_text(tx, "older", '[["text","menu","en",["Text a word."]]]')
    page = administrator.get(address).text
    assert re.search(r"<del>[^<]*Every 4 weeks", page)
    assert re.search(r"<ins>[^<]*Every 3 weeks", page)
    assert "<del>Text a word.</del>" in administrator.get(f"/c/{clinic.id}/library/changes").text


def test_a_reminder_rule_is_shown_before_and_after_and_then_set(
    administrator: Browser, clinic: Clinic, services: Services
) -> None:
    asked = {"regimen": "pembro_q3w", "rule": "visit_before", "choice": "own", "days": 5, "at": "12:30", "scope": "one"}
    address = f"/c/{clinic.id}/library/reminders"
    shown = administrator.post(f"{address}/preview", asked).text
    assert '<li class="goes">' in shown
    assert '<li class="comes">' in shown
    with services.database.reading() as tx:
        assert reminder_rules.of_clinic(tx, clinic.id) == []
    assert administrator.post(address, {**asked, "at": "half past"}).status_code == 422
    assert "as the regimen says already" in administrator.post(address, {**asked, "choice": "same"}).text
    assert administrator.post(address, asked).status_code == 303
    with services.database.reading() as tx:
        (rule,) = reminder_rules.of_clinic(tx, clinic.id)
        assert audit.entries(tx, clinic.id)[0].action == "clinic.reminders"
    assert (rule.rule, rule.spec, rule.regimen_id) == ("visit_before", 'days_before = 5, at = "12:30"', "pembro_q3w")
    assert "12:30\u202fPM, 5 days before" in administrator.get(f"{address}?regimen=pembro_q3w").text
    set_here = {"was": 'pembro_q3w days_before = 5, at = "12:30"'}
    assert f'value="{set_here["was"]}"' in unescape(administrator.get(f"{address}?regimen=pembro_q3w").text)
    for _ in range(2):  # a button pressed twice
        assert administrator.post(address, {**asked, "choice": "same", **set_here}).status_code == 303
    with services.database.reading() as tx:
        assert reminder_rules.of_clinic(tx, clinic.id) == []
        assert [each.action for each in audit.entries(tx, clinic.id)] == ["clinic.reminders"] * 2


def test_of_two_who_set_a_rule_at_once_the_second_is_told_what_is_there_now(
    administrator: Browser, clinic: Clinic, services: Services
) -> None:
    address = f"/c/{clinic.id}/library/reminders"
    first = {"regimen": "pembro_q3w", "rule": "visit_before", "choice": "own", "days": 5, "at": "12:30", "scope": "all"}
    for _ in range(2):
        assert administrator.post(address, first).status_code == 303
    others = ({"days": 4}, {"scope": "one"}, {"choice": "off"}, {"choice": "same", "scope": "one"})
    told = [administrator.post(address, {**first, **other}) for other in others]
    assert {answer.status_code for answer in told} == {409}
    assert "On your page: as set here; 4; 12:30; in every regimen" in told[0].text
    assert "The administrator</bdi> (administrator)" in told[0].text
    assert 'name="days" min="1" max="30" value="5"' in told[0].text
    (was,) = set(re.findall(r'name="was" value="(all [^"]+)"', told[0].text))
    with services.database.reading() as tx:
        assert [each.spec for each in reminder_rules.of_clinic(tx, clinic.id)] == ['days_before = 5, at = "12:30"']
        assert [each.action for each in audit.entries(tx, clinic.id)] == ["clinic.reminders"]
    assert administrator.post(address, {**first, "days": 4, "was": unescape(was)}).status_code == 303


def test_a_clinics_own_words_need_two_people_and_both_languages(
    nurse: Browser, administrator: Browser, clinic: Clinic, services: Services
) -> None:
    address = f"/c/{clinic.id}/library/texts/visit_today"
    assert nurse.post(address, {**THEIRS, "text-es": ""}).status_code == 422
    refused = nurse.post(address, {**THEIRS, "text-en": THEIRS["text-en"].replace("visit", "infusion")})
    assert (refused.status_code, "a lock screen shows this" in refused.text) == (422, True)
    assert nurse.post(address, THEIRS).status_code == 303
    with services.database.reading() as tx:
        (words,) = overrides.of_clinic(tx, clinic.id, "wording", ["proposed"])
    assert nurse.post(f"/c/{clinic.id}/library/wordings/{words.id}").status_code == 403
    administrator.post(f"/c/{clinic.id}/library/wordings/{words.id}")
    assert "Bring your card and a coat" in administrator.get(address).text
    assert nurse.post(f"/c/{clinic.id}/library/wordings/{words.id}/withdraw").status_code == 403
    administrator.post(f"/c/{clinic.id}/library/wordings/{words.id}/withdraw")
    with services.database.reading() as tx:
        assert overrides.published(tx, clinic.id) == {}


@pytest.mark.parametrize("key", ["info_plus", "item.pills", "seen"])
def test_what_cannot_be_proved_cannot_be_changed_and_the_page_says_so(key: str, nurse: Browser, clinic: Clinic) -> None:
    address = f"/c/{clinic.id}/library/texts/{key}"
    assert "cannot have words of its own" in nurse.get(address).text
    assert nurse.post(address, {"text-en": "Other words.", "text-es": "Otras palabras."}).status_code == 422


def test_what_a_regimens_file_says_to_staff_is_read_in_their_language(nurse: Browser, clinic: Clinic) -> None:
    def words(place: str) -> str:
        return nurse.get(f"/c/{clinic.id}/library{place}", headers={"Accept-Language": "es"}).text

    cells, blina = words("/regimens/cart"), words("/regimens/blina_rr")
    assert "Recogida de células, espera mientras se preparan" in cells
    assert "¿8 semanas sin conducir y 4 cerca del centro?" in cells
    assert "el primer día del acondicionamiento" in cells
    assert "28 días de infusión en total" in blina
    assert "Los pacientes leen: bomba" in blina
    assert "primer escalón" in words("/regimens/tecli")
    texts = words("?part=replies")
    assert "ante las demás señales de peligro" in texts
    assert "nadie lee esto en vivo" in texts
    for place in ("?part=danger", "?q=eye", "/danger/eyes"):
        assert "Dolor de ojos o cambio en la vista" in words(place)
    assert "la redacción añade una pequeña deducción" in words("/changes")
    assert "en la parte de quimioterapia" in words("/topics/fever")
    assert "Estados Unidos" in words("?part=numbers")
    assert "to every other danger sign" in nurse.get(f"/c/{clinic.id}/library?part=replies").text
